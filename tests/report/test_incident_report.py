"""The incident report's facts, its escaping and its furniture; the printing itself is tested with the window."""

import time
from datetime import UTC

import msgspec
import pytest

from core.domain.agency import Agency, Disposition, IncidentType, Standards
from core.domain.board import Assignment, Call, Incident, NarrativeLine
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location, LocationSource, ReleaseReason
from core.report import ReportContext, incident_report_html
from core.report.intervals import incident_intervals, span_text, unit_intervals

T0 = 1_767_225_600_000  # 2026-01-01 00:00:00 UTC


def _agency() -> Agency:
    return Agency(
        name="Test County",
        desk_prefix="A",
        types={"FIRE": IncidentType("FIRE", "Structure fire", Priority.P1, "high", ("engine",))},
        kinds={},
        dispositions={"DONE": Disposition("DONE", "Handled on scene")},
        standards=Standards(),
    )


@pytest.fixture
def incident() -> Incident:
    made = Incident(
        id="i1",
        number="26-A-01041",
        type="FIRE",
        priority=Priority.P1,
        severity="high",
        location=Location("Balmaceda 391", -29.9027, -71.2519, LocationSource.ADDRESS, "flat 3"),
        opened_at=T0 + 30_000,
        opened_by="ana",
        desk="A",
        closed_at=T0 + 3_630_000,
        closed_by="ana",
        disposition="DONE",
    )
    made.calls.append(Call("c1", Caller("María", "+56 9 1234"), made.location, T0, T0 + 30_000, "ana"))
    made.assignments.append(
        Assignment(
            "a1", "i1", "E1", T0 + 60_000, eta_s=240, ended_at=T0 + 3_000_000, reason=ReleaseReason.CLEARED,
            times={UnitStatus.EN_ROUTE: T0 + 120_000, UnitStatus.ON_SCENE: T0 + 360_000},
        )
    )  # fmt: skip
    return made


def _html(incident: Incident, **changes: object) -> str:
    facts = {"agency": _agency(), "generated_at": T0, "generated_by": "ana", "desk": "A", "zone": UTC} | changes
    return incident_report_html(incident, ReportContext(**facts))  # type: ignore[arg-type]


def test_that_intervals_are_measured_from_the_times_kept(incident: Incident) -> None:
    spans = {interval.name: interval.seconds for interval in incident_intervals(incident)}
    assert spans == {
        "Call processing": 30, "Dispatch": 30, "Response": 300, "Total response": 360, "Duration": 3600,
    }  # fmt: skip
    unit = {interval.name: interval.seconds for interval in unit_intervals(incident.assignments[0])}
    assert unit == {"Turnout": 60, "Travel": 240, "Scene": 2640, "Transport": None, "Committed": 2940}


def test_that_a_dispatch_taken_back_does_not_shorten_the_time_to_the_first_unit(incident: Incident) -> None:
    mistake = Assignment("a0", "i1", "L1", T0 + 31_000, ended_at=T0 + 33_000, reason=ReleaseReason.UNDONE)
    incident.assignments.insert(0, mistake)
    spans = {interval.name: interval.seconds for interval in incident_intervals(incident)}
    assert (spans["Dispatch"], spans["Response"]) == (30, 300)


def test_that_an_interval_with_a_missing_end_is_a_dash_and_not_a_number(incident: Incident) -> None:
    incident.assignments.clear()
    spans = {interval.name: interval.seconds for interval in incident_intervals(incident)}
    assert spans["Total response"] is None
    assert span_text(None) == "–"


def test_that_spans_read_as_clock_times() -> None:
    assert [span_text(s) for s in (0, 59.6, 247, 3753)] == ["0:00:00", "0:01:00", "0:04:07", "1:02:33"]


def test_that_the_report_names_number_type_units_and_disposition(incident: Incident) -> None:
    page = _html(incident)
    for fact in ("26-A-01041", "Structure fire", "Balmaceda 391", "E1", "Handled on scene", "María", "00:06:00"):
        assert fact in page


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows changes no time zone within a process.")
def test_that_local_times_are_those_of_the_day_told_with_the_agencys_note(
    incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    winter_ms = 182 * 24 * 3600 * 1000  # from New Year to July
    incident.opened_at += winter_ms
    note = msgspec.structs.replace(_agency(), utc_offset_note="Chile <mainland>")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CLT4CLST,M9.1.6/24,M4.1.6/24")
        time.tzset()
        html = _html(incident, agency=note, zone=None)
    time.tzset()
    assert "2026-07-01 20:00:30" in html  # UTC-4
    assert "2026-01-01 00:00:00" not in html
    assert "2025-12-31 21:00:00" in html  # the call, in summer: UTC-3
    assert "Times are UTC-04:00 when the incident was opened." in html
    assert "Chile &lt;mainland&gt;" in html


def test_that_what_callers_say_cannot_become_markup(incident: Incident) -> None:
    incident.narrative.append(NarrativeLine("e", T0, "ana", "A", '<script>alert(1)</script> & "quoted"'))
    page = _html(incident)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot;" in page


def test_that_a_style_string_cannot_be_broken_out_of_by_a_name(incident: Incident) -> None:
    page = _html(incident, generated_by='x"; } </style><b>')
    assert "</style><b>" not in page
    assert '\\"; } \\3C /style>' in page


def test_that_right_to_left_text_and_emoji_are_kept_with_their_own_direction(incident: Incident) -> None:
    incident.narrative.append(NarrativeLine("e", T0, "ana", "A", "حريق 🔥"))
    assert '<bdi dir="auto">حريق 🔥</bdi>' in _html(incident)


def test_that_a_struck_line_is_printed_as_struck(incident: Incident) -> None:
    incident.narrative.append(NarrativeLine("e", T0, "ana", "A", "wrong street", struck=True))
    page = _html(incident)
    assert 'class="narrative struck"' in page
    assert "taken back" in page


def test_that_every_page_carries_the_number_the_time_and_the_page_count(incident: Incident) -> None:
    page = _html(incident)
    furniture = page[page.index("@page") : page.index("</style>")]
    assert "Incident 26-A-01041" in furniture
    assert "Generated 2026-01-01 00:00:00 by ana" in furniture
    assert "counter(page)" in furniture
    assert "counter(pages)" in furniture


def test_that_a_report_without_coordinates_says_why_there_is_no_map(incident: Incident) -> None:
    incident.location = Location("behind the old mill")
    assert "the location was never verified" in _html(incident)


def test_that_a_narrative_of_a_hundred_thousand_characters_is_printed_whole(incident: Incident) -> None:
    incident.narrative.append(NarrativeLine("e", T0, "ana", "A", "x" * 100_000))
    assert "x" * 100_000 in _html(incident)


def test_that_the_report_tells_whose_severity_it_is_and_what_was_suggested(incident: Incident) -> None:
    assert '<dd><bdi dir="auto">high</bdi></dd>' in _html(incident)
    incident.severity_by = "Kim"
    incident.suggested, incident.suggested_why = "critical", "red flag: not breathing"
    assert "high, set by Kim; suggestion critical (red flag: not breathing)" in _html(incident)
