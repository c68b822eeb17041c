"""Lays an incident out as one HTML page for printing: no script, no outside file, ink-safe, heads on every page.

Page furniture is in CSS margin boxes (`@page`), so that the number of pages need not be known here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from html import escape

from msgspec import Struct

from core.domain.agency import Agency
from core.domain.board import Assignment, Incident
from core.domain.severity_words import severity_sentence
from core.domain.statuses import UnitStatus
from core.report.intervals import answered_at, incident_intervals, span_text, unit_intervals
from core.report.style import page_style


class ReportContext(Struct, frozen=True):
    """What a report needs beside the incident. `scene_svg` is a finished SVG element or "" where there is no map.

    `zone` None is this machine's local time, as it was at each moment: summer's in summer.
    """

    agency: Agency
    generated_at: int  # UTC ms
    generated_by: str
    desk: str
    zone: tzinfo | None = UTC
    scene_svg: str = ""
    map_attribution: str = ""
    banner: str = ""  # DEMO or TRAINING, printed across the head


def incident_report_html(incident: Incident, context: ReportContext) -> str:
    """The whole report as one HTML document, UTF-8, self-contained."""
    title = f"Incident {incident.number}"
    author = context.generated_by or "nobody signed on"
    furniture = page_style(
        left=f"{context.agency.name} · {title}",
        right=context.banner,
        foot=f"Generated {_moment(context.generated_at, context.zone)} by {author}, desk {context.desk}",
    )
    sections = (
        _head(incident, context),
        _calls(incident, context),
        _intervals(incident),
        _units(incident, context),
        _scene(incident, context),
        _narrative(incident, context),
        _signature(),
    )
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{furniture}</style></head><body>{''.join(sections)}</body></html>"
    )


def _moment(at_ms: int | None, zone: tzinfo | None, *, date: bool = True) -> str:
    if at_ms is None:
        return "–"
    when = datetime.fromtimestamp(at_ms / 1000, zone)
    return when.strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S")


def _text(words: str) -> str:
    """Escaped, with its own direction, so that right-to-left names do not turn the line around."""
    return f'<bdi dir="auto">{escape(words)}</bdi>' if words else "–"


def _fact(label: str, value: str, *, wide: bool = False) -> str:
    return f'<div class="fact{" wide" if wide else ""}"><dt>{escape(label)}</dt><dd>{value}</dd></div>'


def _head(incident: Incident, context: ReportContext) -> str:
    agency, zone = context.agency, context.zone
    kind = agency.types.get(incident.type)
    disposition = agency.dispositions.get(incident.disposition)
    location = incident.location
    place = _text(location.text) + (f" · {_text(location.detail)}" if location.detail else "")
    if location.placed:
        place += f'<span class="small"> {location.lat:.5f}, {location.lon:.5f} ({location.source})</span>'
    else:
        place += '<span class="small"> (unverified: no coordinates)</span>'
    outcome = escape(disposition.name) if disposition else escape(incident.disposition) or "still open"
    facts = (
        _fact("Type", escape(f"{incident.type} {kind.name}" if kind else incident.type)),
        _fact("Priority", f"P{int(incident.priority)}"),
        _fact("Severity", _text(severity_sentence(incident).removeprefix("severity ")), wide=True),
        _fact("State", escape(incident.state.value)),
        _fact("Location", place, wide=True),
        _fact("Call answered", _moment(answered_at(incident), zone)),
        _fact(
            "Opened",
            f"{_moment(incident.opened_at, zone)} by {_text(incident.opened_by)}, desk {escape(incident.desk)}",
        ),
        _fact("Closed", _closed(incident, zone)),
        _fact("Disposition", outcome),
    )
    return (
        f"<h1>Incident report <b>{escape(incident.number)}</b></h1><dl>{''.join(facts)}</dl>"
        f'<p class="small">{_told_in(incident.opened_at, context)}</p>'
    )


def _told_in(at_ms: int, context: ReportContext) -> str:
    """Which times these are, with the agency's own note on them."""
    offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(context.zone).isoformat()[-6:]
    note = f" {_text(context.agency.utc_offset_note)}" if context.agency.utc_offset_note else ""
    return f"Times are UTC{offset} when the incident was opened.{note}"


def _closed(incident: Incident, zone: tzinfo | None) -> str:
    if incident.closed_at is None:
        return "not closed"
    return f"{_moment(incident.closed_at, zone)} by {_text(incident.closed_by)}"


def _table(
    title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str, *, kind: str = "words"
) -> str:
    if not rows:
        return f"<h2>{escape(title)}</h2><p>{escape(empty)}</p>"
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f"<h2>{escape(title)}</h2>{table}"


def _calls(incident: Incident, context: ReportContext) -> str:
    rows = [
        (
            _moment(call.answered_at, context.zone),
            _text(call.caller.name),
            _text(call.caller.callback),
            _text(call.location.text),
            _text(call.operator),
        )
        for call in incident.calls
    ]
    heads = ("Answered", "Caller", "Callback", "Location as given", "Operator")
    return _table("Calls", heads, rows, "No call was taken; the incident was opened by the desk.")


def _intervals(incident: Incident) -> str:
    rows = [(escape(i.name), span_text(i.seconds), escape(i.meaning)) for i in incident_intervals(incident)]
    return _table("Intervals", ("Interval", "h:mm:ss", "From and to"), rows, "")


_UNIT_STEPS = (
    UnitStatus.EN_ROUTE,
    UnitStatus.ON_SCENE,
    UnitStatus.TRANSPORTING,
    UnitStatus.AT_HOSPITAL,
)


def _units(incident: Incident, context: ReportContext) -> str:
    rows = [_unit_row(assignment, context) for assignment in incident.assignments]
    heads = (
        "Unit", "Assigned", *(step.value.capitalize() for step in _UNIT_STEPS),
        "Ended", "Outcome", "Quoted ETA", "Turnout", "Travel", "Scene",
    )  # fmt: skip
    return _table("Units", heads, rows, "No unit was assigned.", kind="times") + _overrides(incident)


def _unit_row(assignment: Assignment, context: ReportContext) -> tuple[str, ...]:
    spans = {interval.name: span_text(interval.seconds) for interval in unit_intervals(assignment)}
    steps = tuple(_moment(assignment.times.get(step), context.zone, date=False) for step in _UNIT_STEPS)
    outcome = assignment.reason.value if assignment.reason else "on the incident"
    return (
        f"<b>{_text(assignment.unit)}</b>",
        _moment(assignment.assigned_at, context.zone, date=False),
        *steps,
        _moment(assignment.ended_at, context.zone, date=False),
        escape(outcome),
        span_text(assignment.eta_s),
        spans["Turnout"],
        spans["Travel"],
        spans["Scene"],
    )


def _overrides(incident: Incident) -> str:
    reasons = [f"{_text(a.unit)}: {_text(a.override)}" for a in incident.assignments if a.override]
    return f"<p>Sent by override. {'; '.join(reasons)}.</p>" if reasons else ""


def _scene(incident: Incident, context: ReportContext) -> str:
    if not context.scene_svg:
        why = "the location was never verified" if not incident.location.placed else "no map of its streets was open"
        return f"<h2>Map of the scene</h2><p>No map: {why}.</p>"
    credit = f'<p class="small">{escape(context.map_attribution)}</p>' if context.map_attribution else ""
    return f'<section class="scene"><h2>Map of the scene</h2>{context.scene_svg}{credit}</section>'


def _narrative(incident: Incident, context: ReportContext) -> str:
    rows = []
    for line in incident.narrative:
        words = f'<span class="narrative{" struck" if line.struck else ""}">{_text(line.text)}</span>'
        if line.struck:
            words += ' <span class="small">(taken back)</span>'
        rows.append((_moment(line.at, context.zone), _text(line.unit or line.operator), escape(line.desk), words))
    return _table("Narrative", ("Time", "From", "Desk", "Text"), rows, "Nothing was written.")


def _signature() -> str:
    return '<div class="sign"><div>Reviewed by</div><div>Date and time</div></div>'
