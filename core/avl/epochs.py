"""Folds the sentences that a receiver sends about one moment into one fix.

An epoch is told as soon as it knows what both epochs before it knew in the end, so that nothing waits for a silence.
It is told again only if a later sentence dates it, gives its motion, or takes its validity back.
"""

from core.avl.dating import Dating
from core.avl.doubts import doubt
from core.avl.nmea_sentences import DATE, HEIGHT, MOTION, PLACE, Facts
from core.avl.reports import AvlFix, Report

_SAME_MS = 5  # some receivers round one time differently in each sentence; none measures 200 times a second
_WORTH_TELLING_AGAIN = DATE | MOTION

# One standard deviation on the ground for a dilution of one, by kind of fix; a rule of thumb where no error is sent.
_RANGE_ERROR_M = {"differential": 2.5, "precise": 1.0, "rtk float": 0.5, "rtk fixed": 0.02}
_USUAL_RANGE_ERROR_M = 5.0


def _same_moment(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and -_SAME_MS <= one - other <= _SAME_MS


class Track:
    """One device's epochs. `device` and `source` are stamped on its fixes."""

    def __init__(self, device: str, source: str) -> None:
        self.device, self.source = device, source
        self.checked = False  # the device has sent a right checksum
        self._dating = Dating()
        self._expected = self._last_known = 0
        self._facts = Facts()
        self._void = False
        self._open = False
        self._early = False  # something came ahead of the epoch
        self._seen: set[bytes] = set()  # addresses of the sentences of this epoch
        self._told: int | None = None
        self._told_valid = False
        self._fixed_at: int | None = None
        self._time_only = False

    def take(self, address: bytes, facts: Facts, received_at: int, out: list[Report]) -> None:
        """Add what one sentence says; tell the epoch if it is complete now, or the one before if it never became so.

        The same sentence a second time begins a new epoch, so that a receiver whose clock stands is still heard.
        """
        seen = self._seen
        if address in seen:
            self.close(received_at, out)
        if not facts.known & PLACE:
            self._aside(facts, received_at)
        elif self._open and (facts.of_day == self._facts.of_day or _same_moment(facts.of_day, self._facts.of_day)):
            self._merge(facts, received_at)
        else:
            self.close(received_at, out)
            self._begin(facts, received_at)
        seen.add(address)
        if self._open:
            self._tell(received_at, out)

    def close(self, received_at: int, out: list[Report]) -> None:
        """The epoch is over: tell it if that is still to do."""
        if not self._open:
            return
        if self._told is None:
            out.append(self._fix(received_at))
        self._expected, self._last_known = self._facts.known & self._last_known, self._facts.known
        self._facts, self._open, self._early = Facts(), False, False
        self._seen.clear()

    def _begin(self, facts: Facts, received_at: int) -> None:
        early = self._facts
        self._facts, self._open, self._told = facts, True, None
        self._void = facts.valid is False
        self._date(facts, received_at)
        if self._early:
            self._fill(early)

    def _aside(self, facts: Facts, received_at: int) -> None:
        """Sentences without a place: of this moment, or ahead of the next one."""
        if facts.day is not None and facts.of_day is not None:
            self._dating.learn(facts.day + facts.of_day, received_at)
            if self._open and facts.of_day == self._facts.of_day:
                self._facts.known |= DATE
                self._fixed_at, self._time_only = facts.day + facts.of_day, False
            return
        self._early = True
        self._fill(facts)

    def _fill(self, facts: Facts) -> None:
        """Take over what is not known yet."""
        mine = self._facts
        mine.known |= facts.known
        mine.speed_mps = facts.speed_mps if mine.speed_mps is None else mine.speed_mps
        mine.heading = facts.heading if mine.heading is None else mine.heading
        mine.accuracy_m = facts.accuracy_m if mine.accuracy_m is None else mine.accuracy_m

    def _merge(self, facts: Facts, received_at: int) -> None:
        mine = self._facts
        if facts.place is not None and facts.digits >= mine.digits:
            mine.place, mine.digits = facts.place, facts.digits
        if facts.valid is not None:
            self._void = self._void or not facts.valid
            mine.valid = not self._void
        if facts.known & HEIGHT:
            mine.altitude_m = facts.altitude_m if mine.altitude_m is None else mine.altitude_m
            mine.satellites = facts.satellites if mine.satellites is None else mine.satellites
            mine.hdop = facts.hdop if mine.hdop is None else mine.hdop
        if facts.quality and (mine.quality in {"", "gps"} or not facts.valid):
            mine.quality = facts.quality
        if facts.day is not None and not mine.known & DATE:
            self._date(facts, received_at)
        self._fill(facts)

    def _date(self, facts: Facts, received_at: int) -> None:
        if facts.of_day is None:
            self._fixed_at, self._time_only = None, False
        elif facts.day is not None:
            self._fixed_at, self._time_only = facts.day + facts.of_day, False
            self._dating.learn(self._fixed_at, received_at)
        else:
            self._fixed_at, self._time_only = self._dating.date(facts.of_day, received_at)

    def _tell(self, received_at: int, out: list[Report]) -> None:
        known, told = self._facts.known, self._told
        if told is None:
            if known & self._expected != self._expected:
                return
        elif not (known & ~told & _WORTH_TELLING_AGAIN or (self._told_valid and not self._valid())):
            return
        self._told = known
        out.append(self._fix(received_at))

    def _valid(self) -> bool:
        return self._facts.valid is True and not self._void and self._facts.place is not None

    def _fix(self, received_at: int) -> AvlFix:
        mine = self._facts
        lat, lon = mine.place or (None, None)
        valid = self._told_valid = self._valid()
        accuracy_m = mine.accuracy_m
        if accuracy_m is None and mine.hdop is not None and 0 < mine.hdop < 99:
            accuracy_m = mine.hdop * _RANGE_ERROR_M.get(mine.quality, _USUAL_RANGE_ERROR_M)
        return AvlFix(
            device=self.device, lat=lat, lon=lon, fixed_at=self._fixed_at, valid=valid, source=self.source,
            speed_mps=mine.speed_mps, heading=mine.heading, altitude_m=mine.altitude_m, accuracy_m=accuracy_m,
            satellites=mine.satellites, quality=mine.quality, time_only=self._time_only,
            doubt=doubt(lat, lon, self._fixed_at, received_at, valid=valid),
        )  # fmt: skip
