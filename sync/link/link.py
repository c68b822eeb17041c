"""The link: a thread with a loop of its own that talks with a server whenever it can, and says how it stands."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from threading import Thread

import msgspec

from core.domain.values import Position
from core.errors import ForedeskError, Unavailable
from sync.link.artefacts import OnArtefact
from sync.link.backoff import Backoff
from sync.link.clock_offset import ClockOffset
from sync.link.conversation import Conversation, Wishes
from sync.link.desk_side import DeskSide
from sync.link.desk_thread import DeskThread, Hand
from sync.link.http import HttpClient
from sync.link.keeping import StatusKeeper
from sync.link.line import LineMeter
from sync.link.live import OnPresence, Telemetry
from sync.link.reaching import changed_way, knock
from sync.link.rejoining import pair_again
from sync.link.server import EpochChanged, ServerCalls
from sync.link.settings import LinkSettings, address_of
from sync.link.states import LinkState, LinkStatus
from sync.link.talk import Talk
from sync.link.tls import pinned_context
from sync.link.trouble import LineTrouble, LinkTrouble, RefusalKind, RefusedByServer, ServerTrouble, Unreachable
from sync.protocol import routes
from sync.protocol.messages import Watching
from sync.protocol.offers import ArtefactEntry

AGAIN_S = (0.25, 15.0)  # base and cap of the waits while the server is down
KNOCK_PAUSE_S = (0.5, 2.0)  # between two rounds of knocking while packets are lost
ASK_AGAIN_REFUSED_S = 60.0
STOP_WITHIN_S = 3.0
MOST_CONNECTIONS = 3

log = logging.getLogger(__name__)


class Link:
    """`hand` runs a job on the desk's thread. Callbacks come on the link's thread and must return at once.

    Everything public may be called from any thread.
    """

    def __init__(
        self,
        settings: LinkSettings,
        side: DeskSide,
        hand: Hand,
        now_ms: Callable[[], int],
        *,
        on_status: Callable[[LinkStatus], None] = lambda _: None,
        on_presence: OnPresence = lambda _: None,
        on_artefact: OnArtefact = lambda _, __: None,
        wanted: Callable[[ArtefactEntry], bool] = lambda _: True,
        artefact_folder: Path | None = None,
    ) -> None:
        self.settings = settings
        self.address = address_of(settings.url, settings.certificate_name)
        self._tls = pinned_context(settings.ca_pem) if self.address.tls else None
        self._side, self._hand, self._now_ms = side, hand, now_ms
        self._wishes = Wishes(on_presence, on_artefact, wanted, artefact_folder)
        self._metered = settings.metered
        first = LinkStatus(
            LinkState.CONNECTING, now_ms(), self.address.host, metered=settings.metered, is_post=settings.is_post
        )
        self._keeper = StatusKeeper(first, now_ms, on_status)
        self._meter, self._offset = LineMeter(), ClockOffset()
        self._thread = Thread(target=self._main, name=f"link {settings.server}", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._talk: Talk | None = None
        self._peer = ""

    # from any thread

    def start(self) -> None:
        self._thread.start()

    def stop(self, wait_s: float = STOP_WITHIN_S) -> None:
        """End the link; returns when it has ended, or after `wait_s`."""
        self._soon(self._end)
        if self._thread.is_alive():
            self._thread.join(wait_s)

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def status(self) -> LinkStatus:
        return self._keeper.status

    def nudge(self) -> None:
        """Something was committed here: send it now."""
        self._soon(self._on_nudge)

    def retry_now(self) -> None:
        """Somebody wants to know: try at once."""
        self._soon(self._ask_now)

    def set_metered(self, metered: bool) -> None:
        """On a metered line nothing travels that could wait."""
        self._metered = metered
        self._soon(lambda: self._keeper.set(metered=metered))
        self._soon(self._begin_anew)

    def place(self, positions: Mapping[str, Position]) -> None:
        """Units' positions that were heard at this desk: last values, told when the line has room."""
        kept = dict(positions)
        self._soon(lambda: self._telemetry.place(kept))

    def say_presence(self, operator: str, incident: str = "", note: str = "") -> None:
        """What the person at this desk looks at."""
        watching = Watching(self.settings.desk, operator, incident, note)
        self._soon(lambda: self._telemetry.watch(watching))

    def _soon(self, job: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            try:
                loop.call_soon_threadsafe(job)
            except RuntimeError:  # the link has ended
                return

    # on the link's thread

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception:
            log.exception("The link to %s ended by a fault of its own.", self.settings.server)
            raise
        finally:
            self._loop = None

    async def _run(self) -> None:
        self._ending, self._retry, self._anew = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._telemetry = Telemetry()
        self._desk = DeskThread(self._hand, lambda: self._side.since_act_s)
        self._loop = asyncio.get_running_loop()
        living = asyncio.create_task(self._live())
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait((living, ending), return_when=asyncio.FIRST_COMPLETED)
        for task in (living, ending):
            task.cancel()
        result, _ = await asyncio.gather(living, ending, return_exceptions=True)
        if isinstance(result, Exception):
            raise result

    async def _live(self) -> None:
        backoff, knocking = Backoff(*AGAIN_S), Backoff(*KNOCK_PAUSE_S)
        while True:
            began = self._loop_time()
            trouble = await self._converse()
            if self._loop_time() - began > AGAIN_S[1]:
                backoff.reset()
                knocking.reset()
            await self._recover(trouble, backoff, knocking)

    def _loop_time(self) -> float:
        return asyncio.get_running_loop().time()

    async def _converse(self) -> Exception | None:
        """Until trouble comes, which is returned; None to begin anew at once."""
        headers = {
            "Authorization": routes.authorization(self.settings.desk, self.settings.token),
            routes.VERSION_HEADER: str(routes.VERSION),
        }
        http = HttpClient(self.address, self._tls, headers, most=self._connections)
        calls = ServerCalls(http, self._meter, self._offset, self._now_ms, lambda: self._keeper.status.waiting)
        talk = self._talk = Talk(self.settings.desk, calls, self._desk, self._side, self._keeper, lambda: self._metered)
        conversation = Conversation(
            talk, self.address, self._tls, headers, self._telemetry, self._wishes, self.settings.agency_key
        )
        self._anew.clear()
        talking = asyncio.create_task(conversation.run())
        anew = asyncio.create_task(self._anew.wait())
        figures = asyncio.create_task(self._tell_figures())
        try:
            await asyncio.wait((talking, anew), return_when=asyncio.FIRST_COMPLETED)
            return talking.exception() if talking.done() else None  # type: ignore[return-value]
        finally:
            for task in (talking, anew, figures):
                task.cancel()
            await asyncio.gather(talking, anew, figures, return_exceptions=True)
            self._peer = http.peer or self._peer
            calls.close()

    def _connections(self) -> int:
        """On a thin line everything queues on one: another would only take from the first, and TLS costs kilobytes."""
        return MOST_CONNECTIONS if self._meter.bytes_per_s and not self._meter.is_thin else 1

    async def _tell_figures(self) -> None:
        while True:
            trip, rate = self._meter.round_trip_s, self._meter.bytes_per_s
            self._keeper.set(
                clock_offset_ms=self._offset.offset_ms,
                round_trip_ms=None if trip is None else round(trip * 1000),
                bytes_per_s=None if rate is None else round(rate),
                bytes_out=self._meter.bytes_out,
                bytes_in=self._meter.bytes_in,
            )
            await asyncio.sleep(1.0)

    async def _recover(self, trouble: Exception | None, backoff: Backoff, knocking: Backoff) -> None:
        """Say what is the matter, and wait as long as makes sense."""
        self._retry.clear()
        match trouble:
            case None:
                return
            case EpochChanged():
                log.warning("The server %s is not the one it was; what it lacks is offered again.", self.address.host)
                await self._desk.ask(self._side.forget_epoch)
            case RefusedByServer(kind=RefusalKind.CLONED) if not self.settings.is_post:
                self._say(LinkState.REFUSED, trouble.sentence, "It is given an identity of its own.")
                await self._rejoin(backoff)
            case RefusedByServer() | Unreachable(is_foreign=True):
                remedy = trouble.remedy if isinstance(trouble, RefusedByServer) else FOREIGN_REMEDY
                self._say(LinkState.REFUSED, trouble.sentence, remedy)
                await self._wait(ASK_AGAIN_REFUSED_S)
            case LineTrouble():
                self._say(LinkState.OFFLINE, trouble.sentence)
                await self._wait_for_way(knocking)
            case ServerTrouble(retry_s=retry_s):
                self._say(LinkState.OFFLINE, trouble.sentence)
                await self._wait(retry_s + backoff.next_s())
            case LinkTrouble():
                self._say(LinkState.OFFLINE, trouble.sentence)
                await self._wait(backoff.next_s())
            case Unavailable():
                self._say(LinkState.OFFLINE, str(trouble))
                await self._wait(1.0 + backoff.next_s())
            case ForedeskError():
                self._say(LinkState.OFFLINE, str(trouble))
                await self._wait(ASK_AGAIN_REFUSED_S)
            case _:
                log.error("The link met a fault of its own.", exc_info=trouble)
                self._say(LinkState.OFFLINE, "The link met a fault of its own, which is in the log.")
                await self._wait(5.0 + backoff.next_s())

    async def _rejoin(self, backoff: Backoff) -> None:
        """Two disks have one identity: this one takes another, with what the server does not have from it yet."""
        public_key = await self._desk.ask(self._side.become_nobody)
        try:
            paired = await pair_again(self.address, self._tls, self.settings, public_key)
        except LinkTrouble as trouble:
            remedy = trouble.remedy if isinstance(trouble, RefusedByServer) else ""
            self._say(LinkState.REFUSED, trouble.sentence, remedy)
            await self._wait(5.0 + backoff.next_s())
            return
        await self._desk.ask(lambda: self._side.become(paired, self.settings.url))
        log.warning("This desk's identity %s was a copy; it is %s from now on.", self.settings.desk, paired.desk)
        self.settings = msgspec.structs.replace(self.settings, desk=paired.desk, token=paired.token)

    def _say(self, state: LinkState, sentence: str, remedy: str = "") -> None:
        """Logged once on loss, not at every try."""
        if self._keeper.status.state is not state:
            log.info("The link to %s: %s. %s", self.address.host, state, sentence)
        self._keeper.set(state=state, detail=sentence, remedy=remedy, live=False)

    async def _wait_for_way(self, knocking: Backoff) -> None:
        """Knock until the server's port opens; a server that refuses is another matter, and worth a question."""
        while not self._retry.is_set():
            if await self._unless_woken(knock(self.address)):
                return
            await self._wait(knocking.next_s())

    async def _wait(self, wait_s: float) -> None:
        """Shorter when a network comes back or somebody asks."""
        await self._unless_woken(asyncio.sleep(wait_s, result=False))

    async def _unless_woken(self, work: Coroutine[object, object, bool]) -> bool:
        working = asyncio.create_task(work)
        retry = asyncio.create_task(self._retry.wait())
        way = asyncio.create_task(changed_way(self._peer or self.address.host))
        tasks: Sequence[asyncio.Task[object]] = (working, retry, way)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return not working.done() or working.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self) -> None:
        self._ending.set()

    def _ask_now(self) -> None:
        self._retry.set()

    def _on_nudge(self) -> None:
        if self._talk is not None:
            self._talk.to_send.set()

    def _begin_anew(self) -> None:
        if self._keeper.status.state.reaches:
            self._anew.set()


FOREIGN_REMEDY = "Check the address; if the server was set up anew, join it again with foredesk desk join."
