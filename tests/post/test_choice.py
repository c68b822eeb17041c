"""Who takes the server's part: everybody who sees the same chooses the same, and nothing changes without need."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sync.post.choice import Announced, choose
from sync.post.neighbours import agency_tag, read

desks = st.builds(
    Announced,
    desk=st.sampled_from("ABCDEFGH"),
    wished_at=st.sampled_from([0, 0, 0, 5, 9]),
    hosting_since=st.sampled_from([0, 0, 3, 7]),
    has_centre=st.booleans(),
)
villages = st.lists(desks, max_size=8, unique_by=lambda desk: desk.desk)


@given(villages, st.randoms())
def test_that_everybody_chooses_the_same_in_whatever_order_they_heard_of_each_other(village, random) -> None:
    shuffled = list(village)
    random.shuffle(shuffled)
    assert choose(village) == choose(shuffled)


@given(villages)
def test_that_a_post_is_there_only_where_somebody_has_nobody_else(village) -> None:
    needed = len(village) > 1 and not all(desk.has_centre for desk in village)
    assert (choose(village) is not None) == needed


@given(villages)
def test_that_who_was_chosen_stays_chosen_once_it_is_host(village) -> None:
    chosen = choose(village)
    if chosen is not None:
        hosting = structs.replace(chosen, hosting_since=chosen.hosting_since or 99)
        others = [structs.replace(desk, hosting_since=0) for desk in village if desk.desk != chosen.desk]
        assert choose([*others, hosting]) == hosting


def test_that_a_persons_latest_wish_comes_before_all_else() -> None:
    a, b, c = Announced("A", hosting_since=1), Announced("B", wished_at=10), Announced("C", wished_at=20)
    assert choose([a, b, c]) == c
    assert choose([a, b]) == b
    assert choose([a, b, c], gone={"C", "B"}) is None  # nobody is left to talk with


def test_that_two_hosts_become_one_the_one_that_was_first() -> None:
    assert choose([Announced("B", hosting_since=1), Announced("A", hosting_since=2)]) == Announced("B", hosting_since=1)


def test_that_another_agencys_desks_and_nonsense_are_passed_over() -> None:
    tag = agency_tag(bytes(32))
    told = {"agency": tag, "desk": "A", "name": "Command", "wished": "0", "since": "17", "centre": "1"}
    assert read(told, ["fe80::1", "10.1.2.3"], 4711, tag) == Announced("A", "Command", 0, 17, True, "10.1.2.3", 4711)
    assert read(told, ["10.1.2.3"], 4711, agency_tag(bytes(31) + b"x")) is None
    assert read({**told, "since": "soon"}, ["10.1.2.3"], 4711, tag) is None
    assert read({**told, "desk": ""}, ["10.1.2.3"], 4711, tag) is None
    assert read(told, ["fe80::1"], 4711, tag) is None
