"""When bulk may have the desk's thread: never at the moment at which somebody is likely to want it."""

import asyncio
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unavailable
from sync.link.desk_thread import LONGEST_PAUSE_S, SMALL_S, WORKS_FOR_S, DeskThread, pause_s
from tests.link.rig import JobThread


def test_that_nobody_at_the_desk_means_no_pause() -> None:
    assert pause_s(0.02, inf) == pause_s(0.02, WORKS_FOR_S) == 0


def test_that_what_is_small_never_waits() -> None:
    assert pause_s(SMALL_S / 2, 0.1) == 0


@given(st.floats(SMALL_S, 0.03), st.floats(0, WORKS_FOR_S, exclude_max=True))
def test_that_a_person_at_work_has_three_quarters_of_the_thread(took_s: float, since_s: float) -> None:
    assert took_s / (took_s + pause_s(took_s, since_s)) == pytest.approx(0.25)


@given(st.floats(0, 5), st.floats(0, 5))
def test_that_no_pause_is_long(took_s: float, since_s: float) -> None:
    assert 0 <= pause_s(took_s, since_s) <= LONGEST_PAUSE_S


def test_that_what_a_job_raises_reaches_whoever_asked_and_the_desk_goes_on() -> None:
    desk = JobThread()

    def refuse() -> None:
        raise Unavailable("The disk is full.")

    async def main() -> int:
        thread = DeskThread(desk.hand, lambda: inf)
        with pytest.raises(Unavailable, match="disk is full"):
            await thread.ask(refuse)
        return await thread.slice(lambda: 7)

    assert asyncio.run(main()) == 7
    desk.stop()


def test_that_an_answer_nobody_waits_for_any_more_is_let_go() -> None:
    desk = JobThread()

    async def main() -> None:
        asking = asyncio.create_task(DeskThread(desk.hand, lambda: inf).ask(lambda: 1))
        await asyncio.sleep(0)
        asking.cancel()

    asyncio.run(main())
    assert desk.do(lambda: 2) == 2
    desk.stop()
