"""Desks on one network that exists in memory, with real posts over real sockets of this machine."""

from pathlib import Path
from typing import Any

from msgspec import structs

from sync.link.desk_side import DeskSide
from sync.link.store_side import StoreSide
from sync.post.choice import Announced
from sync.post.field_post import FieldPost, Pace, PostDesk
from sync.protocol.messages import DeskCard
from sync.protocol.packing import decode, encode
from tests.link.real import RealDesk


def unpack_card(packed: bytes) -> DeskCard:
    return decode(packed, DeskCard)


QUICK = Pace(look=0.05, settle=0.3, gone_after=0.5, passed_over=60.0)


class Village:
    """What multicast DNS would tell. `silent` desks are heard by nobody."""

    def __init__(self) -> None:
        self.told: dict[str, Announced] = {}
        self.silent: set[str] = set()

    def neighbours(self) -> "VillageNeighbours":
        return VillageNeighbours(self)


class VillageNeighbours:
    def __init__(self, village: Village) -> None:
        self._village = village
        self._me = ""

    async def start(self, me: Announced) -> None:
        self._me = me.desk
        await self.announce(me)

    async def announce(self, me: Announced) -> None:
        self._village.told[me.desk] = structs.replace(me, address="127.0.0.1")

    def moved(self) -> bool:
        return False

    def seen(self) -> list[Announced]:
        return [
            told
            for desk, told in sorted(self._village.told.items())
            if desk != self._me and desk not in self._village.silent
        ]

    async def stop(self) -> None:
        if self._me not in self._village.silent:
            self._village.told.pop(self._me, None)


class FieldDesk(RealDesk):
    """A desk that can go into the field."""

    post: FieldPost | None = None

    def go_out(self, village: Village, *, member: Any = None) -> "FieldDesk":
        post_desk = PostDesk(
            member=member or self.member,
            cards=lambda: tuple(unpack_card(packed) for packed in self.store.cards().values()),
            sign=self.sign,
            file_key=self.store.key_for("field post"),
            make_side=self._make_side,
            end_side=lambda side: side.close(),  # type: ignore[attr-defined]
            know=lambda cards: self.store.keep_cards({card.id: encode(card) for card in cards}),
            hand=self.thread.hand,
            now_ms=self.clock.now_ms,
        )
        folder = Path(self.folder, "post")
        self.post = FieldPost(post_desk, folder, village.neighbours, host="127.0.0.1", pace=QUICK)
        self.post.start()
        return self

    def _make_side(self, server: str, nudge: Any) -> DeskSide:
        return StoreSide(self.desk, self.store, nudge=nudge, server=server, is_post=True)

    def come_back(self) -> None:
        if self.post is not None:
            self.post.stop()
            self.post = None

    def stop(self) -> None:
        self.come_back()
        super().stop()
