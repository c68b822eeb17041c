"""The words of coverage: what the legend, the panel and the echo say."""

import re
from typing import TYPE_CHECKING

from core.domain.agency import Agency
from widgets.coverage.follower import Settings
from widgets.map.look import Look

if TYPE_CHECKING:
    from widgets.coverage.survey import Advice, Figures

_NOUNS = {"m of road": "road", "people": "people", "addresses": "addresses", "calls": "past calls"}


def minutes(seconds: int) -> str:
    """`8 min`; `90 s` where it is no whole number of minutes."""
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def team_of(settings: Settings, agency: Agency) -> str:
    """Whose coverage: the capability's name, or any team."""
    return agency.capabilities.get(settings.capability, settings.capability) or "Any unit"


def look_of(settings: Settings, leaving: tuple[str, ...], agency: Agency) -> Look:
    """What the map draws, and the legend that says what it means. `leaving` are units that may be sent."""
    within = minutes(settings.target_s)
    few = "No free team gets" if settings.teams == 1 else f"Fewer than {settings.teams} free teams get"
    rows = [("gap", f"{few} here within {within}")]
    if leaving:
        rows.append(("soon", f"So too if {named(leaving)} {'go' if len(leaving) > 1 else 'goes'}"))
    if settings.mode == "counts":
        rows += [("count1", "1 team"), ("count2", "2 teams"), ("count3", "3 teams or more")]
        rows = [row for row in rows if not (row[0].startswith("count") and int(row[0][-1]) < settings.teams)]
    blank = "Covered, or nobody lives there" if settings.mode == "gaps" else "Nobody lives there"
    title = f"{team_of(settings, agency)}, {within}"
    return Look(settings.mode, settings.teams, title, (*rows, ("blank", blank)))


def named(callsigns: tuple[str, ...]) -> str:
    """`E1`, `E1 and M3`, `E1, M3 and 2 more`."""
    if len(callsigns) <= 1:
        return "".join(callsigns)
    if len(callsigns) <= 3:
        return f"{', '.join(callsigns[:-1])} and {callsigns[-1]}"
    return f"{callsigns[0]}, {callsigns[1]} and {len(callsigns) - 2} more"


def summary(figures: "Figures", settings: Settings) -> str:
    """What the big figure is the share of."""
    teams = "a free team" if settings.teams == 1 else f"{settings.teams} free teams"
    return f"of {_NOUNS.get(figures.unit, figures.unit)} has {teams} within {minutes(settings.target_s)}".replace(
        "people has", "people have"
    )


def amount(value: float, unit: str) -> str:
    """Demand as people count it: `1,240 people`, `3.2 km of road`."""
    return f"{value / 1000:,.1f} km of road" if unit == "m of road" else f"{value:,.0f} {unit}"


def station_name(name: str) -> str:
    """A station's name without remarks in brackets."""
    return re.sub(r"\s*\(.*\)$", "", name)


def advice_text(advice: "Advice", capability: str) -> str:
    """What the ticked units cost together, and which move makes up for it; "" where they cost nothing.

    What one unit alone costs stands with it already.
    """
    if not advice.away or advice.together is None:
        return ""
    before, after = per_cent(advice.together.before), per_cent(advice.together.after)
    if before == after:
        return ""
    whose, move = f"{capability} coverage" if capability else "coverage", advice.remedy
    said = f"With {named(advice.away)} gone"
    if len(advice.away) > 1:
        said += f" {whose} of the area drops from {before} to {after} %"
    if move is None:
        return f"{said}, and no move-up makes up for it."
    what = whose if len(advice.away) == 1 else "it"
    return (
        f"{said}: move {move.callsign} to {station_name(move.station)} and {what} returns to {per_cent(move.after)} %."
    )


def per_cent(share: float) -> str:
    from core.dispatch.words import per_cent as written  # numba comes with the roads: not before the window stands

    return written(share)
