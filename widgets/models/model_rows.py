"""The models as table rows: state and figures in the first line, where it comes from and who decided in the second."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from core.models.gates import GATES
from core.models.record import Kind, Model, State, Step
from core.models.shipped import SHIPPED, ShippedModel
from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone

if TYPE_CHECKING:
    from core.models.overview import Overview

COLUMNS = (
    Column("No.", "888", right=True),
    Column("State", "candidate m"),
    Column("Made", "2026-11-20"),
    Column("Gates", "not measured", drop=1),
    Column("Figures", "AUROC 0.881, missed 12.3 %", stretch=True, least="AUROC 0.881"),
)
_ORDER = {State.CHAMPION: 0, State.SHADOW: 1, State.CANDIDATE: 2, State.RETIRED: 3}
_SHORT = {
    "auroc": "AUROC",
    "under_triage": "missed",
    "over_triage": "over",
    "mae_s": "error",
    "gain": "gain",
    "pinball_90_s": "90 % loss",
}
_WORDS = {State.CHAMPION: "champion", State.SHADOW: "shadow", State.CANDIDATE: "candidate", State.RETIRED: "retired"}


class ModelTable(KeyedTable):
    """Keys are model numbers, and SHIPPED."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)

    def refresh(self, found: "Overview | None", kind: Kind, *, hold: bool) -> bool:
        """Show the models of one kind: who answers first, then the newest; in the end the one that ships."""
        models = [model for model in found.models if model.kind is kind] if found else []
        models.sort(key=lambda model: (_ORDER[model.state], -model.number))
        last = {step.model: step for step in found.steps} if found else {}
        verdicts = found.verdicts if found else {}
        rows = [_row(model, last.get(model.number), verdicts) for model in models]
        if found is not None and found.shipped is not None and kind is Kind.SEVERITY:
            rows.append(_shipped_row(found.shipped))
        return self.show(rows, hold=hold)


def _row(model: Model, step: Step | None, verdicts: Mapping[int, tuple[bool, tuple[str, ...]]]) -> Row:
    passed = verdicts[model.number][0] if model.number in verdicts else None
    gates = "–" if passed is None else "passed" if passed else "not passed"
    strong = model.state in (State.CHAMPION, State.SHADOW)
    tone = Tone.STRONG if strong else Tone.MUTED if model.state is State.RETIRED else Tone.PLAIN
    cells = (
        Cell(str(model.number), tone=tone, right=True),
        Cell(_WORDS[model.state], tone=tone),
        Cell(day(model.made_at), tone=Tone.MUTED),
        Cell(gates, tone=Tone.WARNING if passed is False else Tone.PLAIN),
        Cell(figures(model), tone=Tone.MUTED if model.state is State.RETIRED else Tone.PLAIN),
    )
    second = f"{model.name}. {step_words(step)}" if step else model.name
    spoken = f"Model {model.number}, {_WORDS[model.state]}, gates {gates}, {figures(model)}. {second}"
    return Row(str(model.number), cells, spoken, second=(Cell(second, tone=Tone.MUTED),))


def _shipped_row(shipped: ShippedModel) -> Row:
    tone = Tone.STRONG if shipped.in_use else Tone.MUTED
    told = f"AUROC {shipped.figures['auroc']:.3f}" if "auroc" in shipped.figures else ""
    cells = (
        Cell("–", tone=tone, right=True),
        Cell(SHIPPED, tone=tone),
        Cell(shipped.made_at[:10], tone=Tone.MUTED),
        Cell("–"),
        Cell(told),
    )
    second = f"{shipped.name}: {shipped.state}"
    return Row(SHIPPED, cells, f"{second}. {told}", second=(Cell(second, tone=Tone.MUTED),))


def figures(model: Model) -> str:
    """The first figures of its newest evaluation, short."""
    if model.evaluation is None:
        return "not evaluated"
    return short_measures(model.kind, {name: m.value for name, m in model.evaluation.measures.items()}, most=2)


def short_measures(kind: Kind, values: Mapping[str, float], most: int = 3) -> str:
    """The measures that its gates look at first, in few words."""
    known = [gate for gate in GATES[kind] if gate.measure in _SHORT and gate.measure in values]
    told = [f"{_SHORT[gate.measure]} {gate.said(values[gate.measure])}" for gate in known]
    return ", ".join(dict.fromkeys(told[:most]))


def step_words(step: Step) -> str:
    """Who did what, when and why."""
    against = " against the gates" if step.overridden else ""
    return f"{step.act.capitalize()}{against} by {step.who} on {moment(step.at)}: {step.reason}"


def moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%Y-%m-%d %H:%M}"


def day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000).astimezone():%Y-%m-%d}"
