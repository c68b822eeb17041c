"""What the models' page says: about a model, about how a kind does, and its alerts."""

from typing import TYPE_CHECKING

from core.models.record import Kind, Model, State
from widgets.models.model_rows import day, moment, step_words

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


def about_model(model: Model, found: "Overview") -> str:
    """Its gates, where it comes from, and its history."""
    origin = model.origin
    parts = [f"MODEL {model.number}: {model.name}", f"Made on {moment(model.made_at)} by {model.made_by}."]
    if origin.data:
        rows = f", {origin.rows:,} rows" if origin.rows else ""
        parts.append(f"Trained on {origin.data}{rows}, seed {origin.seed}. {origin.architecture}".rstrip())
    if model.evaluation is not None:
        evaluation = model.evaluation
        parts.append(f"Tested on {evaluation.rows:,} rows of {evaluation.data} on {day(evaluation.at)}.")
        for name, values in evaluation.baselines.items():
            first = list(values.items())[:3]
            parts.append(f"Beside it, {name}: {', '.join(f'{measure} {value:.3g}' for measure, value in first)}.")
    passed, gates = found.verdicts.get(model.number, (False, ()))
    if gates:
        beside = "" if model.state is State.CHAMPION else ", beside the champion"
        parts += ["", f"GATES{beside.upper()}: {'PASSED' if passed else 'NOT PASSED'}", *gates]
    steps = [step for step in found.steps if step.model == model.number]
    parts += ["", "HISTORY", *(step_words(step) for step in reversed(steps)), "", f"SHA-256 {model.sha256}"]
    return "\n".join(parts)


def about_kind(kind: Kind, watched: "Watched | None") -> str:
    """What the figures stand on, and what cannot be judged yet."""
    from core.models.overview import WINDOW_DAYS

    if watched is None:
        return "Looking…"
    parts = [watched.trouble] if watched.trouble else []
    if not watched.measured:
        return " ".join([*parts, "There is nothing to judge by yet.", _UNTIL_THEN[kind]])
    cases = max(seen.cases for seen in watched.measured.values())
    parts.append(f"Judged over the last {WINDOW_DAYS} days, up to {cases:,} cases; lines are weeks.")
    if not watched.alerts:
        parts.append("Nothing to look at.")
    if watched.waiting:
        parts.append(f"{len(watched.waiting)} measures wait for more cases.")
    parts.append(f"{watched.new_outcomes:,} outcomes since the champion was made.")
    if (side := watched.beside) is not None:
        told = f"The shadow answered {side.calls:,} of the calls, {side.agree:.0%} with the champion's level"
        if side.champion_missed is not None and side.shadow_missed is not None:
            told += f"; of severe outcomes it missed {side.shadow_missed:.1%}, the champion {side.champion_missed:.1%}"
        parts.append(f"{told}.")
    return " ".join(parts)


def alert_lines(watched: "Watched | None") -> list[str]:
    """A line an alert: how bad, why, and what to do."""
    if watched is None:
        return []
    return [f"{'!! Alarm' if a.level > 1 else '! Warning'}: {a.reason} {a.do}" for a in watched.alerts]
