"""Composes the floors into a running desk; the only place that knows all of it."""
