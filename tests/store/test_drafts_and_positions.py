"""What is kept besides the log: drafts at every keystroke, positions about once a second, settings."""

from itertools import pairwise

import pytest

from core.desk import Draft
from core.domain.values import Position, PositionSource
from core.store.telemetry import worth_keeping


def draft(text, id_="d1", started_at=1):
    return Draft(id_, started_at, 2, "kim", {"address": text})


def test_that_a_draft_outlives_a_kill_at_every_keystroke(store, path, opened, as_after_kill):
    for length in range(1, 13):
        store.save_draft(draft("12 High Stre"[:length]))
        assert opened(as_after_kill(path)).drafts() == (draft("12 High Stre"[:length]),)


def test_that_drafts_are_many_and_leave_when_dropped(store):
    store.save_draft(draft("second", "b", 2))
    store.save_draft(draft("first", "c", 1))
    assert [d.fields["address"] for d in store.drafts()] == ["first", "second"]
    store.drop_draft("c")
    store.drop_draft("unknown")
    assert [d.id for d in store.drafts()] == ["b"]


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "شارع الملك فهد", "\N{FIRE}\N{ZERO WIDTH JOINER}\N{FIRE ENGINE}", "a\0b", ""]
)
def test_that_a_draft_keeps_any_text(store, text):
    store.save_draft(draft(text))
    assert store.drafts()[0].fields["address"] == text


def test_that_half_an_emoji_costs_only_itself(store):
    store.save_draft(draft("12 High \ud83d Street"))
    assert store.drafts()[0].fields["address"] == "12 High ? Street"


def test_that_settings_are_kept(store, opened):
    assert store.get_setting("theme") is None
    store.put_setting("theme", "dark")
    store.put_setting("theme", "light")
    store.close()
    assert opened().get_setting("theme") == "light"


def at(clock, lat=1.0, **more):
    return Position(lat, 2.0, clock.now_ms(), **more)


def test_that_the_newest_position_of_every_unit_is_kept(store, clock, opened):
    store.save_position("M1", at(clock))
    clock.advance(5)
    late = at(clock, 1.5, heading=90.0, speed_mps=12.5, source=PositionSource.TYPED)
    store.save_position("M1", late)
    store.save_position("M1", Position(9.0, 9.0, clock.now_ms() - 1000))
    store.save_position("M2", at(clock))
    assert store.positions()["M1"] == late
    store.close()
    assert opened().positions() == {"M1": late, "M2": at(clock)}


def test_that_positions_are_on_the_disk_a_second_later_without_closing(store, clock, path, opened, as_after_kill):
    for _ in range(5):
        clock.advance(0.5)
        store.save_position("M1", at(clock))
    assert opened(as_after_kill(path)).positions()["M1"].fixed_at >= clock.now_ms() - 1000


def test_that_a_track_is_thinned_but_keeps_moves_turns_and_time(store, clock):
    start = at(clock, heading=0.0)
    store.save_position("M1", start)
    kept = [start]
    for lat, heading, keeps in [
        (1.0001, 5.0, False),  # 11 m
        (1.0003, 10.0, True),  # 33 m
        (1.00035, 120.0, False),  # turned where it stands
        (1.00041, 45.0, True),  # turned by 35 degrees, 12 m on
        (1.00052, 15.5, False),
        (1.00053, 14.0, True),  # turned by 31 degrees, 13 m on
        (1.00064, 350.0, False),  # by 24 degrees, through north
    ]:
        clock.advance(1)
        position = at(clock, lat, heading=heading)
        store.save_position("M1", position)
        kept += [position] if keeps else []
    clock.advance(16)
    kept.append(at(clock, 1.00064, heading=350.0))
    store.save_position("M1", kept[-1])
    assert store.track("M1", 0, clock.now_ms()) == tuple(kept)
    assert store.track("M1", kept[2].fixed_at, kept[3].fixed_at) == tuple(kept[2:4])


def test_that_an_hour_at_the_station_leaves_a_fix_every_other_minute_whatever_the_compass_says(store, clock):
    for second in range(3600):
        clock.advance(1)
        store.save_position("M1", at(clock, 1.0 + second % 7 / 100_000, heading=second * 77 % 360))
    times = [position.fixed_at for position in store.track("M1", 0, clock.now_ms())]
    assert [after - before for before, after in pairwise(times)] == [121_000] * 29


def test_that_an_assumed_position_leaves_no_track(store, clock):
    store.save_position("M1", at(clock, source=PositionSource.STATION))
    assert store.track("M1", 0, clock.now_ms()) == ()
    assert store.positions()["M1"].source is PositionSource.STATION


def test_that_thinning_measures_across_the_date_line():
    west, east = Position(0.0, 179.99995, 0), Position(0.0, -179.99995, 1)
    assert not worth_keeping(west, east)
    assert worth_keeping(west, Position(0.0, -179.99, 1))
