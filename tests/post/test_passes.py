"""Who may come into a field post: a key that was taken away stays so, whatever older card is shown."""

import pytest
from msgspec import structs

from core.errors import Refused
from core.merge import keys
from sync.link.trust import Trust
from sync.post import passes
from sync.post.roll import PostRoll
from sync.protocol.joining import vouched
from sync.protocol.messages import DeskCard

AGENCY = keys.new_private_key()
DESK = keys.new_private_key()
CARD = vouched(DeskCard("A-1", "Console", "A", keys.public_key_of(DESK)), AGENCY)
SHUT_OUT = vouched(structs.replace(CARD, revoked_at=5), AGENCY)


def trust_in(*cards: DeskCard) -> Trust:
    return Trust(keys.public_key_of(AGENCY), cards)


def test_that_an_older_card_does_not_undo_that_a_desk_was_shut_out() -> None:
    trust = trust_in(SHUT_OUT)
    assert trust.accept((CARD,)) == ()
    assert trust.cards["A-1"].revoked_at == 5
    assert trust_in(CARD).accept((SHUT_OUT,)) == (SHUT_OUT,)


def test_that_a_desk_that_was_shut_out_does_not_come_in_by_its_older_card() -> None:
    roll = PostRoll(trust_in(SHUT_OUT))
    number = roll.number()
    asked = passes.Enter(CARD, number, keys.sign(DESK, passes.entry_bytes(b"cert", number)), [CARD])
    roll.learn(asked.cards)
    with pytest.raises(Refused, match="taken away"):
        passes.check_entry(asked, b"cert", roll.trust)
    assert roll.passes["A-1"].revoked_at == 5


def test_that_nobody_enters_the_post_of_a_desk_that_was_shut_out() -> None:
    shown = passes.PostPass(CARD, b"cert", keys.sign(DESK, passes.pass_bytes(b"cert")))
    passes.check_pass(shown, trust_in())
    with pytest.raises(Refused, match="taken away"):
        passes.check_pass(shown, trust_in(SHUT_OUT))
