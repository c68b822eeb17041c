"""Where units are and who looks at what: the last word counts, and who is gone is soon forgotten."""

from sync.protocol.messages import Fix, Watching
from sync.server.lasts import GONE_AFTER_MS, Lasts


def test_that_the_later_fix_counts_whichever_came_last() -> None:
    lasts = Lasts()
    lasts.place([Fix("M1", 1.0, 1.0, 2000), Fix("M1", 2.0, 2.0, 1000)])
    lasts.place([Fix("M1", 3.0, 3.0, 2000)], here=False)
    assert lasts.all_fixes() == [Fix("M1", 1.0, 1.0, 2000)]
    assert lasts.changed() == ([Fix("M1", 1.0, 1.0, 2000)], [])
    assert lasts.changed() == ([], [])


def test_that_only_what_was_heard_here_is_passed_to_other_replicas() -> None:
    lasts = Lasts()
    lasts.place([Fix("M1", 1.0, 1.0, 2000)], here=False)
    lasts.watch(Watching("A", "Kim", at=1), here=False)
    assert lasts.heard_here() == ([], [])
    lasts.place([Fix("M2", 1.0, 1.0, 2000)])
    lasts.watch(Watching("B", "Ana", at=1))
    fixes, watching = lasts.heard_here()
    assert ([fix.unit for fix in fixes], [one.desk for one in watching]) == (["M2"], ["B"])


def test_that_an_older_word_of_another_replica_changes_nothing() -> None:
    lasts = Lasts()
    lasts.watch(Watching("A", "Kim", "i2", at=5))
    lasts.watch(Watching("A", "Kim", "i1", at=4), here=False)
    assert [one.incident for one in lasts.all_watching()] == ["i2"]


def test_that_a_desk_nobody_speaks_of_any_more_has_left() -> None:
    lasts = Lasts()
    lasts.watch(Watching("A", "Kim", at=0), here=False)
    lasts.watch(Watching("B", "Ana", at=0))
    lasts.changed()
    lasts.renew(["B"], GONE_AFTER_MS + 1)
    assert [one.desk for one in lasts.all_watching()] == ["B"]
    assert lasts.changed()[1] == [Watching("A", "", at=GONE_AFTER_MS + 1)], "that B is still there is no news"


def test_that_leaving_is_told_once() -> None:
    lasts = Lasts()
    lasts.watch(Watching("A", "Kim"))
    lasts.changed()
    lasts.left("A", 1)
    lasts.left("A", 2)
    assert [one.operator for one in lasts.changed()[1]] == [""]
    assert lasts.all_watching() == []
