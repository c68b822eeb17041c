"""The questions a desk asks its server, each with the answer's message or the trouble it stands for."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from core.errors import Refused
from core.merge.run import Run
from sync.link.clock_offset import ClockOffset
from sync.link.http import Answer, HttpClient, Sink
from sync.link.line import LineMeter
from sync.link.myself import Myself
from sync.link.trouble import LineTrouble, RefusalKind, RefusedByServer, ServerTrouble
from sync.protocol import routes
from sync.protocol.messages import (
    REVOKED,
    UNKNOWN_DESK,
    DesksAnswer,
    HaveAnswer,
    PullAnswer,
    Push,
    PushAnswer,
    SnapshotHead,
    Trouble,
)
from sync.protocol.offers import ARTEFACTS, ArtefactsAnswer
from sync.protocol.packing import pack, unpack

M = TypeVar("M")
T = TypeVar("T", PushAnswer, PullAnswer)
CURSOR = "cursor"
MOST_ANSWER = 64 << 20  # bytes, unpacked
_PULLED_EVENT = 200  # bytes on the line, until it is known better
REMEDIES = {
    RefusalKind.UNKNOWN_DESK: "Join the server again with a new code: foredesk desk join.",
    RefusalKind.CLONED: "Another desk uses this desk's identity. Join the server again with a new code.",
    RefusalKind.TOO_OLD: "Install the version of Foredesk that the server asks for.",
    RefusalKind.FOREIGN: "Check the address, and join the server again if it was set up anew.",
    RefusalKind.OTHER: "Ask whoever looks after the server.",
}


class UnknownCursor(ServerTrouble):
    """The server never gave this cursor: another one took its part. All is fetched again, and ids tell what is new."""


class EpochChanged(Exception):
    """The server is not the one it was: restored from a backup, or another took its part."""

    def __init__(self, epoch: str) -> None:
        super().__init__(epoch)
        self.epoch = epoch


class ServerCalls:
    """One client, one line. Raises LinkTrouble of every kind, and EpochChanged once `epoch` is set."""

    def __init__(
        self,
        http: HttpClient,
        meter: LineMeter,
        offset: ClockOffset,
        now_ms: Callable[[], int],
        waiting: Callable[[], int] = lambda: 0,
    ) -> None:
        self._http, self.meter, self.offset, self._now_ms = http, meter, offset, now_ms
        self._myself = Myself(now_ms, waiting)
        self.epoch = ""
        self._event_bytes = float(_PULLED_EVENT)

    async def push(self, runs: list[Run]) -> PushAnswer:
        body = pack(Push(runs), thin=self.meter.is_thin)
        asked_at = self._now_ms()
        answer = await self.ask("POST", routes.PUSH, body)
        return self._timed(self._read(answer, PushAnswer), asked_at)

    async def pull(self, cursor: str, *, most: int = 2000, own: bool = False) -> PullAnswer:
        """As much as the line carries in some seconds. `own`: what the server has of this desk, and nothing else."""
        limit = max(1, min(most, int(self.meter.batch_bytes / self._event_bytes)))
        whose = {"own": "only"} if own else {}
        query = urlencode({"cursor": cursor, "limit": limit, **({"thin": 1} if self.meter.is_thin else {}), **whose})
        asked_at = self._now_ms()
        path, expected = f"{routes.PULL}?{query}", int(limit * self._event_bytes)
        answer = await self.ask("GET", path, headers=self._myself.told(), expected=expected)
        pulled = self._timed(self._read(answer, PullAnswer), asked_at)
        count = sum(len(run.events) for run in pulled.runs)
        if count:
            self._event_bytes += 0.3 * (len(answer.body) / count - self._event_bytes)
        return pulled

    async def have(self, desk: str = "") -> HaveAnswer:
        """Of every desk, or of one."""
        path = f"{routes.HAVE}?{urlencode({'desk': desk})}" if desk else routes.HAVE
        return self._read(await self.ask("GET", path, expected=100 if desk else 4000), HaveAnswer)

    async def desks(self) -> DesksAnswer:
        return self._read(await self.ask("GET", routes.DESKS, expected=10_000), DesksAnswer)

    async def artefacts(self) -> ArtefactsAnswer:
        return self._read(await self.ask("GET", ARTEFACTS, expected=4000), ArtefactsAnswer)

    async def snapshot_head(self) -> SnapshotHead | None:
        """None where the server has none."""
        answer = await self.ask("GET", routes.SNAPSHOT, expected=4000, allowed=(404,))
        return None if answer.status == 404 else self._read(answer, SnapshotHead)

    async def part(self, path: str, start: int, end: int, sink: Sink | None = None) -> Answer:
        """Bytes start to end (excluded) of what lies under `path`; 404 and 416 are answers, not troubles."""
        headers = {"Range": f"bytes={start}-{end - 1}"}
        return await self.ask("GET", path, headers=headers, expected=end - start, allowed=(206, 404, 416), sink=sink)

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        expected: int = 200,
        allowed: tuple[int, ...] = (),
        sink: Sink | None = None,
    ) -> Answer:
        """`expected` is about how long the answer will be, for the patience it deserves."""
        try:
            answer = await self._http.ask(
                method, path, body, headers, patience_s=self.meter.patience_s(len(body) + expected), sink=sink
            )
        except LineTrouble:
            self.meter.timed_out()
            raise
        self.meter.answered(answer.sent, answer.received, answer.took_s)
        if answer.status != 200 and answer.status not in allowed:
            raise trouble_of(answer)
        epoch = answer.headers.get(routes.SERVER_HEADER, "")
        if self.epoch and epoch and epoch != self.epoch:
            raise EpochChanged(epoch)
        return answer

    def _timed(self, message: T, asked_at: int) -> T:
        self.offset.heard(asked_at, message.now_ms, self._now_ms())
        return message

    def _read(self, answer: Answer, kind: type[M]) -> M:
        try:
            return unpack(answer.body, kind, MOST_ANSWER)
        except Refused as refused:
            raise ServerTrouble(f"The server's answer cannot be read. {refused.happened}") from refused

    def close(self) -> None:
        self._http.close()


def trouble_of(answer: Answer) -> ServerTrouble | RefusedByServer:
    """What an answer that is not 200 stands for."""
    try:
        told = unpack(answer.body, Trouble, 1 << 20)
    except Refused:
        told = Trouble(str(answer.status), f"The server answered with HTTP status {answer.status}.")
    if told.code == CURSOR:
        return UnknownCursor(told.happened)
    sentence = " ".join(part for part in (told.happened, told.holds) if part)
    if answer.status in {401, 403, 409, 426} and not told.retry_s:
        kind = _refusal(answer.status, told.code)
        return RefusedByServer(sentence, kind, told.do or REMEDIES[kind])
    return ServerTrouble(sentence, retry_s=told.retry_s)


def _refusal(status: int, code: str) -> RefusalKind:
    if code in {UNKNOWN_DESK, REVOKED} or status == 401:
        return RefusalKind.UNKNOWN_DESK
    if code == "cloned":
        return RefusalKind.CLONED
    if status == 426:
        return RefusalKind.TOO_OLD
    return RefusalKind.OTHER
