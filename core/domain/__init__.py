"""Incidents, units and the rules between them: commands in, events out, a board folded from events."""
