"""The link on the health strip: state and age in a word, the rest in sentences."""

from typing import Any

import pytest

from core.desk import StoreStatus
from widgets.health_item import HealthLevel
from widgets.sync.control import LinkState, LinkView
from widgets.sync.link_words import clock, link_item, reasons

NOW = 1_790_000_000_000
STORE = StoreStatus(0, None, 10, 50_000_000_000, NOW, "desk.store")


def view(state: LinkState, **more: Any) -> LinkView:
    return LinkView(**({"state": state, "since": NOW - 3_600_000, "server": "Centre", "known_at": NOW} | more))


@pytest.mark.parametrize(
    ("shown", "word", "level"),
    [
        (view(LinkState.UP_TO_DATE), "up to date", HealthLevel.OK),
        (view(LinkState.SYNCING, waiting=1_200), "syncing, 1,200 to send", HealthLevel.NEUTRAL),
        (view(LinkState.CONNECTING), "connecting", HealthLevel.NEUTRAL),
        (view(LinkState.REFUSED), "refused", HealthLevel.WARN),
        (view(LinkState.UP_TO_DATE, quarantined=("a", "b")), "up to date, 2 not taken", HealthLevel.WARN),
    ],
)
def test_that_each_state_has_its_word_and_level(shown: LinkView, word: str, level: HealthLevel) -> None:
    item = link_item(shown, STORE, NOW)
    assert (item.word, item.level) == (word, level)


def test_that_offline_tells_since_when_and_what_waits() -> None:
    offline = view(LinkState.OFFLINE, waiting=12, oldest_waiting_at=NOW - 1_800_000, known_at=NOW - 3_600_000)
    item = link_item(offline, STORE, NOW)
    assert item.word == f"offline since {clock(NOW - 3_600_000, NOW)}, 12 to send"
    told = " ".join(item.reasons)
    assert "nothing is lost" in told
    assert f"known here up to {clock(NOW - 3_600_000, NOW)}" in told
    assert f"the oldest since {clock(NOW - 1_800_000, NOW)}" in told


def test_that_offline_is_calm_for_ten_minutes_and_then_a_warning() -> None:
    lately, long = (view(LinkState.OFFLINE, since=NOW - minutes * 60_000) for minutes in (9, 10))
    assert link_item(lately, STORE, NOW).level is HealthLevel.NEUTRAL
    assert link_item(long, STORE, NOW).level is HealthLevel.WARN


def test_that_a_time_of_another_day_carries_its_date() -> None:
    assert len(clock(NOW, NOW)) == 5
    assert len(clock(NOW - 2 * 86_400_000, NOW)) == 16


def test_that_old_knowledge_is_not_called_up_to_date() -> None:
    item = link_item(view(LinkState.UP_TO_DATE, known_at=NOW - 120_000), STORE, NOW)
    assert item.word == f"level at {clock(NOW - 120_000, NOW)}"


def test_that_server_clock_error_post_and_quarantine_are_told() -> None:
    shown = view(
        LinkState.OFFLINE,
        error="Centre does not answer.",
        remedy="Check the cable.",
        clock_offset_s=-95.0,
        metered=True,
        post="Desk B takes the server's part.",
        quarantined=tuple(f"Not taken: {n}" for n in range(6)),
        artefacts=("A map came.",),
    )
    told = reasons(shown, NOW)
    for sentence in (
        "Centre does not answer.",
        "Desk B takes the server's part.",
        "This desk's clock is 1 min ahead of the server's.",
        "2 more were not taken.",
        "A map came.",
    ):
        assert sentence in told
    assert any("spared" in sentence for sentence in told)
    assert link_item(shown, STORE, NOW).remedies[0] == "Check the cable."


def test_that_nothing_read_every_second_changes_by_itself() -> None:
    """The strip repaints only what reads differently."""
    shown = view(LinkState.OFFLINE, waiting=3, known_at=NOW - 600_000)
    assert link_item(shown, STORE, NOW) == link_item(shown, STORE, NOW + 1_000)
