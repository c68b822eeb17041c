"""What the server tells Prometheus of itself: requests, events, groups, desks, lag, quarantine.

Counters are this process's own; whatever the database knows is the same from every replica and is read when asked,
at most every few seconds.
"""

from time import perf_counter

from msgspec import Struct
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Connection, column, func, select, table
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.server import artefacts, authority
from sync.server.services import Services

CONTENT_TYPE = CONTENT_TYPE_LATEST
_READ_EVERY_MS = 5_000
_runs = table("runs", column("events"))
_quarantine = table("quarantine", column("settled_at"))


class Known(Struct, frozen=True):
    """What the database knows. `clock_offsets_s` and `unsent` are by desk."""

    events: int
    quarantined: int
    paired: int
    artefact_bytes: int
    clock_offsets_s: dict[str, float]
    unsent: dict[str, int]


def known(connection: Connection) -> Known:
    waits = select(func.count()).select_from(_quarantine).where(_quarantine.c.settled_at.is_(None))
    desks = [desk for desk in authority.all_desks(connection) if desk.kind == "desk" and desk.revoked_at is None]
    return Known(
        int(connection.scalar(select(func.coalesce(func.sum(_runs.c.events), 0))) or 0),
        int(connection.scalar(waits) or 0),
        len(desks),
        sum(entry.size for entry in artefacts.listed(connection)),
        {desk.id: desk.clock_offset_ms / 1000 for desk in desks if desk.last_seen_at},
        {desk.id: desk.unsent for desk in desks},
    )


class Metrics:
    """One process's metrics; `open` when the server starts."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "foredesk_requests", "Requests answered.", ("area", "method", "status"), registry=registry
        )
        self.seconds = Histogram(
            "foredesk_request_seconds",
            "Time from a request to its answer.",
            ("area",),
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
            registry=registry,
        )
        self._gauges = {name: Gauge(f"foredesk_{name}", about, registry=registry) for name, about in _GAUGES.items()}
        self._by_desk = {
            name: Gauge(f"foredesk_{name}", about, ("desk",), registry=registry) for name, about in _BY_DESK.items()
        }
        self._groups = Histogram(
            "foredesk_group_events",
            "Events in one transaction of this replica's log.",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000),
            registry=registry,
        )
        self._services: Services | None = None
        self._read_at = 0

    def open(self, services: Services) -> None:
        self._services = services
        services.group.measured = self._groups.observe

    async def text(self) -> bytes:
        """The exposition, with what the database knows. Raises Unavailable while that is away."""
        if self._services is not None:
            await self._read(self._services)
        return generate_latest(self.registry)

    async def _read(self, services: Services) -> None:
        self._gauges["desks_connected"].set(services.live.connected)
        self._gauges["events_waiting"].set(services.group.waiting)
        self._gauges["events_written"].set(services.group.written)
        self._gauges["transactions"].set(services.group.transactions)
        now_ms = services.now_ms()
        if now_ms - self._read_at < _READ_EVERY_MS:
            return
        self._read_at = now_ms
        found = await services.database.run(known, write=False)
        self._gauges["events"].set(found.events)
        self._gauges["picture_lag_events"].set(max(0, found.events - services.gallery.events))
        self._gauges["quarantined"].set(found.quarantined)
        self._gauges["desks_paired"].set(found.paired)
        self._gauges["artefact_bytes"].set(found.artefact_bytes)
        for name, values in (
            ("desk_clock_offset_seconds", found.clock_offsets_s),
            ("desk_unsent_events", found.unsent),
        ):
            self._by_desk[name].clear()
            for desk, value in values.items():
                self._by_desk[name].labels(desk).set(value)


_GAUGES = {
    "desks_connected": "Desks with a live connection to this replica.",
    "desks_paired": "Desks that may come in.",
    "events": "Events in the log.",
    "events_waiting": "Events that wait for their transaction in this replica.",
    "events_written": "Events written by this replica since it started.",
    "transactions": "Transactions of this replica's log since it started.",
    "picture_lag_events": "Events of the log that this replica's board does not hold yet.",
    "quarantined": "Entries of the quarantine that nobody has decided.",
    "artefact_bytes": "Bytes of what is on offer.",
}
_BY_DESK = {
    "desk_clock_offset_seconds": "The desk's clock minus the server's, when it was last heard.",
    "desk_unsent_events": "What the desk said that it has not sent yet.",
}


class Counted:
    """Counts every request of the application inside it, and how long its answer took."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        status = 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            area = area_of(scope["path"])
            self._metrics.requests.labels(area, scope["method"], str(status)).inc()
            self._metrics.seconds.labels(area).observe(perf_counter() - began)


def area_of(path: str) -> str:
    """A few words, however many addresses there are: push, pull, artefacts, api, ..."""
    parts = path.strip("/").split("/")
    if parts[0] == "sync" and len(parts) > 1:
        return parts[1] if parts[1] in _SYNC_AREAS else "other"
    return parts[0] if parts[0] in {"api", "metrics"} else "other"


_SYNC_AREAS = {"push", "pull", "have", "desks", "snapshot", "live", "pair", "authority", "artefacts"}
