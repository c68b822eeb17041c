"""Who else is on an incident, and how old that knowledge is."""

from widgets.sync.control import Present
from widgets.sync.presence_line import MOST, presence_text

NOW = 1_790_000_000_000
NAME = "desk {}".format
KIM = Present("B", "Kim Soto", "i1", NOW - 20_000)


def test_that_presence_tells_desk_name_and_age() -> None:
    assert presence_text([KIM], "i1", NOW, NAME, online=True) == "Also at desk B: Kim Soto, 20 s ago."


def test_that_a_line_that_is_down_casts_doubt_on_it() -> None:
    assert presence_text([KIM], "i1", NOW, NAME, online=False).endswith("The line is down: they may have moved on.")


def test_that_other_incidents_and_yesterdays_news_are_left_out() -> None:
    assert presence_text([KIM], "i2", NOW, NAME, online=True) == ""
    assert presence_text([KIM], "", NOW, NAME, online=True) == ""
    assert presence_text([KIM], "i1", NOW + 86_400_000, NAME, online=True) == ""


def test_that_a_crowd_is_counted() -> None:
    crowd = [Present(f"D{n}", "Somebody", "i1", NOW) for n in range(MOST + 3)]
    assert presence_text(crowd, "i1", NOW, NAME, online=True).endswith("and 3 more.")
