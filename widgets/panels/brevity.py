"""Shortens what is shown, never what is kept: a pasted page in a name must not slow a list down."""

LONGEST_FIELD = 1_000_000  # characters; as much as the desk keeps, so that nothing pasted is cut off in silence


def brief(text: str, limit: int = 160) -> str:
    """The beginning of `text` on one line, with an ellipsis where something was left out."""
    line = " ".join(text[: limit * 2].split())
    return line if len(text) <= limit * 2 and len(line) <= limit else f"{line[:limit]}…"
