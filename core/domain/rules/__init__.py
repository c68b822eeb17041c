"""The rules by subject: each takes a command and the situation, and answers with events or refuses."""
