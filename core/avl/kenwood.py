"""Kenwood FleetSync and NEXEDGE: what a base radio's data port says, and what it can be told to send.

A base radio repeats one fix in up to six sentences, three of them without the unit; they fold into one. Frames between
STX and ETX carry the caller's ID, statuses, texts and acknowledgements. Formats: Kenwood's function references and
what the search-and-rescue community has recorded from NX and TK radios.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

from msgspec import Struct

from core.avl import dating
from core.avl.doubts import doubt
from core.avl.evidence import Evidence, share
from core.avl.fields import KNOT_MPS, course, number, position, speed
from core.avl.kenwood_frames import read_frame, unit_of
from core.avl.nmea_sentences import read_facts, stands_alone
from core.avl.reports import AvlFix, DeviceEmergency, DeviceStatus, Report, Tally
from core.avl.sentences import Check, Checksums, Framer, Sentence, read_sentence

NAME = "kenwood"
_UNITS_KEPT = 1024
_Value = TypeVar("_Value")
_LIMIT = 4400  # a long text message is up to 4,096 characters
_TOKEN = re.compile(
    rb"\x02g?[FG][^\x02\x03\r\n\x00]*+(?:[\x03\r\n\x00]|(?=\x02))"
    rb"|(?:[\x02$][^\x02\x03$\r\n\x00]*+|[^\x02\x03$\r\n\x00]++)(?:[\x03\r\n\x00]|(?=[\x02$]))"
    rb"|[\x03\r\n\x00]"
)
_RESUME = re.compile(rb"[\x02\x03$\r\n\x00]")


class KenwoodSettings(Struct, frozen=True, kw_only=True):
    checksums: Checksums = Checksums.WHEN_SENT
    # Statuses 95 to 99 are reserved for the emergency mode; 98 is man-down.
    emergency_codes: tuple[str, ...] = ("95", "96", "97", "98", "99")


class Said(Struct):
    """What one sentence of a group says; groups are merged field by field."""

    unit: str = ""
    valid: bool | None = None
    place: tuple[float, float] | None = None
    of_day: int | None = None
    day: int | None = None
    speed_mps: float | None = None
    heading: float | None = None
    altitude_m: float | None = None
    satellites: int | None = None
    status: str = ""
    quality: str = ""


class _Group:
    """One fix as it is put together."""

    def __init__(self) -> None:
        self.said = Said()
        self.kinds: set[bytes] = set()
        self.void = False
        self.told = False

    def fits(self, kind: bytes, said: Said) -> bool:
        mine = self.said
        return kind not in self.kinds and all(
            (
                not said.unit or not mine.unit or said.unit == mine.unit,
                said.of_day is None or mine.of_day is None or said.of_day == mine.of_day,
                said.place is None or mine.place is None or _near(said.place, mine.place),
            )
        )

    def add(self, kind: bytes, said: Said) -> None:
        self.kinds.add(kind)
        self.void = self.void or said.valid is False
        for name in Said.__struct_fields__:
            if getattr(self.said, name) in {None, ""}:
                setattr(self.said, name, getattr(said, name))


class KenwoodDecoder:
    """The data port of one base radio, with all the radios that it hears."""

    def __init__(self, settings: KenwoodSettings | None = None) -> None:
        self.tally = Tally()
        self._settings = settings or KenwoodSettings()
        self._framer = Framer(_TOKEN, _RESUME, _LIMIT)
        self._group = _Group()
        self._expected: set[bytes] | None = None  # the sentences that this radio sends for one fix
        self._checked = False
        self._datings: OrderedDict[str, dating.Dating] = OrderedDict()
        self._statuses: OrderedDict[str, str] = OrderedDict()

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        out: list[Report] = []
        dropped = self._framer.dropped
        for token in self._framer.cut(data):
            self._token(token, received_at, out)
        self.tally.skipped_bytes += self._framer.dropped - dropped
        return out

    def flush(self, received_at: int) -> list[Report]:
        out: list[Report] = []
        self._token(self._framer.rest() + b"\n", received_at, out)
        self._close(received_at, out)
        return out

    def _token(self, token: bytes, received_at: int, out: list[Report]) -> None:
        if token[0] == 0x24:
            self._sentence(read_sentence(token.rstrip(b"\x03")), received_at, out)
            return
        bare = token.strip(b"\r\n\0\x02\x03")
        framed = token[0] == 2 and token[-1] == 3
        report = read_frame(bare, received_at, framed=framed)
        if report is None:
            self.tally.skipped_bytes += len(bare)
            self.tally.refused += framed and bool(bare)
            return
        self._close(received_at, out)
        self.tally.messages += 1
        if isinstance(report, DeviceStatus):
            self._status(report.device, report.code, received_at, out, asked=True)
        else:
            out.append(report)

    def _sentence(self, sentence: Sentence | None, received_at: int, out: list[Report]) -> None:
        if sentence is None or not self._may_be_read(sentence):
            self.tally.refused += 1
            return
        self.tally.messages += 1
        kind = sentence.fields[0] if sentence.fields[0][:2] == b"PK" else sentence.fields[0][2:]
        said = read_kenwood(sentence.fields)
        if said is None:
            return
        if not self._group.fits(kind, said):
            self._close(received_at, out)
        self._group.add(kind, said)
        if self._complete():
            self._tell(received_at, out)

    def _may_be_read(self, sentence: Sentence) -> bool:
        if sentence.check is Check.RIGHT:
            self._checked = True
            return True
        wanted = self._settings.checksums
        if wanted is Checksums.NEVER:
            return True
        whole = stands_alone(sentence.fields) or _whole(sentence.fields)
        return sentence.check is Check.MISSING and wanted is Checksums.WHEN_SENT and not self._checked and whole

    def _complete(self) -> bool:
        """The group has its unit and every sentence that this radio sends; the very first only has to be usable."""
        group = self._group
        if group.told or not group.said.unit:
            return False
        if self._expected is None:
            return group.said.valid is not None
        return self._expected <= group.kinds

    def _close(self, received_at: int, out: list[Report]) -> None:
        group = self._group
        if not group.kinds:
            return
        if not group.told:
            self._tell(received_at, out)
        self._expected = (
            set(group.kinds) if self._expected is None else self._expected & group.kinds or set(group.kinds)
        )
        self._group = _Group()

    def _tell(self, received_at: int, out: list[Report]) -> None:
        group, said = self._group, self._group.said
        group.told = True
        if said.valid is not None:
            out.append(self._fix(said, group.void, received_at))
        if said.status:
            self._status(said.unit, said.status, received_at, out, asked=False)

    def _fix(self, said: Said, void: bool, received_at: int) -> AvlFix:
        lat, lon = said.place or (None, None)
        valid = bool(said.valid) and not void and said.place is not None
        fixed_at, time_only = self._moment(said, received_at)
        return AvlFix(
            device=said.unit, lat=lat, lon=lon, fixed_at=fixed_at, valid=valid, source=NAME, speed_mps=said.speed_mps,
            heading=said.heading, altitude_m=said.altitude_m, satellites=said.satellites,
            quality=said.quality or ("gps" if valid else "no fix"), time_only=time_only,
            doubt=doubt(lat, lon, fixed_at, received_at, valid=valid),
        )  # fmt: skip

    def _moment(self, said: Said, received_at: int) -> tuple[int | None, bool]:
        if said.of_day is None:
            return None, False
        known = self._datings.get(said.unit)
        if known is None:
            known = _keep(self._datings, said.unit, dating.Dating())
        if said.day is None:
            return known.date(said.of_day, received_at)
        known.learn(said.day + said.of_day, received_at)
        return said.day + said.of_day, False

    def _status(self, unit: str, code: str, received_at: int, out: list[Report], *, asked: bool) -> None:
        """Every fix repeats the status a radio stands in: it is told when it changes, or when it was sent by itself."""
        if not asked and self._statuses.get(unit) == code:
            return
        _keep(self._statuses, unit, code)
        if code in self._settings.emergency_codes:
            text = "Man down" if code == "98" else "Emergency"
            out.append(DeviceEmergency(device=unit, text=f"{text}: radio status {code}.", at=received_at))
        else:
            out.append(DeviceStatus(device=unit, code=code, at=received_at))


def read_kenwood(f: list[bytes]) -> Said | None:
    """What one sentence says: Kenwood's own six, or the three of a receiver that radios repeat."""
    reader = _READERS.get(f[0])
    if reader is not None:
        return reader(f)
    facts = read_facts(f)
    if facts is None or f[0][2:] not in {b"RMC", b"GGA", b"GLL"}:
        return None
    return Said(
        valid=facts.valid, place=facts.place, of_day=facts.of_day, day=facts.day, speed_mps=facts.speed_mps,
        heading=facts.heading, altitude_m=facts.altitude_m, satellites=facts.satellites, quality=facts.quality,
    )  # fmt: skip


def _short(f: list[bytes]) -> Said | None:
    """PKLSH and PKNSH: position, time, validity (A is current; V and Z are not), unit."""
    if len(f) < 8:
        return None
    unit = unit_of(f[7], f[8] if len(f) > 8 else b"")
    return Said(unit, f[6] == b"A", position(f[1:5]), dating.time_of_day(f[5]))


def _long(f: list[bytes]) -> Said | None:
    """PKLDS and PKNDS: what RMC says, then unit, status and an extension."""
    if len(f) < 13:
        return None
    fleetsync = f[0] == b"PKLDS"
    unit = unit_of(f[12], f[13] if len(f) > 13 else b"") if fleetsync else unit_of(f[12], b"")
    said = Said(unit, f[2] == b"A", position(f[3:7]), dating.time_of_day(f[1]), dating.day_from(f[9]))
    said.speed_mps, said.heading = speed(f[7], KNOT_MPS), course(f[8])
    said.status = _code(f[14 if fleetsync else 13 :])
    return said


def _identity(f: list[bytes]) -> Said | None:
    """PKLID and PKNID: unit and status, no position."""
    if len(f) < 4:
        return None
    if f[0] == b"PKLID":
        return Said(unit_of(f[2], f[3]), status=_code(f[4:]))
    return Said(unit_of(f[2], b""), status=_code(f[3:]))


def _waypoint(f: list[bytes]) -> Said | None:
    """PKWDWPL, which amateur radios send for each APRS station that they hear: what RMC says, height, name, symbol."""
    if len(f) < 12 or not f[11]:
        return None
    said = Said(f[11].decode("ascii"), f[2] == b"A", position(f[3:7]), dating.time_of_day(f[1]), dating.day_from(f[9]))
    said.speed_mps, said.heading, said.altitude_m = speed(f[7], KNOT_MPS), course(f[8]), number(f[10])
    return said


def _code(fields: list[bytes]) -> str:
    return str(int(fields[0])) if fields and fields[0].isdigit() else ""


_READERS: dict[bytes, Callable[[list[bytes]], Said | None]] = {
    b"PKLSH": _short, b"PKNSH": _short, b"PKLDS": _long, b"PKNDS": _long, b"PKLID": _identity, b"PKNID": _identity,
    b"PKWDWPL": _waypoint,
}  # fmt: skip
_COUNTS = {b"PKLSH": (9, 10), b"PKNSH": (8, 9), b"PKLDS": (16, 18), b"PKNDS": (15, 17)}


def _whole(f: list[bytes]) -> bool:
    """Whether one of Kenwood's own sentences, without a checksum, has all its fields."""
    least, most = _COUNTS.get(f[0], (1, 0))
    return least <= len(f) <= most and all(len(field) <= 10 for field in f)


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """The same place, but for what one sentence rounds and the other does not."""
    return abs(one[0] - other[0]) < 2e-4 and abs(one[1] - other[1]) < 2e-4


def _keep(kept: OrderedDict[str, _Value], unit: str, value: _Value) -> _Value:
    kept[unit] = value
    kept.move_to_end(unit)
    if len(kept) > _UNITS_KEPT:
        kept.popitem(last=False)
    return value


def evidence(sample: bytes) -> Evidence | None:
    """Kenwood's own sentences, or frames between STX and ETX that read as what a radio sends."""
    tokens = Framer(_TOKEN, _RESUME, _LIMIT).cut(sample + b"\n")
    sentences = [one for token in tokens if token[:1] == b"$" and (one := read_sentence(token.rstrip(b"\x03")))]
    own = sum(one.fields[0] in _READERS and one.check is not Check.WRONG for one in sentences)
    frames = sum(
        read_frame(token.strip(b"\x02\x03"), 0, framed=True) is not None
        for token in tokens
        if token[:1] == b"\x02" and token[-1:] == b"\x03"
    )
    if not own + frames:
        return None
    others = sum(one.fields[0] not in _READERS for one in sentences)
    why = f"{own} Kenwood sentences and {frames} frames of a radio's data port."
    return Evidence(protocol=NAME, score=share(own + frames + min(others, 3 * own), len(sentences) + frames), why=why)
