"""Adds to a recommendation when units will be there by experience; the order stays that of the road engine."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.dispatch.recommend import Option, Recommendation
from core.domain.board import Board, Incident

if TYPE_CHECKING:
    from core.response.correct import Corrected
    from core.response.expecting import Way


def with_expected(
    found: Recommendation,
    incident: Incident,
    board: Board,
    expects: "Callable[[Incident, Sequence[Way], int], list[Corrected]]",
    now_ms: int,
) -> Recommendation:
    """`found` with each unit's expected arrival where it has a way by road; ETAs and their order are as they were."""
    from core.response.expecting import Way

    ways = {
        option.unit: Way(board.units[option.unit], option.eta_s, option.route_m)
        for option in found.options
        if option.eta_s is not None and option.unit in board.units
    }
    expected = dict(zip(ways, expects(incident, list(ways.values()), now_ms), strict=True))
    options = tuple(_told(option, expected.get(option.unit)) for option in found.options)
    return replace(found, options=options)


def _told(option: Option, expected: "Corrected | None") -> Option:
    return option if expected is None else replace(option, expected=expected)


def expected_words(expected: "Corrected") -> str:
    """The expected arrival and what nine in ten keep, whole minutes: 6 min, 9 in 10 within 8."""
    middle, most = max(1, round(expected.eta_s / 60)), max(1, round(expected.p90_s / 60))
    return f"{middle} min, 9 in 10 within {most}"
