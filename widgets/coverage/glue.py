"""Joins coverage to the rest of the window: recommendation, map, closed roads and the roads that come with a map."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from widgets.context import DeskContext
from widgets.coverage.follower import Considered
from widgets.coverage.wording import advice_text

if TYPE_CHECKING:
    from widgets.map_follow import MapFollow
    from widgets.panes import Panes


class CoverageGlue(QObject):
    """`said(sentence)` for the echo."""

    said = Signal(str)

    def __init__(self, context: DeskContext, panes: "Panes") -> None:
        super().__init__(panes.coverage)
        self._context, self._panes = context, panes
        self._map: MapFollow | None = None
        self._told: dict[tuple[str, str], tuple[str, str]] = {}
        follower, closing = panes.follower, panes.closing
        panes.recommendation.covers = follower.cost
        panes.recommendation.considered.connect(self._consider)
        panes.coverage.said.connect(self.said)
        panes.coverage.fly_wanted.connect(self._fly)
        closing.said.connect(self.said)
        closing.driven.connect(self._drive_on)
        follower.advice_changed.connect(self._advise)

    def take_map(self, follow: "MapFollow") -> None:
        """The map was made."""
        from widgets.coverage.on_map import CoverageOnMap

        self._map = follow
        CoverageOnMap(self._context, self._panes.follower, follow.view)
        follow.view.close_here.connect(self._panes.closing.close_at)
        self._panes.closing.aiming.connect(follow.view.covering.aim)

    def take_roads(self) -> None:
        """The roads were loaded, or others."""
        self._panes.closing.keep_up()
        self._panes.follower.refresh()

    def _drive_on(self) -> None:
        """Roads were closed or reopened: ETAs, the route on show and coverage follow at once."""
        self._panes.follower.refresh()
        self._panes.recommendation.renew()
        if self._map is not None:
            self._map.renew_route()

    def _consider(self, away: tuple[str, ...], costs: tuple[tuple[str, str], ...]) -> None:
        capability = next((able for unit, able in costs if unit in away), "")
        self._panes.follower.consider(Considered(away, capability, tuple(sorted(set(costs)))))
        if not away:
            self._panes.recommendation.advise("")

    def _advise(self) -> None:
        """The answer came: the rows tell their costs, and the foot what all that is ticked costs together."""
        advice, considered = self._panes.follower.advice, self._panes.follower.considered
        if advice is None or advice.away != considered.away:
            return
        from core.dispatch.words import label, per_cent

        capability = label(considered.capability) if considered.capability else ""
        self._panes.recommendation.advise(advice_text(advice, capability))
        told = {key: (per_cent(change.before), per_cent(change.after)) for key, change in advice.costs.items()}
        if told != self._told:  # units move all the time, and seldom what is read
            self._told = told
            self._panes.recommendation.renew()

    def _fly(self, lat: float, lon: float) -> None:
        if self._map is not None:
            self._map.view.fly_to(lat, lon)
