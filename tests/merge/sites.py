"""Desks over real stores, each with its own clock, and a way to hand events from one to the other."""

from core.clock import ManualClock
from core.desk import Desk
from core.domain.agency import Agency
from core.domain.board import Board, Incident
from core.domain.commands import Assign, OpenIncident, SetStatus
from core.domain.ids import IdMaker
from core.domain.statuses import UnitStatus
from core.domain.values import Caller, Location, LocationSource
from core.merge.keeper import fold_all, shared
from core.merge.placed import Placed
from core.store import Store, log

KEY = bytes(range(32))
BALMACEDA = Location("Balmaceda 391", -29.9027, -71.2519, LocationSource.ADDRESS)


class Site:
    """One desk, with short words for what stories are made of."""

    def __init__(self, name: str, store: Store, agency: Agency, clock: ManualClock) -> None:
        store.put_setting("desk id", name)
        store.put_setting("desk prefix", name)
        store.put_setting("joined", "1")
        self.name, self.store, self.clock = name, store, clock
        self.desk = Desk(store, agency, clock, desk_id=name, ids=IdMaker(clock))
        self.do = self.desk.do
        self.given: dict[str, int] = {}

    def open(self, type_: str = "FIRE-STR", location: Location = BALMACEDA, **more: object) -> Incident:
        opened = self.do(OpenIncident(type_, location, Caller("Rosa", ""), **more))[0].body
        return self.board.incidents[opened.incident]

    def send(self, incident: Incident, *units: str, override: str = "") -> str:
        """Returns the last assignment."""
        return self.do(Assign(incident.id, units, override=override))[-1].body.assignment

    def set(self, unit: str, *statuses: UnitStatus, override: str = "") -> None:
        for status in statuses:
            self.do(SetStatus(unit, status, override))

    @property
    def board(self) -> Board:
        return self.desk.board

    def unit(self, callsign: str):
        return self.board.units[callsign]

    def incident(self, incident: Incident) -> Incident:
        return self.board.incidents[incident.id]

    def tell(self, other: "Site") -> int:
        """Give the other desk all that it was not given yet, as a post would; how many events were new there."""
        self.clock.advance(0.001)
        found = self.store.outgoing(100_000, server=f"to {other.name}", after=self.given.get(other.name, 0))
        self.given[other.name] = found.after
        new = other.desk.receive(found.runs, source=f"from {self.name}", centre=False).new
        while other.desk.refold():
            pass
        return new

    def placed(self) -> list[Placed]:
        with self.store._session.reading() as connection:
            return list(log.read_placed(connection, self.store.path, log.FOLDED))


def reconcile(*sites: Site) -> None:
    """Everybody tells everybody, until nobody has news."""
    while sum(one.tell(other) for one in sites for other in sites if one is not other):
        pass


def assert_alike(*sites: Site) -> None:
    """All boards are equal, and equal to folding everything from scratch; every chain and row is sound."""
    boards = [shared(site.board) for site in sites]
    for site, board in zip(sites, boards, strict=True):
        assert board == boards[0], site.name
        assert board == shared(fold_all(site.placed())), site.name
        assert site.store.verify() == [], site.name
