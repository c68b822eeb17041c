"""The desk that the server itself is: what comes over the interface becomes events of its own chain, like any desk's.

All replicas are this one desk. Each command is decided on a board that holds everything in the log, with the other
replicas kept waiting, and a claim that another desk's push overtakes all the same is taken back before anybody is told.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from core.clock import Clock
from core.domain.agency import Agency
from core.domain.board import Board
from core.domain.commands import Command, Undo
from core.domain.events import Body, Event
from core.domain.handle import Stamp, handle
from core.domain.ids import IdMaker
from core.errors import Refused
from core.merge import keys
from core.merge.chain import FIRST_LINK
from core.merge.run import Run, WireEvent, sealed
from sync.protocol.joining import vouched
from sync.protocol.messages import DeskCard, Outcome
from sync.server.admission import examine
from sync.server.authority import SERVER_PREFIX, desk_of
from sync.server.authority_tables import desks
from sync.server.beside import insert_absent
from sync.server.roll import DeskPass
from sync.server.secrets_kept import agency_key, secret
from sync.server.services import Services

SERVER_DESK = "SERVER"
_encode = msgspec.json.Encoder(order="deterministic").encode


class Picture(Protocol):
    """The board of a replica."""

    async def board(self) -> Board:
        """With everything that is in the log now. Raises Unavailable."""
        ...

    @property
    def newest(self) -> str:
        """The place that sorts last of all that is on it, "" for none."""
        ...


class Once(Protocol):
    """What makes a command that is sent twice be carried out once; asked while no replica does anything else."""

    async def is_done(self) -> bool: ...

    async def note(self, events: Sequence[Event]) -> None:
        """Before they are entered; they are not, if this raises."""
        ...


class Contested(Refused):
    """The unit was taken by another desk at the same moment; the claim was taken back. `unit` is its callsign."""

    def __init__(self, detail: str, unit: str) -> None:
        super().__init__(detail, "The server's own claim was taken back.", "Choose another unit.")
        self.unit = unit


class Identity(msgspec.Struct, frozen=True):
    private_key: bytes
    desk_pass: DeskPass


def identity(connection: Connection, now_ms: int) -> Identity:
    """The server's own desk, entered in the roll when it is first needed."""
    private_key = secret(connection, "own desk", keys.new_private_key)
    public_key = keys.public_key_of(private_key)
    card = vouched(DeskCard(SERVER_DESK, "The server", SERVER_PREFIX, public_key), agency_key(connection))
    insert_absent(
        connection,
        desks,
        id=card.id,
        name=card.name,
        prefix=card.prefix,
        kind="server",
        public_key=public_key,
        token_hash=b"",  # nobody comes in with it
        card_signature=card.signature,
        paired_at=now_ms,
    )
    known = desk_of(connection, SERVER_DESK)
    assert known is not None
    return Identity(private_key, known.desk_pass)


class OwnDesk:
    """Made when the server starts. `do` may be called by many at once; they are served one after the other."""

    def __init__(self, services: Services, picture: Picture, agency: Agency) -> None:
        self._services = services
        self._picture = picture
        self._agency = replace(agency, desk_prefix=SERVER_PREFIX)
        self._clock: Clock = _ServerClock(services)
        self._ids = IdMaker(self._clock)
        self._turn = asyncio.Lock()
        self._identity: Identity | None = None

    async def do(self, command: Command, by: str, once: Once | None = None) -> tuple[Event, ...]:
        """Carry out a command in the name of `by`; () where it is done already by `once`.

        Raises Refused, Contested and Unavailable; then nothing holds.
        """
        async with self._turn, self._services.database.alone("own desk"):
            board = await self._picture.board()
            if once is not None and await once.is_done():
                return ()
            if newest := self._picture.newest:
                self._ids.observe(newest)
            stamp = Stamp.now(self._ids, self._clock, SERVER_DESK, by)
            events = handle(command, board, self._agency, stamp, _CommandPast(()))
            if once is not None:
                await once.note(events)
            outcomes = await self._enter(events)
            await self._check(outcomes, events, by)
            return events

    async def enter(self, bodies: Sequence[Body], by: str) -> tuple[Event, ...]:
        """Enter facts as they are, without asking the rules: what an administrator lets out of quarantine."""
        async with self._turn, self._services.database.alone("own desk"):
            await self._picture.board()
            if newest := self._picture.newest:
                self._ids.observe(newest)
            stamp = Stamp.now(self._ids, self._clock, SERVER_DESK, by)
            events = tuple(stamp.event(body) for body in bodies)
            await self._check(await self._enter(events), (), by)
            return events

    async def _check(self, outcomes: Sequence[Outcome], events: tuple[Event, ...], by: str) -> None:
        """Nothing stays half done: a claim that lost is taken back with the whole command."""
        for outcome in outcomes:
            if outcome.kind in {"refused", "later"}:
                raise Refused(outcome.detail)
        lost = [outcome for outcome in outcomes if outcome.kind == "contested"]
        if not lost or not events:
            return
        board = await self._picture.board()
        stamp = Stamp.now(self._ids, self._clock, SERVER_DESK, by)
        taken_back = handle(Undo(events[0].command), board, self._agency, stamp, _CommandPast(events))
        await self._enter(taken_back)
        unit = next((str(getattr(e.body, "unit", "")) for e in events if bytes.fromhex(e.id) == lost[0].id), "")
        raise Contested(lost[0].detail, unit)

    async def _enter(self, events: Sequence[Event]) -> list[Outcome]:
        """Seal the events as the next run of this desk and have it written."""
        if not events:
            return []
        own = await self._own()
        have = await self._services.log.have(SERVER_DESK)
        length, head = (have[0].length, have[0].head) if have else (0, FIRST_LINK)
        run = Run(SERVER_DESK, length + 1, head, tuple(_wire(event) for event in events))
        run = sealed(run, lambda message: keys.sign(own.private_key, message))
        now_ms = self._services.now_ms()
        places = self._services.places
        checked = examine(run, own.desk_pass, now_ms, lambda: places.next(now_ms), pushed_by=SERVER_DESK)
        return await self._services.group.push([checked])

    async def _own(self) -> Identity:
        if self._identity is None:
            now_ms = self._services.now_ms()
            self._identity = await self._services.database.run(lambda connection: identity(connection, now_ms))
        return self._identity


class _ServerClock:
    def __init__(self, services: Services) -> None:
        self._services = services

    def now_ms(self) -> int:
        return self._services.now_ms()


class _CommandPast:
    """The past as far as taking back one command needs it."""

    def __init__(self, events: tuple[Event, ...]) -> None:
        self._events = events

    def events_of_command(self, command: str) -> tuple[Event, ...]:
        return tuple(event for event in self._events if event.command == command)

    def undoable_commands(self, desk: str, limit: int = 50) -> tuple[str, ...]:
        return tuple(dict.fromkeys(event.command for event in self._events if event.desk == desk))[:limit]


def _wire(event: Event) -> WireEvent:
    undoes = bytes.fromhex(event.undoes)
    return WireEvent(
        bytes.fromhex(event.id), event.operator, event.at, bytes.fromhex(event.command), undoes, _encode(event.body)
    )
