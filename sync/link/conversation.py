"""One conversation with a server, from the first question to whatever ends it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from ssl import SSLContext

from msgspec import Struct

from sync.link.artefacts import ArtefactFolder, Artefacts, OnArtefact
from sync.link.bootstrapping import Bootstrapping
from sync.link.checking import Keyring
from sync.link.http import Address
from sync.link.live import Live, OnPresence, Telemetry
from sync.link.pulling import Pulling
from sync.link.pushing import Pushing
from sync.link.talk import Talk
from sync.link.trouble import RefusalKind, RefusedByServer
from sync.protocol.offers import ArtefactEntry


class Wishes(Struct, frozen=True):
    """What the desk does with that which is not events. Called on the link's thread; to return at once."""

    on_presence: OnPresence
    on_artefact: OnArtefact
    wanted: Callable[[ArtefactEntry], bool]
    artefact_folder: Path | None


class Conversation:
    """`run` ends by raising LinkTrouble, EpochChanged or Unavailable, or by being cancelled."""

    def __init__(
        self,
        talk: Talk,
        address: Address,
        tls: SSLContext | None,
        headers: dict[str, str],
        telemetry: Telemetry,
        wishes: Wishes,
        agency_key: bytes,
    ) -> None:
        self._talk, self._address, self._tls, self._headers = talk, address, tls, headers
        self._telemetry, self._wishes = telemetry, wishes
        self._agency_key = agency_key

    async def run(self) -> None:
        talk = self._talk
        standing = await talk.desk.ask(talk.side.standing)
        if standing.desk and standing.desk != talk.desk_id:  # a new identity was begun, and not finished
            raise RefusedByServer("This desk has left its identity to another disk.", RefusalKind.CLONED)
        talk.cursor, talk.calls.epoch = standing.cursor, standing.epoch
        talk.status.set(waiting=standing.waiting)
        keyring = Keyring(standing.cards, self._agency_key)
        bootstrapping = Bootstrapping(talk, keyring)
        if not standing.epoch:
            await self._meet(bootstrapping)
        pulling = Pulling(talk, keyring)
        await pulling.take_own()
        await pulling.catch_up()
        parts = [
            Pushing(talk).run(),
            pulling.run(),
            Live(talk, self._address, self._tls, self._headers, self._telemetry, self._wishes.on_presence).run(),
            bootstrapping.backfill(),
        ]
        if self._wishes.artefact_folder is not None:
            folder = ArtefactFolder(self._wishes.artefact_folder)
            parts.append(Artefacts(talk, folder, self._wishes.wanted, self._wishes.on_artefact).run())
        await _all_until_one_fails([asyncio.ensure_future(part) for part in parts])

    async def _meet(self, bootstrapping: Bootstrapping) -> None:
        """The first time with this server, or with this epoch of it."""
        talk = self._talk
        talk.calls.epoch = ""
        have = await talk.calls.have()
        lacking = await talk.desk.ask(lambda: talk.side.lacks(have.desks))
        cursor = talk.cursor if lacking else have.cursor
        waiting = await talk.desk.ask(lambda: talk.side.begin_epoch(have.epoch, cursor, have.desks))
        talk.cursor, talk.calls.epoch = cursor, have.epoch
        talk.status.level(waiting=waiting, coming=bool(lacking))
        if lacking:
            await bootstrapping.take_board(have)


async def _all_until_one_fails(tasks: "list[asyncio.Future[None]]") -> None:
    """The first trouble is raised, and the others are ended; one that is merely done ends nothing."""
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
