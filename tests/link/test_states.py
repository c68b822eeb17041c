"""What the health strip says of the link, and how its state follows what happens."""

from sync.link.keeping import StatusKeeper
from sync.link.line import LineMeter
from sync.link.states import LinkState, LinkStatus
from sync.link.talk import Manners

NOW = 1_750_000_000_000


def hh_mm(_: int) -> str:
    return "14:05"


def said(state: LinkState, **fields: object) -> str:
    return LinkStatus(state=state, server="centre.example", **fields).sentence(hh_mm)


def test_that_every_state_is_a_sentence_about_what_holds_now() -> None:
    assert said(LinkState.NONE) == "No server is set up: this desk works alone."
    assert said(LinkState.CONNECTING) == "Connecting to centre.example."
    assert said(LinkState.UP_TO_DATE) == "The server and this desk have the same."
    assert said(LinkState.SYNCING, waiting=1204) == "Syncing: 1,204 events left to send."
    assert said(LinkState.SYNCING, coming=True) == "Syncing: news is being fetched."
    assert said(LinkState.OFFLINE) == "Offline since 14:05; nothing waits to be sent."
    assert (
        said(LinkState.OFFLINE, waiting=1, detail="centre.example does not answer.")
        == "Offline since 14:05; 1 event waits to be sent. centre.example does not answer."
    )
    assert said(LinkState.REFUSED, detail="The server knows no such desk.") == (
        "The server refuses this desk: The server knows no such desk."
    )
    assert said(LinkState.UP_TO_DATE, is_post=True).startswith("The field post")


def test_that_a_state_keeps_its_time_and_is_told_once() -> None:
    now, told = [NOW], []
    keeper = StatusKeeper(LinkStatus(LinkState.CONNECTING, NOW), lambda: now[0], told.append)
    keeper.set(state=LinkState.OFFLINE, detail="No answer.")
    now[0] += 60_000
    keeper.set(state=LinkState.OFFLINE, detail="No answer.")
    keeper.level(waiting=3)
    assert [(status.state, status.since, status.waiting) for status in told] == [
        (LinkState.OFFLINE, NOW, 0),
        (LinkState.OFFLINE, NOW, 3),
    ]


def test_that_only_nothing_left_either_way_is_up_to_date() -> None:
    keeper = StatusKeeper(LinkStatus(LinkState.CONNECTING, NOW), lambda: NOW + 1, lambda _: None)
    keeper.level(waiting=5)
    assert keeper.status.state is LinkState.SYNCING
    keeper.level(waiting=0, coming=True)
    assert (keeper.status.state, keeper.status.synced_at) == (LinkState.SYNCING, 0)
    keeper.level(coming=False)
    assert (keeper.status.state, keeper.status.synced_at) == (LinkState.UP_TO_DATE, NOW + 1)


def test_that_a_metered_line_speaks_seldom_and_fetches_nothing_large() -> None:
    meter = LineMeter()
    for size in (100, 5000):
        meter.answered(size, 100, 0.01 + size / 1e6)
    usual, metered = (Manners.for_line(meter, metered=metered) for metered in (False, True))
    assert metered.positions_s > usual.positions_s
    assert metered.poll_s > usual.poll_s
    assert usual.artefacts
    assert not metered.artefacts
