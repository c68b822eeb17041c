"""From reports to the desk: which unit, whether to believe it, and what it asks for. Pure; the desk acts on it."""

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct, field

from core.avl.checks import FixJudge, Limits, Outcome, Verdict, time_of
from core.avl.devices import Device, DeviceBook, Heard
from core.avl.geofence import ArrivalWatch, fence_for
from core.avl.radio import Act, act_on, act_on_arrival
from core.avl.reports import AvlFix
from core.domain.agency import Agency
from core.domain.board import Board, Unit
from core.domain.values import Position


class Followed(Struct):
    """What a batch of reports comes to. `moves` in the order received; older ones than are known complete the track."""

    moves: list[tuple[str, Position]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    strangers: int = 0  # reports of devices that belong to no unit


class PortCount(Struct):
    """What became of one port's fixes since the start."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by the name of the check
    last_refusal: str = ""


class Follower:
    """Keeps what judging needs: the last fix of each unit, visits, and counts per port."""

    def __init__(self, book: DeviceBook, limits: Limits = Limits()) -> None:  # noqa: B008 (frozen)
        self.book = book
        self.judge = FixJudge(limits)
        self.watch = ArrivalWatch()
        self.counts: dict[str, PortCount] = {}

    def take(self, batch: Iterable[Heard], board: Board, agency: Agency, now_ms: int) -> Followed:
        """Judge a batch; nothing on the board is touched."""
        found = Followed()
        for heard in batch:
            device = self.book.note(heard)
            if device is None:
                found.strangers += 1
                continue
            unit = board.units.get(device.unit)
            if unit is None:
                continue
            if isinstance(heard.report, AvlFix):
                position, verdict = self._judge(heard.port, heard.report, device, now_ms)
                if position is not None:
                    found.moves.append((unit.callsign, position))
                act = self._arrived(unit, position, board, agency, now_ms) if position and verdict.accepted else None
            else:
                act = act_on(heard.report, unit, agency.radio)
            if act is not None:
                found.acts.append(act)
        return found

    def _judge(self, port: str, fix: AvlFix, device: Device, now_ms: int) -> tuple[Position | None, Verdict]:
        """The fix as a position, None where it is refused."""
        verdict = self.judge.take(device.unit, fix, now_ms, device=device.key, rank=device.rank)
        count = self.counts.setdefault(port, PortCount())
        if verdict.outcome is Outcome.REFUSED or fix.lat is None or fix.lon is None:
            count.refused[verdict.check] += 1
            count.last_refusal = f"{device.unit}: {verdict.reason}"
            return None, verdict
        count.accepted += 1
        fixed_at, speed_mps = time_of(fix, now_ms), fix.speed_mps
        position = Position(
            fix.lat, fix.lon, fixed_at, heading=fix.heading, speed_mps=speed_mps, stale_s=device.stale_s
        )
        return position, verdict

    def _arrived(self, unit: Unit, position: Position, board: Board, agency: Agency, now_ms: int) -> Act | None:
        arrival = self.watch.look(unit, position, fence_for(unit, board, agency), now_ms)
        return act_on_arrival(arrival, unit, agency.radio) if arrival else None
