"""What a severity model makes of a call; apart from the model, so that showing it loads no arithmetic."""

from msgspec import Struct


class Answer(Struct, frozen=True):
    """`level` is "" for no estimate; then the fields between it and `words` are empty."""

    level: str = ""
    probabilities: tuple[float, ...] = ()  # of the model's classes, the most urgent first
    severe: float = 0.0
    possible: tuple[str, ...] = ()  # levels that cannot be ruled out, the most urgent first
    gate: str = ""  # name of the age band whose gate was used
    gate_at: float = 0.5  # from which probability of "severe" on that gate counts as severe
    moved: tuple[str, ...] = ()  # the words that moved it most towards its level
    words: int = 0
    unknown: int = 0  # of them, those that the vocabulary does not hold
