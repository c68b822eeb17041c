"""The server is told of a desk's Foredesk, clock and outbox, and a thin line is spared of it."""

import re
from pathlib import Path

from sync.link.myself import CHANGED_MS, EVERY_MS, Myself
from sync.protocol.routes import CLOCK_HEADER, UNSENT_HEADER
from tests.link.real import RealDesk
from tests.link.rig import Agency, wait_until
from tests.scenarios.centre import Centre


def test_that_it_is_told_once_a_minute_and_when_what_waits_has_changed() -> None:
    now_ms, waiting = 1_000_000, 7
    myself = Myself(lambda: now_ms, lambda: waiting)
    told = myself.told()
    assert (told[CLOCK_HEADER], told[UNSENT_HEADER]) == ("1000000", "7")
    assert re.fullmatch(r"foredesk/\S+", told["User-Agent"])
    assert myself.told() == {}
    now_ms += EVERY_MS
    assert myself.told()[CLOCK_HEADER] == str(now_ms)
    now_ms -= 10 * EVERY_MS  # set back
    assert myself.told()
    now_ms, waiting = now_ms + CHANGED_MS, 0
    assert myself.told()[UNSENT_HEADER] == "0"


def test_that_the_server_lists_a_desk_with_its_version_and_clock(tmp_path: Path) -> None:
    centre = Centre(tmp_path / "centre")
    desk = RealDesk(tmp_path / "desk", "D", Agency())
    try:
        member = desk.join(f"https://127.0.0.1:{centre.port}", centre.first_code)
        desk.link_up(member.link_settings())
        listed = rf"{member.desk} +D +\S+ \S+ +[+-]\d\.\d s +\d+ +[a-z\d][\w.+-]* +127\.0\.0\.1"
        wait_until(lambda: re.search(listed, centre.run("server", "desks")))
    finally:
        desk.stop()
        centre.stop()
