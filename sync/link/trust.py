"""Whose events a desk believes: desks the agency vouches for, and guests that such a desk let into a field post."""

from collections.abc import Iterable

from sync.protocol.joining import is_vouched
from sync.protocol.messages import DeskCard


class Trust:
    """The cards that have been checked, by desk id. A desk's key never changes without the agency's word."""

    def __init__(self, agency_key: bytes, known: Iterable[DeskCard] = ()) -> None:
        self.agency_key = agency_key
        self.cards = {card.id: card for card in known}

    def accept(self, offered: Iterable[DeskCard]) -> tuple[DeskCard, ...]:
        """Those of the offered cards that may be believed and are new or changed; they are kept."""
        unknown = [card for card in offered if self.cards.get(card.id) != card and not self._was_shut_out(card)]
        fresh = [card for card in unknown if self.is_vouched(card)]
        self.cards.update({card.id: card for card in fresh})
        guests = [card for card in unknown if card.id not in self.cards and self._is_guest(card)]
        self.cards.update({card.id: card for card in guests})
        return (*fresh, *guests)

    def _was_shut_out(self, card: DeskCard) -> bool:
        """A card from before its desk was shut out is signed as well, and proves nothing any more."""
        known = self.cards.get(card.id)
        return known is not None and bool(known.revoked_at) and not card.revoked_at

    def is_vouched(self, card: DeskCard) -> bool:
        """Whether the agency itself vouches for it."""
        return bool(self.agency_key) and is_vouched(card, self.agency_key)

    def _is_guest(self, card: DeskCard) -> bool:
        """A desk of the agency has let it in; a guest cannot bring further ones."""
        hosts = (host for host in self.cards.values() if not host.revoked_at and self.is_vouched(host))
        return any(is_vouched(card, host.public_key) for host in hosts)
