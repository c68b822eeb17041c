"""What a listener found that speaks for a protocol, so that autodetection can show its reasons."""

from msgspec import Struct


class Evidence(Struct, frozen=True, kw_only=True):
    protocol: str  # name in the registry
    score: float  # 0 to 1
    why: str  # a sentence for the person who chooses


def share(found: float, of: int) -> float:
    """How much of what was heard is of the kind: few finds weigh less than many, noise counts against."""
    return found / of * found / (found + 0.5) if of and found else 0.0
