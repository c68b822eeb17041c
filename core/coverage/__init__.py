"""The coverage room: how many teams reach each point of the roads in time, and what a move changes."""
