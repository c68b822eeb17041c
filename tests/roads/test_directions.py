"""A route in words: what is said at each junction, and what is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.roads.directions import Turn, compass, spoken_distance, turn_of
from core.roads.segments import RoadFlag

M = 1 / 111_195.08  # degrees of a metre at the equator


def words(engine, start, finish):
    route = engine.route(engine.snap(*start), engine.snap(*finish), siren=True)
    return [step.text for step in route.steps]


@pytest.fixture
def crossing(sketch):
    """Balmaceda runs west to east, Prat south to north; they meet at the origin. 400 m arms."""
    spots = [(0, 0), (0, -400 * M), (0, 400 * M), (400 * M, 0), (-400 * M, 0)]
    roads = [(1, 0, 2), (4, 0, 3)]
    return sketch(spots, roads, names=["Balmaceda", "Prat"]).engine()


def test_that_a_turn_names_the_side_the_street_and_how_far_to_follow_it(crossing):
    assert words(crossing, (0, -300 * M), (350 * M, 10 * M)) == [
        "Head east on Balmaceda for 300 m.",
        "Turn left onto Prat and follow it for 350 m.",
        "The scene is on the right.",
    ]


def test_that_going_straight_over_a_crossing_is_not_a_step(crossing):
    assert words(crossing, (0, -300 * M), (-10 * M, 300 * M)) == [
        "Head east on Balmaceda for 600 m.",
        "The scene is on the right.",
    ]


def test_that_the_side_of_the_scene_follows_the_direction_of_driving(crossing):
    assert words(crossing, (0, 390 * M), (-10 * M, -300 * M))[-1] == "The scene is on the left."
    assert words(crossing, (0, 390 * M), (-100 * M, -300 * M))[-1] == "The scene is 100 m off the road, on the left."
    assert words(crossing, (0, 390 * M), (0, -300 * M))[-1] == "The scene is on the road here."


def test_that_a_street_that_changes_its_name_is_continued_onto(sketch):
    spots = [(0, 0), (0, 400 * M), (0, 800 * M)]
    engine = sketch(spots, [(0, 1), (1, 2)], names=["Francisco de Aguirre", "Colón"]).engine()
    assert words(engine, spots[0], spots[2])[1] == "Continue onto Colón and follow it for 400 m."


def test_that_a_street_that_turns_at_a_junction_is_stayed_on(sketch):
    spots = [(0, 0), (0, 400 * M), (300 * M, 400 * M), (0, 800 * M)]
    engine = sketch(spots, [(0, 1, 2), (1, 3)], names=["Cuatro Esquinas", "Other"]).engine()
    assert words(engine, spots[0], spots[2])[1] == "Turn left to stay on Cuatro Esquinas and follow it for 300 m."


def test_that_a_bend_with_no_other_way_is_not_a_step(sketch):
    spots = [(0, 0), (0, 400 * M), (300 * M, 400 * M)]
    engine = sketch(spots, [(0, 1, 2)], names=["Cuatro Esquinas"]).engine()
    assert len(words(engine, spots[0], spots[2])) == 2


def test_that_a_road_with_no_name_is_called_an_unnamed_road(sketch):
    spots = [(0, 0), (0, 400 * M), (-300 * M, 400 * M)]
    engine = sketch(spots, [(0, 1), (1, 2)], names=["Prat", ""]).engine()
    assert words(engine, spots[0], spots[2])[1] == "Turn right onto an unnamed road and follow it for 300 m."
    assert words(engine, spots[2], spots[0])[0] == "Head north on an unnamed road for 300 m."


def test_that_a_short_piece_of_junction_belongs_to_the_turn(sketch):
    spots = [(0, 0), (0, 400 * M), (8 * M, 404 * M), (300 * M, 404 * M)]
    engine = sketch(spots, [(0, 1), (1, 2), (2, 3)], names=["Balmaceda", "", "Prat"]).engine()
    assert words(engine, spots[0], spots[3])[1] == "Turn left onto Prat and follow it for 300 m."


def test_that_a_bridge_with_a_name_of_its_own_does_not_interrupt_the_street(sketch):
    spots = [(0, 400 * n * M) for n in range(4)]
    engine = sketch(spots, [(0, 1), (1, 2), (2, 3)], names=["Ruta 41", "Puente Libertador", "Ruta 41"]).engine()
    assert words(engine, spots[0], spots[3])[0] == "Head east on Ruta 41 for 1.2 km."


def test_that_a_street_left_for_a_real_turn_and_met_again_is_said_twice(sketch):
    spots = [(0, 0), (0, 400 * M), (300 * M, 400 * M), (300 * M, 800 * M)]
    engine = sketch(spots, [(0, 1), (1, 2), (2, 3)], names=["Prat", "Colón", "Prat"]).engine()
    assert len(words(engine, spots[0], spots[3])) == 4


@pytest.fixture
def roundabout(sketch):
    """Four arms meet a ring driven anticlockwise, as where one drives on the right."""
    arms = [(-300 * M, 0), (0, 300 * M), (300 * M, 0), (0, -300 * M)]  # south, east, north, west
    ring = [(-20 * M, 0), (0, 20 * M), (20 * M, 0), (0, -20 * M)]
    roads = [(4, 5, 6, 7, 4), (0, 4), (1, 5), (2, 6), (3, 7)]
    names = ["", "South", "East", "North", "West"]
    return sketch([*arms, *ring], roads, names=names, oneway={0: 1}, flags={0: RoadFlag.ROUNDABOUT}).engine()


@pytest.mark.parametrize(
    ("finish", "said"),
    [((0, 300), "first exit onto East"), ((300, 0), "second exit onto North"), ((0, -300), "third exit onto West")],
)
def test_that_a_roundabout_is_one_step_that_counts_its_exits(roundabout, finish, said):
    assert words(roundabout, (-300 * M, 0), (finish[0] * M, finish[1] * M))[:2] == [
        "Head north on South for 280 m.",
        f"At the roundabout take the {said} and follow it for 280 m.",
    ]


def test_that_a_scene_on_the_roundabout_itself_is_entered(roundabout):
    assert words(roundabout, (-300 * M, 0), (10.5 * M, 10.5 * M))[1].startswith("Enter the roundabout and follow it")


def test_that_a_u_turn_is_called_one(sketch):
    spots = [(0, 0), (0, 400 * M), (0, 10 * M)]
    engine = sketch([*spots, (400 * M, 400 * M)], [(0, 1), (1, 2), (1, 3)], names=["Up", "Down", "Side"]).engine()
    assert words(engine, spots[0], (0, 200 * M))[0] == "Head east on Up for 200 m."
    assert turn_of(179) is turn_of(-170) is Turn.U_TURN


@given(st.floats(-180, 180))
def test_that_left_and_right_mirror_each_other(degrees):
    there, back = turn_of(degrees), turn_of(-degrees)
    assert there.replace("left", "") == back.replace("right", "") or there.replace("right", "") == back.replace(
        "left", ""
    )


def test_that_distances_and_compass_points_are_said_plainly():
    assert [spoken_distance(m) for m in (0, 4, 346, 994, 996, 12_345)] == [
        "10 m",
        "10 m",
        "350 m",
        "990 m",
        "1.0 km",
        "12.3 km",
    ]
    assert [compass(d) for d in np.arange(0, 720, 45)] == 2 * [
        "north",
        "north-east",
        "east",
        "south-east",
        "south",
        "south-west",
        "west",
        "north-west",
    ]
