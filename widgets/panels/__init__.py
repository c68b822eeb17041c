"""The panels around the map: queue, units, intake, incident and recommendation. None keeps a selection of its own."""
