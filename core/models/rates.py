"""A share with the least it could well be, so that five cases do not raise an alarm."""

from math import sqrt

from core.models.limits import Measured

_Z = 1.96


def rate(count: int, of: int) -> Measured:
    """`count` of `of` cases (at least 1) with the lower end of Wilson's 95 % interval."""
    share = count / of
    middle, spread = share + _Z**2 / (2 * of), _Z * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return Measured(share, of, max(0.0, (middle - spread) / (1 + _Z**2 / of)))
