"""The road room: graph, exact travel times, snapping and routes in words."""
