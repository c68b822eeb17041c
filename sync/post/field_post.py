"""A desk's part in a field post: looks for neighbours, agrees with them who is host, and links to whoever is."""

import asyncio
import logging
from collections.abc import Callable
from math import inf
from pathlib import Path
from threading import Thread

import msgspec
from msgspec import Struct

from core.errors import ForedeskError
from sync.link.desk_side import DeskSide
from sync.link.desk_thread import DeskThread, Hand
from sync.link.http import Address
from sync.link.link import Link
from sync.link.membership import Membership
from sync.link.settings import LinkSettings
from sync.link.states import LinkState, LinkStatus
from sync.link.trouble import LinkTrouble
from sync.link.trust import Trust
from sync.post.choice import Announced, choose
from sync.post.entering import enter
from sync.post.neighbours import MakeNeighbours
from sync.post.serving import PostServer
from sync.post.states import PostRole, PostStatus
from sync.protocol.messages import DeskCard

log = logging.getLogger(__name__)


class Pace(Struct, frozen=True):
    """Seconds: how often to look, how long neighbours get to show up, when a silent host counts as gone and for how
    long it is passed over then; how often to see whether this machine is on another network.
    """

    look: float = 0.5
    settle: float = 3.0
    gone_after: float = 5.0
    passed_over: float = 30.0
    move: float = 10.0


class PostDesk(Struct, frozen=True):
    """What the field post needs of its desk. `make_side(server, nudge)` and `end_side` run on the desk's thread."""

    member: Membership
    cards: Callable[[], tuple[DeskCard, ...]]  # the desks that are known; on the desk's thread
    sign: Callable[[bytes], bytes]  # from any thread
    file_key: bytes  # 32 secret bytes: this desk's log as a post is encrypted with them
    make_side: Callable[[str, Callable[[], None]], DeskSide]
    end_side: Callable[[DeskSide], None]
    know: Callable[[tuple[DeskCard, ...]], None]  # on the desk's thread
    hand: Hand
    now_ms: Callable[[], int]


class _Joined(Struct):
    """The link to whoever is host."""

    host: Announced
    side: DeskSide
    link: Link
    lost_at: float = 0.0  # since when it does not answer, by the loop's clock; 0 while it does


class FieldPost:
    """Has a thread of its own from `start` to `stop`. `on_status` is called on it."""

    def __init__(
        self,
        desk: PostDesk,
        folder: Path,
        make_neighbours: MakeNeighbours,
        *,
        on_status: Callable[[PostStatus], None] = lambda _: None,
        host: str = "0.0.0.0",
        pace: Pace | None = None,
    ) -> None:
        self._desk, self._folder, self._make_neighbours = desk, folder, make_neighbours
        self._on_status, self._host = on_status, host
        self._pace = pace or Pace()
        self._trust = Trust(desk.member.agency_key, (desk.member.card,))
        self._status = PostStatus(PostRole.LOOKING)
        self._me = Announced(desk.member.desk, desk.member.card.name)
        self._server: PostServer | None = None
        self._joined: _Joined | None = None
        self._gone: dict[str, float] = {}
        self._alone_since = 0.0
        self._code = ""
        self._ending = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = Thread(target=self._main, name="field post keeper", daemon=True)

    # from any thread

    def start(self) -> None:
        self._thread.start()

    def stop(self, wait_s: float = 10.0) -> None:
        """Leave the post; as its host, end it. Not from the desk's thread while that waits for this one."""
        self._soon(self._ending.set)
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def status(self) -> PostStatus:
        return self._status

    def host_here(self) -> None:
        """A person says that this desk shall be the post."""
        now_ms = self._desk.now_ms()
        self._soon(lambda: self._change_me(wished_at=now_ms))

    def has_centre(self, reached: bool) -> None:
        """Whether this desk reaches the agency's server now; then it passes on what the others do."""
        self._soon(lambda: self._change_me(has_centre=reached))

    def invite(self) -> None:
        """As the host: show a code for guests. It comes with the status."""
        self._soon(self._invite)

    def stop_inviting(self) -> None:
        self._soon(self._end_invitation)

    def nudge(self) -> None:
        """Something was committed at this desk."""
        joined = self._joined
        if joined is not None:
            joined.link.nudge()

    def _soon(self, job: Callable[[], object]) -> None:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(job)
            except RuntimeError:  # it has ended
                return

    # on its own thread

    def _main(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._thread_of_desk = DeskThread(self._desk.hand, lambda: inf)
        self._loop = asyncio.get_running_loop()
        self._neighbours = self._make_neighbours()
        self._told = self._me
        self._alone_since = self._loop.time()
        keeping = asyncio.create_task(self._keep())
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait((keeping, ending), return_when=asyncio.FIRST_COMPLETED)
        for task in (keeping, ending):
            task.cancel()
        kept, _ = await asyncio.gather(keeping, ending, return_exceptions=True)
        await self._leave()
        await self._end_server()
        await self._neighbours.stop()
        self._loop = None
        self._tell(PostRole.OFF)
        if isinstance(kept, Exception):
            raise kept

    async def _keep(self) -> None:
        """Begun anew whenever this machine comes to another network."""
        while True:
            try:
                await self._neighbours.start(self._me)
                await self._keep_looking()
            except OSError as error:
                if self._status.role is not PostRole.TROUBLED:
                    log.warning("Field posts do not work here: %s", error)
                self._tell(PostRole.TROUBLED, detail=f"{error.strerror or error}.")
                await asyncio.sleep(self._pace.move)
            await self._neighbours.stop()

    async def _keep_looking(self) -> None:
        """Until this machine is on other networks than before."""
        clock = asyncio.get_running_loop()
        looked_s = clock.time()
        while True:
            await self._look()
            await asyncio.sleep(self._pace.look)
            if clock.time() - looked_s > self._pace.move:
                looked_s = clock.time()
                if self._neighbours.moved():
                    return

    async def _look(self) -> None:
        """One turn: who is there, who shall be the post, and what that means for this desk."""
        now_s = asyncio.get_running_loop().time()
        self._gone = {desk: until for desk, until in self._gone.items() if until > now_s}
        seen = self._neighbours.seen()
        chosen = choose((self._me, *seen), self._gone)
        try:
            if chosen is None:
                self._alone_since = now_s
                await self._leave()
                await self._end_server()
            elif chosen.desk == self._me.desk:
                await self._be_host(now_s)
            else:
                await self._be_member(chosen, now_s)
        except ForedeskError as trouble:
            log.warning("The field post: %s", trouble)
            self._tell(PostRole.TROUBLED, seen, detail=trouble.happened)
            return
        await self._say_who_i_am()
        self._tell(self._role(chosen), seen, host=chosen)

    def _role(self, chosen: Announced | None) -> PostRole:
        if chosen is None:
            return PostRole.LOOKING
        return PostRole.HOSTING if chosen.desk == self._me.desk and self._server else PostRole.MEMBER

    def _tell(
        self, role: PostRole, seen: list[Announced] | None = None, *, host: Announced | None = None, detail: str = ""
    ) -> None:
        names = tuple(sorted(each.name or each.desk for each in seen or ()))
        link = self._joined.link.status() if self._joined else None
        status = PostStatus(role, (host.name or host.desk) if host else "", names, link, self._code, detail)
        if status != self._status:
            if role is not self._status.role:
                log.info("%s", status.sentence())
            self._status = status
            self._on_status(status)

    def _change_me(self, **changed: int | bool | str) -> None:
        self._me = msgspec.structs.replace(self._me, **changed)

    async def _say_who_i_am(self) -> None:
        if self._me != self._told:
            self._told = self._me
            await self._neighbours.announce(self._me)

    # being the host

    async def _be_host(self, now_s: float) -> None:
        if self._server is not None and self._server.failed:
            await self._leave()
            await self._end_server()
        if self._server is None:
            if not self._me.wished_at and now_s - self._alone_since < self._pace.settle:
                return  # somebody may be host already, and has not been heard yet
            await self._leave()
            await self._begin_server()
        assert self._server is not None
        if self._server.serves and self._joined is None:
            await self._link_to(self._me, self._server.own_token(self._me.desk), self._server.certificate)

    async def _learn_cards(self) -> None:
        """What the link has met since: whoever relays events has to show whose they are."""
        self._trust.accept(await self._thread_of_desk.ask(self._desk.cards))

    async def _begin_server(self) -> None:
        desk = self._desk
        await self._learn_cards()
        self._server = PostServer(
            self._folder,
            desk.member.card,
            desk.member.agency,
            self._trust,
            desk.sign,
            self._on_guest,
            file_key=desk.file_key,
            host=self._host,
        )
        try:
            self._server.start()
        except ForedeskError:
            self._server = None
            raise
        self._change_me(hosting_since=desk.now_ms(), port=self._server.port, address="127.0.0.1")

    def _on_guest(self, card: DeskCard) -> None:
        self._soon(lambda: self._desk.hand(lambda: self._desk.know((card,))))

    async def _end_server(self) -> None:
        server, self._server, self._code = self._server, None, ""
        if server is not None:
            self._change_me(hosting_since=0, port=0)
            await asyncio.to_thread(server.stop)

    def _invite(self) -> None:
        if self._server is not None:
            self._code = self._server.invite()

    def _end_invitation(self) -> None:
        self._code = ""
        if self._server is not None:
            self._server.stop_inviting()

    # being a member

    async def _be_member(self, host: Announced, now_s: float) -> None:
        await self._end_server()
        self._alone_since = now_s
        if self._joined is not None and not self._is_lost(host, now_s):
            return
        await self._leave()
        if not host.hosting_since:
            return  # it will begin in a moment
        address = Address(host.address, host.port)
        await self._learn_cards()
        try:
            token, shown = await enter(address, self._trust, self._desk.member.card, self._desk.sign)
        except (LinkTrouble, ForedeskError) as trouble:
            log.info("The field post of %s lets nobody in: %s", host.name or host.desk, trouble)
            self._pass_over(host, now_s)
            return
        self._trust.accept((shown.card,))
        await self._link_to(host, token, shown.certificate)

    def _is_lost(self, host: Announced, now_s: float) -> bool:
        """Whether the link has to be begun anew: another host, one that began anew, or one that has not answered."""
        joined = self._joined
        assert joined is not None
        if (joined.host.desk, joined.host.port) != (host.desk, host.port):
            return True
        state = joined.link.status().state
        if state is LinkState.REFUSED:
            return True
        if state is not LinkState.OFFLINE:
            joined.lost_at = 0.0
            return False
        joined.lost_at = joined.lost_at or now_s
        if now_s - joined.lost_at < self._pace.gone_after:
            return False
        self._pass_over(host, now_s)
        return True

    def _pass_over(self, host: Announced, now_s: float) -> None:
        self._gone[host.desk] = now_s + self._pace.passed_over

    async def _link_to(self, host: Announced, token: str, certificate: bytes) -> None:
        desk, server = self._desk, f"post:{host.desk}"
        settings = LinkSettings(
            url=f"https://{Address(host.address, host.port).host_port}",
            desk=desk.member.desk,
            token=token,
            ca_pem=certificate.decode("ascii"),
            agency_key=desk.member.agency_key,
            server=server,
            is_post=True,
        )
        side = await self._thread_of_desk.ask(lambda: desk.make_side(server, self.nudge))
        link = Link(settings, side, desk.hand, desk.now_ms, on_status=self._on_link)
        self._joined = _Joined(host, side, link)
        link.start()

    def _on_link(self, status: LinkStatus) -> None:
        """On the link's thread."""
        self._soon(lambda: self._tell_link(status))

    def _tell_link(self, status: LinkStatus) -> None:
        told = msgspec.structs.replace(self._status, link=status)
        if told != self._status and self._joined is not None:
            self._status = told
            self._on_status(told)

    async def _leave(self) -> None:
        joined, self._joined = self._joined, None
        if joined is not None:
            await asyncio.to_thread(joined.link.stop)
            self._desk.hand(lambda: self._desk.end_side(joined.side))
