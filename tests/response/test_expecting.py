"""What the recommendation says by experience: only with an approved model, and never in place of the road's time."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dispatch.expecting import expected_words, with_expected
from core.dispatch.recommend import Option, Recommendation
from core.domain.agency_file import read_agency
from core.domain.board import Assignment, Board, Incident, Unit
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Location
from core.learning.response.table import read_table
from core.learning.response.training import prepare
from core.response.correct import Corrected
from core.response.expecting import Expecting, Way
from core.response.history import COLUMNS, busy, facts_of, responses_of, table_rows
from core.response.watching import measure_responses, response_series
from resources import resource_path
from widgets.panels.recommendation_model import RecommendationModel

NOW = 1_700_049_600_000
MINUTE = 60_000
UNIT = Unit("E1", "ENGINE", frozenset(), "North")


def incident(number: int, opened_at: int, *, eta_s: float = 240.0, took_s: float = 500.0) -> Incident:
    """One that E1 went to, with the times that its way took."""
    assignment = Assignment(f"a{number}", f"i{number}", "E1", opened_at, eta_s=eta_s, route_m=2000.0)
    rolled = opened_at + 90_000
    assignment.times = {UnitStatus.EN_ROUTE: rolled, UnitStatus.ON_SCENE: opened_at + round(took_s * 1000)}
    place = Location("Balmaceda 1", -29.9, -71.25)
    found = Incident(f"i{number}", str(number), "FIRE", Priority.P2, "high", place, opened_at, "Kim", "A")
    found.assignments = [assignment]
    found.closed_at = opened_at + 3_600_000
    return found


def test_that_history_tells_turnout_travel_and_the_whole() -> None:
    found = list(responses_of([incident(1, NOW)], {"E1": UNIT}))
    assert len(found) == 1
    response = found[0]
    assert (response.turnout_s, response.travel_s, response.response_s) == (90.0, 410.0, 500.0)
    assert response.words == {
        "type": "FIRE",
        "priority": "2",
        "kind": "ENGINE",
        "station": "North",
        "area": "-29.900,-71.260",
        "subarea": "-29.900,-71.250",
    }


def test_that_a_unit_that_never_arrived_tells_nothing() -> None:
    stood_down = incident(1, NOW)
    del stood_down.assignments[0].times[UnitStatus.ON_SCENE]
    assert list(responses_of([stood_down], {})) == []


def test_that_calls_an_hour_are_counted_backwards() -> None:
    opened = np.array([NOW - 9 * 60 * MINUTE, NOW - 50 * MINUTE, NOW - 10 * MINUTE, NOW + MINUTE], np.int64)
    hour, shift = busy(opened, np.array([NOW], np.int64))
    assert hour.tolist() == [2.0]
    assert shift.tolist() == [2 / 8]


def test_that_rows_for_training_have_what_is_known() -> None:
    rows = list(table_rows(responses_of([incident(1, NOW)], {"E1": UNIT}), [NOW - MINUTE, NOW]))
    assert rows[0]["response_s"] == 500.0
    assert rows[0]["eta_s"] == 240.0
    assert rows[0]["calls_hour"] == 2.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ((340, 470), "6 min, 9 in 10 within 8"),
        ((10, 20), "1 min, 9 in 10 within 1"),
        ((90, 91), "2 min, 9 in 10 within 2"),
    ],
)
def test_that_it_is_said_in_whole_minutes(seconds: tuple[float, float], words: str) -> None:
    assert expected_words(Corrected(*seconds)) == words


def option(unit: str, eta_s: float | None) -> Option:
    return Option(unit, eta_s, 1000.0 if eta_s else None, "", True, None, None, "Quickest.")


def test_that_only_units_with_a_way_are_expected_and_the_order_stays(trained: Any) -> None:
    board = Board(units={"E1": UNIT, "E2": Unit("E2", "ENGINE", frozenset(), "South")})
    found = Recommendation("i9", (option("E2", 600.0), option("E1", 300.0), option("E3", None)), ("E2",))
    told = with_expected(found, incident(9, NOW), board, Expecting(trained.model, (), board), NOW)
    assert [each.unit for each in told.options] == ["E2", "E1", "E3"]
    assert [each.eta_s for each in told.options] == [600.0, 300.0, None]
    assert told.options[0].expected is not None
    assert told.options[1].expected is not None
    assert told.options[2].expected is None
    assert told.options[0].expected.eta_s > told.options[1].expected.eta_s > 300.0
    assert told.quotes(["E1"])[0].eta_s == 300.0  # what is kept for learning stays the road's


def test_that_the_row_and_the_screen_reader_say_it(trained: Any) -> None:
    board = Board(units={"E1": UNIT})
    found = Recommendation("i9", (option("E1", 300.0),), ("E1",))
    told = with_expected(found, incident(9, NOW), board, Expecting(trained.model, (), board), NOW)
    agency = read_agency(resource_path("agency", "default.toml"))
    model = RecommendationModel()
    for shown, says in ((found, False), (told, True)):
        model.refresh(shown, {}, board, agency, hold=False)
        row = model._rows["E1"]
        assert any("By experience" in cell.text and "9 in 10 within" in cell.text for cell in row.second) == says
        assert ("By experience" in row.spoken) == says
        assert row.cells[3].text == "5:00"


def test_that_slow_hours_are_felt_in_what_is_expected_next(trained: Any) -> None:
    board = Board(units={"E1": UNIT})
    way = [Way(UNIT, 300.0, 2500.0)]
    calm = Expecting(trained.model, (), board)(incident(99, NOW), way, NOW)[0]
    slow = [incident(n, NOW - (100 - n) * MINUTE, took_s=1500.0) for n in range(60)]
    board.incidents = {each.id: each for each in slow}
    expecting = Expecting(trained.model, (), board)
    expecting(incident(99, NOW), way, NOW)
    assert expecting._recent is not None
    assert len(expecting._recent.lag) == 60
    assert expecting._recent.lag.mean() > 0.5
    assert calm.eta_s > 0


def test_that_promises_are_held_against_when_units_were_there(trained: Any) -> None:
    usual = [incident(n, NOW + n * 20 * MINUTE, eta_s=240.0, took_s=90 + 1.3 * 240) for n in range(120)]
    responses = list(responses_of(usual, {"E1": UNIT}))
    good = measure_responses(trained.model, responses, [each.opened_at for each in usual])
    assert good["late_90"].value < 0.1
    assert good["gain_on_roads"].value > 0.3
    assert good["unknown_places"].value == 1.0
    late = [incident(n, NOW + n * 20 * MINUTE, took_s=2000.0) for n in range(120)]
    bad = measure_responses(trained.model, list(responses_of(late, {"E1": UNIT})))
    assert bad["late_90"].value > 0.5
    assert bad["bias_s"].value > 120


def test_that_lines_of_promises_are_weekly(trained: Any) -> None:
    usual = [incident(n, NOW + n * 6 * 60 * MINUTE) for n in range(120)]
    lines = response_series(trained.model, list(responses_of(usual, {"E1": UNIT})), window_ms=28 * 86_400_000)
    assert len(lines["late_90"]) >= 3
    assert measure_responses(trained.model, []) == {}


def test_that_the_desks_own_history_is_a_table_that_training_reads(tmp_path: Path) -> None:
    closed = [incident(n, NOW + n * 150 * MINUTE, eta_s=200.0 + n % 50, took_s=400.0 + n % 90) for n in range(400)]
    rows = list(table_rows(responses_of(closed, {"E1": UNIT}), (each.opened_at for each in closed)))
    path = tmp_path / "history.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    ready = prepare(read_table(path))
    assert len(ready.table) == 400
    assert [target.name for target in ready.targets] == ["response", "turnout", "travel"]
    assert ready.targets[0].follows_eta
    assert ready.targets[0].eta_plus_s == 90.0
    assert {"kind", "station", "area", "subarea"} <= {column.name for column in ready.featuriser.spec.columns}
    asked = facts_of(closed[0], UNIT, 2000.0, closed[0].opened_at, np.array([closed[0].opened_at], np.int64))
    assert asked.at == ready.table.journeys.at[0]
    assert {word: asked.words[word] for word in ("kind", "area")} == {
        word: str(ready.table.journeys.words[word][0]) for word in ("kind", "area")
    }
