"""What the models' page says: about a model, about how a kind does, and its alerts."""

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtGui import QTextDocument

from core.models.record import Kind, Model, State
from core.models.shipped import ShippedModel
from widgets.models.model_rows import day, moment, short_measures, step_words
from widgets.palette import Palette

if TYPE_CHECKING:
    from core.models.overview import Overview, Watched

NO_MODELS = (
    "No model of this kind is registered on this desk. T trains one from this desk's own closed incidents; "
    "`foredesk model` trains one from a file."
)
NO_CONTROL = "This window has no models to show."
_UNTIL_THEN = {
    Kind.SEVERITY: "Until one is approved, the model that ships with Foredesk answers.",
    Kind.RESPONSE: "Until one is approved, ETAs are the road engine's alone.",
}


def about_model(model: Model, found: "Overview", palette: Palette) -> str:
    """Its gates, where it comes from, and its history, as rich text."""
    blocks = [
        (f"Model {model.number}: {model.name}", _origin(model)),
        (
            _gates_heading(model, found),
            [_gate(line, palette) for line in found.verdicts.get(model.number, (True, ()))[1]],
        ),
        ("History", [escape(step_words(step)) for step in reversed(found.steps) if step.model == model.number]),
    ]
    parts = [_block(heading, lines, palette) for heading, lines in blocks if heading]
    return "".join(parts)


def about_shipped(shipped: ShippedModel, palette: Palette) -> str:
    """What it is, and its card."""
    facts = [f"Made {shipped.made_at} from {shipped.data}.", f"SHA-256 {shipped.sha256}, {shipped.size:,} bytes."]
    card = QTextDocument()
    card.setMarkdown(shipped.card)
    return _block(f"{shipped.name}: {shipped.state}", [escape(fact) for fact in facts], palette) + card.toHtml()


def _block(heading: str, lines: list[str], palette: Palette) -> str:
    return f"<p><b style='color:{palette.text}'>{escape(heading)}</b><br>{'<br>'.join(lines)}</p>"


def _gates_heading(model: Model, found: "Overview") -> str:
    passed, gates = found.verdicts.get(model.number, (False, ()))
    beside = "" if model.state is State.CHAMPION else ", beside the champion"
    return f"Gates{beside}: {'passed' if passed else 'not passed'}" if gates else ""


def _gate(line: str, palette: Palette) -> str:
    """A failed gate stands out by sign and colour."""
    verdict, _, rest = line.partition(": ")
    if verdict == "Failed":
        return f"<span style='color:{palette.working}'>! {escape(rest)}</span>"
    return f"✓ {escape(rest)}"


def _origin(model: Model) -> list[str]:
    origin = model.origin
    made = f"Made on {moment(model.made_at)} by {model.made_by}."
    parts = [f"{origin.came[:1].upper()}{origin.came[1:]} on {moment(model.made_at)}." if origin.came else made]
    if origin.data:
        rows = f", {origin.rows:,} rows" if origin.rows else ""
        parts.append(f"Trained on {origin.data}{rows}, seed {origin.seed}. {origin.architecture}".rstrip())
    if model.evaluation is not None:
        evaluation = model.evaluation
        parts.append(f"Tested on {evaluation.rows:,} rows of {evaluation.data} on {day(evaluation.at)}.")
        for name, values in evaluation.baselines.items():
            parts.append(f"Beside it, {name}: {short_measures(model.kind, values)}.")
    parts.append(f"SHA-256 {model.sha256}")
    return [escape(part) for part in parts]


def about_kind(kind: Kind, watched: "Watched | None") -> str:
    """What the figures stand on, and what cannot be judged yet."""
    from core.models.overview import WINDOW_DAYS

    if watched is None:
        return "Looking…"
    parts = [watched.trouble] if watched.trouble else []
    if not watched.measured:
        return " ".join([*parts, "There is nothing to judge by yet.", _UNTIL_THEN[kind]])
    cases = max(seen.cases for seen in watched.measured.values())
    parts.append(f"Judged over the last {WINDOW_DAYS} days, up to {cases:,} cases; each point of a line likewise.")
    if not watched.alerts:
        parts.append("Nothing to look at.")
    if watched.waiting:
        parts.append(f"{len(watched.waiting)} measures wait for more cases.")
    parts.append(f"{watched.new_outcomes:,} outcomes since the champion was made.")
    if (side := watched.beside) is not None:
        told = f"The shadow answered {side.calls:,} of the calls, {100 * side.agree:.0f} % with the champion's level"
        if side.champion_missed is not None and side.shadow_missed is not None:
            told += f"; of severe outcomes it missed {100 * side.shadow_missed:.1f} %, the champion "
            told += f"{100 * side.champion_missed:.1f} %"
        parts.append(f"{told}.")
    return " ".join(parts)


def alerts_text(watched: "Watched | None", palette: Palette) -> str:
    """The alerts as rich text: how bad, why, and what to do; "" for none."""
    parts = []
    for alert in watched.alerts if watched else ():
        word, colour = ("!! Alarm", palette.alarm_ink) if alert.level > 1 else ("! Warning", palette.working)
        told = f"{escape(alert.reason)} <i>{escape(alert.do)}</i>"
        parts.append(f"<p style='margin:0 0 4px'><b style='color:{colour}'>{word}.</b> {told}</p>")
    return "".join(parts)
