"""The exercise: a seeded busy hour on a real city, with callers, crews on real roads, and a clock one can stop."""
