"""The link to a server: a thread of its own that brings this desk and the others to the same, whenever it can."""
