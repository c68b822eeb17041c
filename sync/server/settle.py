"""Decides what of a batch of checked runs becomes part of the log, given what the log already holds.

Pure, and the same for both databases: what is known comes in (`Known`), what is to be written comes out (`Settled`).
Called inside the transaction that writes, with the desks and units concerned held for it alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from msgspec.structs import replace

from core.merge.run import AGAIN, CLOCK, REFUSED, WireEvent
from sync.protocol import messages as m
from sync.protocol.messages import Outcome
from sync.protocol.packing import compress, encode
from sync.server.admission import Checked, Claim, Entry, Verdict
from sync.server.claims import ClaimBook, ClaimRow
from sync.server.numbering import Chain, Numbering

_MOST_NAME, _MOST_NUMBER = 200, 1 << 53  # quarantine takes whatever comes, but its columns have limits


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """An event whose id the log has: where it stands and what the server said of it."""

    place: bytes
    flag: str


@dataclass(slots=True)
class Known:
    """What the log holds of everything that a batch touches."""

    numbering: Numbering
    events: dict[bytes, KnownEvent]
    claims: ClaimBook


@dataclass(frozen=True, slots=True)
class NewRun:
    desk: str
    first_n: int
    last_n: int
    prev_hash: bytes
    head: bytes
    marked: bool  # the server changed the place or flag of one of its events
    payload: bytes
    rows: tuple["NewEvent", ...]

    @property
    def events(self) -> int:
        return self.last_n - self.first_n + 1


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A row of the index: `i` is its place in the run."""

    id: bytes
    place: bytes
    i: int
    at: int
    kind: str
    incident: str
    unit: str
    flag: str


@dataclass(frozen=True, slots=True)
class Quarantined:
    """`event` is None where the whole run was refused; `payload` is the packed run or event. `key` names it once."""

    key: bytes
    desk: str
    pushed_by: str
    first_n: int
    last_n: int
    event: bytes | None
    code: str
    detail: str
    payload: bytes


@dataclass(slots=True)
class Settled:
    runs: list[NewRun] = field(default_factory=list)
    chains: dict[str, Chain] = field(default_factory=dict)
    claims: list[ClaimRow] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    outcomes: list[list[Outcome]] = field(default_factory=list)  # per run of the batch; `run` counts within the batch


def settle(batch: Sequence[Checked], known: Known) -> Settled:
    settled = Settled()
    for index, checked in enumerate(batch):
        settled.outcomes.append(_settle_run(index, checked, known, settled))
    settled.chains = known.numbering.changed
    settled.claims = list(known.claims.changed.values())
    return settled


def refused_run(index: int, checked: Checked, verdict: Verdict, settled: Settled) -> list[Outcome]:
    """The outcome of a run that is not taken at all; what is not merely put off goes to quarantine."""
    if verdict.kind == "refused" or verdict.code == m.UNKNOWN_DESK:
        settled.quarantined.append(_quarantined(checked, None, verdict))
    return [Outcome(index, b"", verdict.kind, verdict.code, verdict.detail)]


def _settle_run(index: int, checked: Checked, known: Known, settled: Settled) -> list[Outcome]:
    run_hashes = [entry.hash for entry in checked.entries]
    standing = known.numbering.compare(checked.run, run_hashes) if run_hashes else "new"
    if standing == "known":
        return _told_again(index, checked, known)
    if checked.verdict is not None:
        return refused_run(index, checked, checked.verdict, settled)
    if standing == "cloned":
        verdict = Verdict("refused", m.CLONED, f"Desk {checked.run.desk} has already written something else there.")
        return refused_run(index, checked, verdict, settled)
    outcomes: list[Outcome] = []
    rows: list[NewEvent] = []
    flags: dict[int, str] = {}
    for i, entry in enumerate(checked.entries):
        flag = _flag(entry, known)
        if flag:
            flags[i] = flag
        if flag == REFUSED and entry.verdict is not None:
            settled.quarantined.append(_quarantined(checked, entry, entry.verdict))
        if flag != AGAIN:
            rows.append(_row(i, entry, flag))
            known.events[entry.wire.id] = KnownEvent(rows[-1].place, flag)
        outcomes += _outcome(index, entry, known.events[entry.wire.id])
    outcomes += _claimed(index, checked.run.desk, checked.entries, flags, known)
    settled.runs.append(_new_run(checked, flags, rows))
    known.numbering.take(checked.run, run_hashes)
    return outcomes


def _flag(entry: Entry, known: Known) -> str:
    if entry.wire.id in known.events:
        return AGAIN
    if entry.verdict is not None:
        return REFUSED
    return CLOCK if entry.place else ""


def _row(i: int, entry: Entry, flag: str) -> NewEvent:
    wire = entry.wire
    return NewEvent(wire.id, entry.place or wire.id, i, entry.at, entry.kind, entry.incident, entry.unit, flag)


def _outcome(index: int, entry: Entry, stands: KnownEvent) -> list[Outcome]:
    """What the desk must know of an event, the first time and whenever it asks again."""
    if stands.flag == REFUSED:
        verdict = entry.verdict or Verdict("refused", m.FORM, "The server refused this event before.")
        return [Outcome(index, entry.wire.id, "refused", verdict.code, verdict.detail)]
    if stands.flag == CLOCK:
        detail = "The desk's clock was ahead: the server put this event in its own time."
        return [Outcome(index, entry.wire.id, "placed", m.CLOCK, detail, stands.place)]
    return []


def _told_again(index: int, checked: Checked, known: Known) -> list[Outcome]:
    """A run that the log already has."""
    outcomes: list[Outcome] = []
    for entry in checked.entries:
        stands = known.events.get(entry.wire.id)
        if stands is not None:
            outcomes += _outcome(index, entry, stands)
    takes = [(entry, entry.claim) for entry in checked.entries if entry.claim is not None and entry.claim.takes]
    return outcomes + _contested(index, takes, known.claims)


def _claimed(index: int, desk: str, entries: list[Entry], flags: dict[int, str], known: Known) -> list[Outcome]:
    """Enter the run's claims in the book, then say which of those that still stand do not hold their unit."""
    takes: list[tuple[Entry, Claim]] = []
    for i, entry in enumerate(entries):
        claim = entry.claim
        if claim is None or flags.get(i, "") in {REFUSED, AGAIN}:
            continue
        if claim.takes:
            known.claims.take(claim, entry, desk)
            takes.append((entry, claim))
        else:
            known.claims.end(claim, entry, desk)
    return _contested(index, takes, known.claims)


def _contested(index: int, takes: Iterable[tuple[Entry, Claim]], book: ClaimBook) -> list[Outcome]:
    outcomes = []
    for entry, claim in takes:
        holder = book.other_holder(claim)
        if holder is not None:
            detail = f"{claim.unit} had already been sent elsewhere by {holder.operator or 'someone'} at {holder.desk}."
            outcomes.append(Outcome(index, entry.wire.id, "contested", m.CLAIMED, detail, holder=bytes(holder.event)))
    return outcomes


def _new_run(checked: Checked, flags: dict[int, str], rows: list[NewEvent]) -> NewRun:
    run, payload = checked.run, checked.payload
    marked = bool(flags) or checked.is_released
    if marked:
        events = tuple(_flagged(entry, flags.get(i, "")) for i, entry in enumerate(checked.entries))
        if checked.is_released:  # a place is the centre's word, though it be the event's own
            events = tuple(event if event.flag else replace(event, place=event.id) for event in events)
        payload = compress(encode(replace(run, events=events)))
    return NewRun(run.desk, run.first_n, checked.last_n, run.prev_hash, checked.head, marked, payload, tuple(rows))


def _flagged(entry: Entry, flag: str) -> WireEvent:
    """The event as others get it: of a refused one only the hash, by which its neighbours' chain still holds."""
    if flag == REFUSED:
        return replace(entry.wire, body=entry.hash, flag=REFUSED)
    return replace(entry.wire, place=entry.place if flag == CLOCK else b"", flag=flag)


def _quarantined(checked: Checked, entry: Entry | None, verdict: Verdict) -> Quarantined:
    payload = checked.payload if entry is None else compress(encode(entry.wire))
    key = sha256(verdict.code.encode() + payload).digest()
    first_n, last_n = (checked.first_n, checked.last_n) if entry is None else (entry.n, entry.n)
    return Quarantined(
        key,
        "".join(letter if letter.isprintable() else "?" for letter in checked.run.desk[:_MOST_NAME]),
        checked.pushed_by,
        min(max(first_n, 0), _MOST_NUMBER),
        min(max(last_n, 0), _MOST_NUMBER),
        None if entry is None else entry.wire.id,
        verdict.code,
        verdict.detail,
        payload,
    )
