"""Checks what a desk pushed as if nobody had ever checked it: form, version, signature, hashes, permission, clock.

Pure: it looks at the run, the desk's pass and the time, and at nothing that is stored.
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from core.domain import events as e
from core.errors import Refused
from core.merge import schema
from core.merge.chain import FIRST_LINK
from core.merge.run import AHEAD_MS, REFUSED, SCHEMA, BrokenRun, Run, WireEvent, hashes, is_signed_by
from sync.protocol import messages as m
from sync.protocol.packing import compress, encode
from sync.protocol.routes import MOST_EVENT_BYTES, MOST_EVENTS_A_RUN
from sync.server.roll import DISPATCH, ROADS, ROSTER, DeskPass

_ID_BYTES = 16
_MOST_NUMBER = 1 << 53
_MOST_NAME = 200  # characters of a desk, operator, unit or incident
_NEEDS: dict[type, str] = {  # what is not named here needs DISPATCH
    e.OperatorSignedOn: "",
    e.UnitEnrolled: ROSTER,
    e.UnitRetired: ROSTER,
    e.RoadClosed: ROADS,
    e.RoadReopened: ROADS,
}


class Verdict(Struct, frozen=True):
    """Why a run or an event is not taken, in one word for the desk and one sentence for people."""

    kind: m.OutcomeKind
    code: str
    detail: str


class Claim(Struct, frozen=True):
    """A unit taken for an assignment, or let go of."""

    takes: bool
    assignment: str
    unit: str
    incident: str


class Entry(Struct):
    """One event of a run that was checked. `incident` and `unit` are "" where the event has none or is refused."""

    wire: WireEvent
    n: int
    hash: bytes
    at: int
    kind: str = ""
    incident: str = ""
    unit: str = ""
    claim: Claim | None = None
    place: bytes = b""  # the server's, b"" for the id itself
    verdict: Verdict | None = None


class Checked(Struct):
    """A run as far as it can be judged without the log. `verdict` stands for all of it."""

    run: Run
    entries: list[Entry]
    payload: bytes  # packed, with neither place nor flag
    pushed_by: str = ""
    verdict: Verdict | None = None
    is_released: bool = False  # its desk was told that it is refused, and has to hear that it is not

    @property
    def first_n(self) -> int:
        return self.run.first_n

    @property
    def last_n(self) -> int:
        return self.run.first_n + len(self.run.events) - 1

    @property
    def head(self) -> bytes:
        return self.entries[-1].hash


def examine(
    run: Run,
    desk: DeskPass | None,
    now_ms: int,
    new_place: Callable[[], bytes],
    *,
    pushed_by: str = "",
) -> Checked:
    """The run with each event's verdict. `new_place` makes the server's own places, ever later."""
    run = _plain(run)
    checked = Checked(run, [], compress(encode(run)), pushed_by)
    checked.verdict = _form(run)
    if checked.verdict is not None:
        return checked
    if desk is None:
        detail = f"The server does not know the desk {run.desk}; pair it first."
        checked.verdict = Verdict("later", m.UNKNOWN_DESK, detail)
        return checked
    try:
        found = hashes(run)
    except BrokenRun as error:
        checked.verdict = _misshapen(f"The run is none: {error}.")
        return checked
    if not is_signed_by(run, desk.public_key, found[-1]):
        checked.verdict = Verdict("refused", m.SIGNATURE, f"This is not what desk {desk.name} signed.")
        return checked
    for n, (wire, hash_) in enumerate(zip(run.events, found, strict=True), run.first_n):
        entry = Entry(wire, n, hash_, wire.at)
        _judge(entry, run.schema, desk)
        if int.from_bytes(wire.id[:6], "big") > now_ms + AHEAD_MS:
            entry.place = new_place()
        checked.entries.append(entry)
    if desk.revoked_at:  # what came before that stays, and whoever brings it again is told so
        checked.verdict = Verdict("refused", m.REVOKED, f"The desk {desk.name} was shut out.")
    return checked


def _plain(run: Run) -> Run:
    """Places and flags are the server's to give, whatever a post gave. What a post refused has no body any more."""
    if any(wire.place or wire.flag for wire in run.events):
        bare = (replace(wire, place=b"", flag=REFUSED if wire.flag == REFUSED else "") for wire in run.events)
        return replace(run, events=tuple(bare))
    return run


def _form(run: Run) -> Verdict | None:
    """What makes a run unreadable as a whole: its numbers could not be counted or its hashes not be made."""
    if run.schema > SCHEMA:
        return Verdict("later", m.NEWER, "This was written by a newer Foredesk than the server's; update the server.")
    if run.schema < schema.oldest():
        return Verdict("refused", m.OLDER, "This was written by a Foredesk that is more than two releases behind.")
    if not 1 <= len(run.events) <= MOST_EVENTS_A_RUN or not 1 <= run.first_n < _MOST_NUMBER:
        return _misshapen(f"A run holds 1 to {MOST_EVENTS_A_RUN} events, numbered from 1 on.")
    if (run.first_n == 1) != (run.prev_hash == FIRST_LINK):
        return _misshapen("A run follows the hash of the event before it, and only the first follows none.")
    if not _is_name(run.desk):
        return _misshapen("A desk's id is a short line of text.")
    ids = {wire.id for wire in run.events}
    if len(ids) < len(run.events) or any(len(id_) != _ID_BYTES for id_ in ids):
        return _misshapen("Every event has an id of its own, of 16 bytes.")
    return None


def _misshapen(detail: str) -> Verdict:
    return Verdict("refused", m.FORM, detail)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _MOST_NAME and text.isprintable()


def _judge(entry: Entry, version: int, desk: DeskPass) -> None:
    """Fill in what the event is about, or why it is refused."""
    wire = entry.wire
    if wire.flag == REFUSED:
        entry.verdict = Verdict("refused", m.PERMISSION, "A field post refused this event, and only its hash is known.")
        return
    if len(wire.body) > MOST_EVENT_BYTES or not 0 <= wire.at < _MOST_NUMBER:
        entry.verdict = _misshapen("The event is larger than any can be, or of no time.")
        return
    try:
        body = schema.decode_body(wire.body, version)
    except Refused as error:
        entry.verdict = _misshapen(f"The event cannot be read: {error.happened}")
        return
    incident, unit = getattr(body, "incident", ""), getattr(body, "unit", "")
    if not all(name == "" or _is_name(name) for name in (incident, unit, wire.operator)):
        entry.verdict = _misshapen("An operator, unit or incident is not named by a short line of text.")
        return
    kind = type(body)
    needed = _NEEDS.get(kind, DISPATCH)
    if needed and needed not in desk.may:
        entry.verdict = Verdict("refused", m.PERMISSION, f"The desk {desk.name} may not do that ({needed}).")
        return
    entry.kind = str(kind.__struct_config__.tag)
    entry.incident, entry.unit, entry.claim = incident, unit, _claim(body)


def _claim(body: e.Body) -> Claim | None:
    match body:
        case e.UnitAssigned():
            return Claim(True, body.assignment, body.unit, body.incident)
        case e.UnitRestored() if body.assignment:
            return Claim(True, body.assignment, body.unit, body.incident)
        case e.AssignmentEnded() | e.DispatchWithdrawn():
            return Claim(False, body.assignment, body.unit, body.incident)
        case _:
            return None
