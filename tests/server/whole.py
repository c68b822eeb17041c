"""A whole server in a test's process: the real application on a loop in a thread of its own, asked without a socket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import httpx
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher

from core.clock import ManualClock
from core.domain import commands as c
from core.domain.agency_file import read_agency
from resources import resource_path
from sync.protocol.joining import PAIR, Paired, PairRequest
from sync.protocol.messages import Push, PushAnswer
from sync.protocol.packing import pack, unpack
from sync.protocol.pairing_code import read
from sync.protocol.routes import PUSH, authorization
from sync.server import accounts
from sync.server.accounts import Role
from sync.server.app import create_app
from sync.server.authority import DatabaseRoll
from sync.server.office import Office
from sync.server.pairing import new_code
from sync.server.settings import ServerSettings
from tests.server.desks import Origin

PASSWORD = "correct horse battery"
AGENCY = read_agency(resource_path("agency", "default.toml"))
FIRE = {"type": "FIRE-STR", "location": {"text": "12 Harbour Street", "lat": 41.1, "lon": -8.6}}


@contextmanager
def _quick_hashing() -> Iterator[None]:
    """Passwords are hashed as slowly as they shall be in the accounts' own tests only."""
    slow, accounts._hasher = accounts._hasher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    try:
        yield
    finally:
        accounts._hasher = slow


class Server:
    """A whole server in this process, with an account of each role and two units."""

    def __init__(self, settings: ServerSettings, clock: ManualClock) -> None:
        self.office = Office(AGENCY)
        self.app = create_app(settings, DatabaseRoll, [self.office], now_ms=clock.now_ms)
        self.clock = clock

    @contextmanager
    def running(self) -> Iterator["Server"]:
        """On a loop in a thread of its own."""
        with ExitStack() as stack:
            self.portal = stack.enter_context(start_blocking_portal())
            lifespan = self.app.router.lifespan_context(self.app)
            with self.portal.wrap_async_context_manager(lifespan), _quick_hashing():
                self.services = self.app.state.services
                transport = httpx.ASGITransport(self.office.counting(self.app), client=("10.0.0.9", 1))
                self.client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
                yield self
                self.portal.call(self.client.aclose)

    def fill(self) -> None:
        for role in Role:
            self.run(lambda con, role=role: accounts.add(con, role.value, PASSWORD, role, 1))
        for callsign in ("E12", "M3"):
            self.do(c.Enrol(callsign, next(iter(AGENCY.kinds)), ("als",), "Station 1"))

    def run(self, step: Callable[..., Any]) -> Any:
        return self.portal.call(self.services.database.run, step)

    def do(self, command: c.Command) -> Any:
        return self.portal.call(self.office._rest.own_desk.do, command, "test")

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.portal.call(partial(self.client.request, method, path, **more))

    def signed_in(self, role: Role) -> Callable[..., httpx.Response]:
        answer = self.ask("POST", "/api/v1/session", json={"name": role.value, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        headers = {"authorization": f"Bearer {answer.json()['token']}"}
        return lambda method, path, **more: self.ask(method, f"/api/v1{path}", headers=headers, **more)

    def pair(self, name: str) -> Origin:
        """A desk that the server has let in."""
        code = self.run(lambda connection: new_code(connection, "test", self.clock.now_ms()))
        desk = Origin(name, self.clock)
        asked = PairRequest(read(code.text)[0], desk.desk_pass.public_key, name)
        answer = self.ask("POST", PAIR, content=pack(asked))
        assert answer.status_code == 200, answer.content
        paired = unpack(answer.content, Paired, 10_000)
        desk.name, desk.token = paired.desk, paired.token
        return desk

    def push(self, desk: Origin, *runs: Any) -> PushAnswer:
        headers = {"authorization": authorization(desk.name, desk.token)}
        answer = self.ask("POST", PUSH, content=pack(Push(list(runs))), headers=headers)
        assert answer.status_code == 200, answer.content
        return unpack(answer.content, PushAnswer, 1 << 20)
