"""The interface for other systems: JSON over HTTP, described by OpenAPI 3.1, under /api/v1."""
