"""Decides whether a fix may move its unit: an ordered list of checks, each with one purpose and one sentence.

A fix that is refused is counted with its reason, never drawn. One that is only late completes the unit's track.
"""

from collections.abc import Callable
from enum import Enum, auto
from math import isfinite

from msgspec import Struct, field

from core.avl.reports import AvlFix
from core.domain.distance import ground_distance_m


class Outcome(Enum):
    ACCEPTED = auto()
    TRACK_ONLY = auto()  # true, but not where the unit is now
    REFUSED = auto()


class Limits(Struct, frozen=True):
    """What is still believed. The jump's are for ground units; helicopters fly at 80 m/s."""

    future_s: float = 60.0
    stale_s: float = 3600.0  # later than this it is history
    lost_s: float = 7 * 86_400.0  # and later than this the device's clock is wrong
    fastest_mps: float = 90.0
    jump_slack_m: float = 250.0
    worst_accuracy_m: float = 500.0
    outranked_s: float = 120.0  # how long a better source's last fix keeps a worse one's away


class Seen(Struct, frozen=True):
    """A fix that was believed: from which device of which rank (1 is the best), fixed when (UTC ms)."""

    lat: float
    lon: float
    fixed_at: int
    device: str
    rank: int = 1
    accuracy_m: float = 0.0


class Situation(Struct, frozen=True):
    """What a check may look at besides the fix."""

    now_ms: int
    device: str
    rank: int
    last: Seen | None
    limits: Limits


class Verdict(Struct, frozen=True):
    """`check` names the check that decided, "" for an accepted fix; `reason` is its sentence."""

    outcome: Outcome
    check: str = ""
    reason: str = ""

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED


Check = Callable[[AvlFix, Situation], str]

# Where receivers say they are before they have ever been anywhere: the poles, the date line, where the firmware of
# MediaTek's chips starts from, in Taiwan, and Garmin's works in Olathe, which Kenwood's speaker microphones send.
FACTORY_POSITIONS = ((90.0, 0.0), (-90.0, 0.0), (0.0, 180.0), (0.0, -180.0), (24.0, 121.0), (38.85555, -94.799028))
_NEAR_FACTORY_M = 30.0
_NEAR_NULL = 0.01  # degrees: nobody is dispatched in that piece of the Gulf of Guinea


def time_of(fix: AvlFix, now_ms: int) -> int:
    """When the fix was taken: as the device says, else when it was received."""
    return now_ms if fix.fixed_at is None else fix.fixed_at


def no_fix(fix: AvlFix, _now: Situation) -> str:
    return "It carries no position." if fix.lat is None or fix.lon is None else ""


def invalid(fix: AvlFix, _now: Situation) -> str:
    return "" if fix.valid else f"The device does not vouch for it{f' ({fix.quality})' if fix.quality else ''}."


def impossible(fix: AvlFix, _now: Situation) -> str:
    lat, lon = fix.lat or 0.0, fix.lon or 0.0
    fine = isfinite(lat) and isfinite(lon) and -90 <= lat <= 90 and -180 <= lon <= 180
    return "" if fine else f"{lat}, {lon} is not a place on earth."


def factory_default(fix: AvlFix, _now: Situation) -> str:
    """A position that the device was shipped with is not a unit on the road."""
    lat, lon = fix.lat or 0.0, fix.lon or 0.0
    if abs(lat) < _NEAR_NULL and abs(lon) < _NEAR_NULL:
        return "It is at 0, 0, where receivers are before their first fix."
    for at_lat, at_lon in FACTORY_POSITIONS:
        if abs(lat - at_lat) < _NEAR_NULL and ground_distance_m(lat, lon, at_lat, at_lon) < _NEAR_FACTORY_M:
            return f"It is at {at_lat:g}, {at_lon:g}, where such receivers start from."
    return ""


def future(fix: AvlFix, now: Situation) -> str:
    ahead_s = (time_of(fix, now.now_ms) - now.now_ms) / 1000
    return f"Its time is {ahead_s:.0f} s in the future." if ahead_s > now.limits.future_s else ""


def lost(fix: AvlFix, now: Situation) -> str:
    """Older than any buffer: a clock that was never set, or a receiver whose week number rolled over."""
    age_s = (now.now_ms - time_of(fix, now.now_ms)) / 1000
    return (
        f"Its time is {age_s / 86_400:.0f} days old; the device's clock is wrong." if age_s > now.limits.lost_s else ""
    )


def stale(fix: AvlFix, now: Situation) -> str:
    age_s = (now.now_ms - time_of(fix, now.now_ms)) / 1000
    return f"It is {age_s / 60:.0f} min old." if age_s > now.limits.stale_s else ""


def duplicate(fix: AvlFix, now: Situation) -> str:
    last = now.last
    if last is None or fix.fixed_at is None or fix.fixed_at != last.fixed_at:
        return ""
    same = (fix.lat, fix.lon) == (last.lat, last.lon)
    return "It was received before." if same else ""


def out_of_order(fix: AvlFix, now: Situation) -> str:
    if now.last is None or time_of(fix, now.now_ms) >= now.last.fixed_at:
        return ""
    return f"It is {(now.last.fixed_at - time_of(fix, now.now_ms)) / 1000:.0f} s older than the unit's last."


def jump(fix: AvlFix, now: Situation) -> str:
    """Too far from the last one for the time between, even for the fastest unit."""
    last = now.last
    if last is None or fix.lat is None or fix.lon is None:
        return ""
    seconds = max(0.0, (time_of(fix, now.now_ms) - last.fixed_at) / 1000)
    away_m = ground_distance_m(fix.lat, fix.lon, last.lat, last.lon)
    slack_m = now.limits.jump_slack_m + last.accuracy_m + (fix.accuracy_m or 0.0)
    if away_m <= slack_m + now.limits.fastest_mps * seconds:
        return ""
    return f"It is {away_m / 1000:.1f} km away after {seconds:.0f} s, which nothing drives."


def inaccurate(fix: AvlFix, now: Situation) -> str:
    accuracy_m = fix.accuracy_m or 0.0
    if accuracy_m <= now.limits.worst_accuracy_m:
        return ""
    return f"It is only good to {accuracy_m:.0f} m."


def outranked(fix: AvlFix, now: Situation) -> str:
    """A better source of the same unit was heard just now."""
    last = now.last
    if last is None or last.device == now.device or last.rank >= now.rank:
        return ""
    age_s = (time_of(fix, now.now_ms) - last.fixed_at) / 1000
    return f"{last.device} comes first for this unit." if age_s < now.limits.outranked_s else ""


CHECKS: tuple[tuple[str, Check, Outcome], ...] = (
    ("no fix", no_fix, Outcome.REFUSED),
    ("invalid", invalid, Outcome.REFUSED),
    ("impossible", impossible, Outcome.REFUSED),
    ("factory default", factory_default, Outcome.REFUSED),
    ("future", future, Outcome.REFUSED),
    ("clock lost", lost, Outcome.REFUSED),
    ("stale", stale, Outcome.TRACK_ONLY),
    ("duplicate", duplicate, Outcome.REFUSED),
    ("out of order", out_of_order, Outcome.TRACK_ONLY),
    ("jump", jump, Outcome.REFUSED),
    ("accuracy", inaccurate, Outcome.REFUSED),
    ("source priority", outranked, Outcome.REFUSED),
)
ACCEPTED = Verdict(Outcome.ACCEPTED)


def judge(fix: AvlFix, now: Situation) -> Verdict:
    """The first check that objects decides."""
    for name, check, outcome in CHECKS:
        if reason := check(fix, now):
            return Verdict(outcome, name, reason)
    return ACCEPTED


class _Doubt(Struct):
    """Fixes that were refused as jumps but agree with each other."""

    last: Seen
    count: int = 1


class FixJudge(Struct):
    """Remembers, per unit, what was believed last. One wrong fix must not make all later ones look like jumps:
    `AGREEING` in a row that agree with each other are believed against the last one.
    """

    limits: Limits = Limits()
    _last: dict[str, Seen] = field(default_factory=dict)
    _doubts: dict[str, _Doubt] = field(default_factory=dict)

    def take(self, unit: str, fix: AvlFix, now_ms: int, *, device: str, rank: int = 1) -> Verdict:
        """Judge a unit's next fix and remember it where it is believed."""
        last = self._last.get(unit)
        verdict = judge(fix, Situation(now_ms, device, rank, last, self.limits))
        if fix.lat is None or fix.lon is None:
            return verdict
        seen = Seen(fix.lat, fix.lon, time_of(fix, now_ms), device, rank, fix.accuracy_m or 0.0)
        if verdict.check == "jump" and self._agrees(unit, fix, seen, now_ms):
            verdict = ACCEPTED
        if verdict.accepted:
            self._last[unit] = seen
            self._doubts.pop(unit, None)
        return verdict

    def forget(self, unit: str) -> None:
        """The unit has another device now: its last place says nothing about the next one."""
        self._last.pop(unit, None)
        self._doubts.pop(unit, None)

    def _agrees(self, unit: str, fix: AvlFix, seen: Seen, now_ms: int) -> bool:
        doubt = self._doubts.get(unit)
        if doubt is None or jump(fix, Situation(now_ms, seen.device, seen.rank, doubt.last, self.limits)):
            self._doubts[unit] = _Doubt(seen)
            return False
        doubt.last, doubt.count = seen, doubt.count + 1
        return doubt.count >= AGREEING


AGREEING = 3
