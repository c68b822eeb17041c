"""The coverage room: what people see of how well the area is covered, and of roads that are closed."""
