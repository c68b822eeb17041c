"""Carries out on the desk what devices report: moves units, sets what may be set, proposes the rest."""

import logging
from collections import deque
from collections.abc import Callable, Sequence

from core.avl.devices import DeviceBook, Heard
from core.avl.follow import Follower
from core.avl.port_row import RadioLine
from core.avl.proposals import Proposal, Proposals
from core.avl.radio import Act, Mode
from core.desk import Desk
from core.domain.commands import SetStatus
from core.domain.values import Position
from core.errors import ForedeskError, Refused, Unavailable

KEPT_LINES = 200

log = logging.getLogger(__name__)


class DeskSide:
    """Everything here runs on the desk's thread. `report` is told what the store refuses, `heard` where units are."""

    def __init__(self, desk: Desk, report: Callable[[ForedeskError], None]) -> None:
        self.desk = desk
        self.book = DeviceBook(desk.store)
        self.follower = Follower(self.book)
        self.proposals = Proposals()
        self.lines: deque[RadioLine] = deque(maxlen=KEPT_LINES)
        self._report = report
        self.heard: Callable[[dict[str, Position]], None] = lambda _moves: None

    def take(self, batch: Sequence[Heard]) -> None:
        """Bring the desk up to date with what came."""
        desk = self.desk
        found = self.follower.take(batch, desk.board, desk.agency, desk.clock.now_ms())
        for moves in layers(found.moves):
            self._place(moves)
        for act in found.acts:
            self._carry_out(act)

    def tidy(self) -> bool:
        """Let go of proposals that are over; whether there were any."""
        return self.proposals.tidy(self.desk.board, self.desk.clock.now_ms())

    def accept(self) -> Proposal | None:
        """Do what the first proposal says, or mark its message as seen. Raises Refused and Unavailable."""
        first = self.proposals.first
        if first is None:
            return None
        if first.command is not None:
            try:
                self.desk.do(first.command)
            except Refused:
                self.proposals.drop(first.key)  # the world moved on; a disk that refuses keeps it for another try
                raise
        self.proposals.drop(first.key)
        return first

    def dismiss(self) -> Proposal | None:
        """The first proposal goes, and nothing is done."""
        first = self.proposals.first
        if first is not None:
            self.proposals.drop(first.key)
        return first

    def _place(self, moves: dict[str, Position]) -> None:
        self.heard(moves)
        try:
            self.desk.place_units(moves)
        except (Refused, Unavailable) as error:
            self._report(error)

    def _carry_out(self, act: Act) -> None:
        self._note(act.unit, act.sentence)
        if act.mode is Mode.NOTE:
            return
        if act.mode is not Mode.SET or act.command is None:
            self._propose(act, act.sentence)
            return
        try:
            self.desk.do(act.command, by=act.by)
        except Refused as refused:
            self._note(act.unit, f"Not done: {refused.happened}")
            self._propose(act, f"{act.sentence} It was not set: {refused.happened}")
        except Unavailable as trouble:
            self._report(trouble)
            self._propose(act, act.sentence)

    def _propose(self, act: Act, sentence: str) -> None:
        kind = act.command.status if isinstance(act.command, SetStatus) else sentence
        now_ms = self.desk.clock.now_ms()
        key = f"{act.unit}:{kind}"
        self.proposals.add(Proposal(key, act.unit, sentence, now_ms, act.command, act.by, act.incident))

    def note(self, unit: str, sentence: str) -> None:
        """Remember what was said to a unit among what units said."""
        self._note(unit, sentence)

    def _note(self, unit: str, sentence: str) -> None:
        log.info("%s", sentence)
        self.lines.append(RadioLine(self.desk.clock.now_ms(), unit, sentence))


def layers(moves: Sequence[tuple[str, Position]]) -> list[dict[str, Position]]:
    """Moves as batches with each unit once, in order: what a unit sent several of goes over several batches."""
    batches: list[dict[str, Position]] = []
    depth: dict[str, int] = {}
    for callsign, position in moves:
        at = depth.get(callsign, 0)
        depth[callsign] = at + 1
        if at == len(batches):
            batches.append({})
        batches[at][callsign] = position
    return batches
