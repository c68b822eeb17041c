"""The central server: the log that all desks share, who may write to it, and what it tells the rest of the world."""
