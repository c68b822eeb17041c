"""What the interface stands on once the server runs, and who may use which part of it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection, column, select, table

from core.domain.agency import Agency
from core.domain.board import Board, Incident, Unit
from core.domain.commands import Command
from core.domain.events import Event, IncidentOpened
from core.domain.fold import apply_event
from core.merge.schema import decode_body
from sync.server.accounts import Accounts, NotAllowed, NotSignedIn, Role, Session
from sync.server.own_desk import OwnDesk, Picture
from sync.server.rest.problems import Missing
from sync.server.services import Services

_bearer = HTTPBearer(auto_error=False, description="The token that signing in gave.")
_events = table("events", column("place"), column("kind"), column("incident"), column("flag"))


class RestState:
    """Filled by `open` when the server starts; no request comes before that."""

    services: Services
    accounts: Accounts
    picture: Picture
    own_desk: OwnDesk
    agency: Agency

    def open(self, services: Services, accounts: Accounts, picture: Picture, agency: Agency) -> None:
        self.services, self.accounts, self.picture, self.agency = services, accounts, picture, agency
        self.own_desk = OwnDesk(services, picture, agency)

    async def do(self, command: Command, session: Session) -> tuple[Event, ...]:
        return await self.own_desk.do(command, session.account)

    async def board(self) -> Board:
        return await self.picture.board()

    async def incident(self, named: str) -> Incident:
        """By id or whole number, on the board or long closed. Raises Missing."""
        board = await self.board()
        found = board.incidents.get(named) or next((i for i in board.incidents.values() if i.number == named), None)
        found = found or await self.past_incident(named)
        if found is None:
            raise Missing(f"There is no incident {named}.", do="Name it by its id or its whole number.")
        return found

    async def past_incident(self, incident: str) -> Incident | None:
        """An incident folded from its events alone; None when there is none of that id."""
        return self._folded(incident, await self._events_of(incident))

    async def as_opened(self, incident: str) -> Incident | None:
        """The incident as it was before anybody did anything to it; None when there is none of that id."""
        events = await self._events_of(incident)
        openings = {event.command for event, _ in events if isinstance(event.body, IncidentOpened)}
        return self._folded(incident, [(event, place) for event, place in events if event.command in openings])

    def _folded(self, incident: str, events: Sequence[tuple[Event, str]]) -> Incident | None:
        alone = Board()
        for event, place in events:
            apply_event(alone, event, place)
        return alone.incidents.get(incident)

    async def _events_of(self, incident: str) -> list[tuple[Event, str]]:
        """In order of place, each with it."""
        found = []
        for indexed, run in await self.services.log.runs_of([incident], [], b""):
            wire = run.events[indexed.i]
            if wire.flag in {"refused", "again"}:
                continue
            body = decode_body(wire.body, run.schema)
            event = Event(wire.id.hex(), run.desk, wire.operator, wire.at, wire.command.hex(), body, wire.undoes.hex())
            found.append((event, indexed.place.hex()))
        return found

    async def opened_before(self, after: str, limit: int) -> list[str]:
        """Ids of incidents in the log, the newest first, those opened before the incident `after`."""

        def step(connection: Connection) -> list[str]:
            opened = _events.c.kind == "incident.opened"
            query = select(_events.c.incident).where(opened, _events.c.flag != "refused")
            if after:
                last = select(_events.c.place).where(opened, _events.c.incident == after).limit(1).scalar_subquery()
                query = query.where(_events.c.place < last)
            return list(connection.scalars(query.order_by(_events.c.place.desc()).limit(limit)))

        return await self.services.database.run(step, write=False)

    async def unit(self, callsign: str) -> tuple[Unit, Board]:
        """Raises Missing."""
        board = await self.board()
        unit = board.units.get(callsign.strip().upper())
        if unit is None:
            raise Missing(f"There is no unit {callsign}.", do="GET /api/v1/units lists them.")
        return unit, board


def _standing(request: Request) -> RestState:
    state: RestState = request.app.state.rest
    return state


Stand = Annotated[RestState, Depends(_standing)]


def needs(role: Role) -> Callable[..., Awaitable[Session]]:
    """A dependency: the session of somebody with at least that role. Raises NotSignedIn and NotAllowed."""

    async def session(
        state: Stand, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Session:
        if credentials is None:
            raise NotSignedIn("Nobody is signed in.", "Nothing was done.", "Sign in: POST /api/v1/session.")
        known = await state.accounts.who(credentials.credentials)
        if not known.role.may(role):
            raise NotAllowed(f"A {known.role} may not do that.", do=f"Sign in as {role}.")
        return known

    return session


Viewer = Annotated[Session, Depends(needs(Role.VIEWER))]
Operator = Annotated[Session, Depends(needs(Role.OPERATOR))]
Administrator = Annotated[Session, Depends(needs(Role.ADMINISTRATOR))]
