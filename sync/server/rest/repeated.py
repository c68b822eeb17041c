"""Requests that their sender repeats after a timeout: done once, answered as the first time, on whatever replica.

The incident's id is noted before it is entered in the log. So a crash between the two loses nothing: a repeated request
finds the incident, or does what was not done.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

from fastapi import Header
from pydantic import StringConstraints
from sqlalchemy import Connection, delete, select

from core.domain.board import Incident
from core.domain.commands import Command
from core.domain.events import Event, IncidentOpened
from core.errors import Refused, Unavailable
from sync.server.accounts import Session
from sync.server.authority_tables import REPEATED_WITHIN_MS, repeats
from sync.server.beside import insert_absent
from sync.server.rest.state import RestState

Key = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")] | None,
    Header(
        alias="Idempotency-Key",
        description="Any text of yours that no other request has, such as a UUID. Repeated with the same body within "
        "a day, the request is answered as the first time and nothing is done again; with another body it is refused.",
    ),
]


class KeyUsed(Refused):
    """409: the key stands for another request."""


async def open_once(state: RestState, command: Command, session: Session, key: str, body: str) -> Incident:
    """The incident as it was opened, now or by the same request before. Raises KeyUsed, and what `OwnDesk.do` does."""
    once = _Once(state, session.account, key, sha256(body.encode()).hexdigest())
    await state.own_desk.do(command, session.account, once)
    opened = once.opened or await state.as_opened(once.incident)
    assert opened is not None
    return opened


class _Once:
    """Implements sync.server.own_desk.Once."""

    def __init__(self, state: RestState, account: str, key: str, body_hash: str) -> None:
        self._state, self._account, self._key, self._body_hash = state, account, key, body_hash
        self.incident = ""
        self.opened: Incident | None = None

    async def is_done(self) -> bool:
        since = self._state.services.now_ms() - REPEATED_WITHIN_MS

        def step(connection: Connection) -> tuple[str, str]:
            known = (repeats.c.account == self._account) & (repeats.c.key == self._key) & (repeats.c.at > since)
            row = connection.execute(select(repeats.c.incident, repeats.c.body_hash).where(known)).one_or_none()
            return (row.incident, row.body_hash) if row else ("", "")

        incident, body_hash = await self._state.services.database.run(step, write=False)
        self.opened = await self._state.as_opened(incident) if incident else None
        if self.opened is not None and body_hash != self._body_hash:
            raise KeyUsed(
                f"This Idempotency-Key stands for another request, which opened {self.opened.number}.",
                "Nothing was opened.",
                "Give every request a key of its own, and repeat it with the same body only.",
            )
        return self.opened is not None

    async def note(self, events: Sequence[Event]) -> None:
        self.incident = next(event.body.incident for event in events if isinstance(event.body, IncidentOpened))
        now_ms = self._state.services.now_ms()

        def step(connection: Connection) -> bool:
            this = (repeats.c.account == self._account) & (repeats.c.key == self._key)
            connection.execute(delete(repeats).where(this))  # of yesterday, or of what was never entered
            row = {"account": self._account, "key": self._key, "body_hash": self._body_hash}
            return insert_absent(connection, repeats, **row, incident=self.incident, at=now_ms)

        if not await self._state.services.database.run(step):
            raise Unavailable("The same request is being carried out.", "This one did nothing.", "Repeat it.")
