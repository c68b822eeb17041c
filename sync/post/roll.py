"""The desks at a field post: let in by their cards or by a code, known to nobody but this post."""

import secrets
from collections.abc import Iterable

from core.errors import Refused
from sync.link.trust import Trust
from sync.protocol.messages import DeskCard
from sync.server.roll import DeskPass, FixedRoll

_NUMBERS_KEPT = 256
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class PostRoll(FixedRoll):
    """A DeskRoll whose cards carry the signatures they came with."""

    def __init__(self, trust: Trust) -> None:
        super().__init__()
        self.trust = trust
        self._numbers: dict[bytes, None] = {}
        self.learn(trust.cards.values())

    def learn(self, cards: Iterable[DeskCard]) -> None:
        """Desks whose events may be relayed here, whether or not they come in themselves."""
        self.trust.accept(cards)
        for card in self.trust.cards.values():
            known = self.passes.get(card.id)
            if known is None or known.revoked_at != card.revoked_at:
                self.admit(DeskPass(card.id, card.name, card.prefix, card.public_key, card.revoked_at))

    def let_in(self, desk: str) -> str:
        """A fresh token for a desk that has proved itself."""
        token = secrets.token_urlsafe(18)
        self.admit(self.passes[desk], token)
        return token

    def number(self) -> bytes:
        """To be signed by whoever enters."""
        number = secrets.token_bytes(16)
        self._numbers[number] = None
        if len(self._numbers) > _NUMBERS_KEPT:
            del self._numbers[next(iter(self._numbers))]
        return number

    def use(self, number: bytes) -> None:
        """Raises Refused for a number that was not given, or was used."""
        if number not in self._numbers:
            raise Refused("That way into the field post was used already.", do="Try again.")
        del self._numbers[number]

    def free_prefix(self, wanted: str) -> str:
        """`wanted`, or a prefix like it that nobody here has."""
        taken = {desk.prefix for desk in self.passes.values()}
        if wanted and wanted not in taken:
            return wanted
        candidates = (f"{wanted or 'F'}{letter}" for letter in _LETTERS)
        return next(each for each in candidates if each not in taken)

    async def cards(self) -> list[DeskCard]:
        return list(self.trust.cards.values())
