"""Brings the server's database from any earlier version to this one; the same steps on SQLite and PostgreSQL."""
