"""Desks with real stores, each on its own thread, linked to a real server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import msgspec

from core.desk import Desk
from core.domain.agency_file import read_agency, roster_commands
from core.domain.board import Board
from core.domain.commands import Assign, Command, OpenIncident, SignOn
from core.domain.statuses import Priority
from core.domain.values import Location
from core.store import Store, open_store
from core.store.exchange import DESK_SETTING
from resources import resource_path
from sync.link.link import Link
from sync.link.membership import Membership, joined, keep_membership
from sync.link.pairing import pair
from sync.link.settings import LinkSettings
from sync.link.store_side import StoreSide
from sync.protocol.messages import DeskCard
from sync.server.roll import DeskPass
from tests.link.rig import Agency, JobThread, WallClock

KEY = bytes(range(32))
AGENCY = read_agency(resource_path("agency", "demo.toml"))


def picture(board: Board) -> dict[str, Any]:
    """What all boards must agree on: everything but who sits at this desk, telemetry, and what left the board."""
    plain = msgspec.to_builtins(board)
    units = {
        name: {**{k: v for k, v in unit.items() if k != "position"}, "capabilities": sorted(unit["capabilities"])}
        for name, unit in plain["units"].items()
    }
    shared = ("incidents", "conflicts", "emergencies", "closures", "alarms_acknowledged")
    return {"units": units, **{name: plain.get(name) for name in shared}}


class RealDesk:
    """`do` carries commands out on the desk's thread, as a window would."""

    def __init__(
        self, folder: Path, name: str, agency: Agency, *, clock: Any = None, roster: bool = True, prefix: str = ""
    ) -> None:
        self.folder, self.name, self.agency = folder, name, agency
        self.clock = clock or WallClock()
        folder.mkdir(parents=True, exist_ok=True)
        self.thread = JobThread()
        self.link: Link | None = None
        self.side: StoreSide | None = None
        self.thread.do(lambda: self._open(roster, prefix or name))
        identity = self.thread.do(self.store.identity)
        self.sign = identity.sign
        self.card: DeskCard = agency.vouch(DeskCard(name, f"Desk {name}", prefix or name, identity.public_key))
        self.token = f"token of {name}"
        self.member = Membership("", self.token, "", "Demo", agency.public_key, self.card)

    def _open(self, roster: bool, prefix: str) -> None:
        self.store: Store = open_store(self.folder / "foredesk.store", KEY, self.clock)
        if self.store.get_setting(DESK_SETTING) is None:
            self.store.put_setting(DESK_SETTING, self.name)
            self.store.put_setting("desk prefix", prefix)
        self.desk = Desk(self.store, AGENCY, self.clock, desk_id=self.store.get_setting(DESK_SETTING) or self.name)
        if roster:
            self.desk.roster(roster_commands(AGENCY, self.desk.board))
            self.desk.do(SignOn(f"Kim {self.name}"))

    @property
    def desk_pass(self) -> DeskPass:
        return DeskPass(self.card.id, self.card.name, self.card.prefix, self.card.public_key)

    def admit(self) -> None:
        self.agency.roll.admit(self.desk_pass, self.token)

    def join(self, url: str, code: str) -> Membership:
        """Be paired with a real server; `link_up` then links to it."""
        identity = self.thread.do(self.store.identity)
        paired = pair(url, code, public_key=identity.public_key, name=self.name)

        def take_up() -> None:
            self.desk.rebrand(paired.desk, paired.prefix, new_key=False)
            keep_membership(self.store, joined(paired, url))

        self.thread.do(take_up)
        return joined(paired, url)

    def begin(self, port: int, **changed: Any) -> Self:
        """Link to the centre at that port, without TLS."""
        self.admit()
        settings = msgspec.structs.replace(self.member.link_settings(), url=f"http://127.0.0.1:{port}", ca_pem="")
        return self.link_up(msgspec.structs.replace(settings, **changed))

    def link_up(self, settings: LinkSettings, **options: Any) -> Self:
        self.side = self.thread.do(lambda: StoreSide(self.desk, self.store, nudge=self._nudge))
        self.link = Link(settings, self.side, self.thread.hand, self.clock.now_ms, **options)
        self.link.start()
        return self

    def _nudge(self) -> None:
        if self.link is not None:
            self.link.nudge()

    def do(self, command: Command) -> Any:
        return self.thread.do(lambda: self.desk.do(command))

    def open_incident(self, text: str = "12 Balmaceda", priority: Priority = Priority.P2, type_: str = "") -> str:
        events = self.do(OpenIncident(type_ or next(iter(AGENCY.types)), Location(text), priority=priority))
        return next(event.body.incident for event in events if event.body.__struct_config__.tag == "incident.opened")

    def assign(self, incident: str, unit: str) -> None:
        self.do(Assign(incident, (unit,)))

    def picture(self) -> dict[str, Any]:
        found = self.thread.do(lambda: picture(self.desk.board))
        assert isinstance(found, dict)
        return found

    def ids(self) -> set[str]:
        return set(self.thread.do(self._ids))

    def _ids(self) -> list[str]:
        with self.store._session.reading() as connection:
            return [row[0] for row in connection.exec_driver_sql("SELECT id FROM events")]

    def ask(self, question: Callable[[], Any]) -> Any:
        return self.thread.do(question)

    def end_link(self) -> None:
        if self.link is not None:
            self.link.stop()
            assert self.side is not None
            self.thread.do(self.side.close)
            self.link = self.side = None

    def stop(self) -> None:
        if self.thread.running:
            self.end_link()
            self.thread.do(self.desk.close)
            self.thread.stop()
