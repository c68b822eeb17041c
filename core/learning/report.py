"""The evaluation as one HTML page that a medical director can read: what it finds, what it misses, for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.learning.evaluation import Figure, Judged, Part
from core.learning.metrics import Floats
from core.learning.svg import histogram, interval_plot, line_plot
from core.severity.bundle import Gate

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}table{border-collapse:collapse;margin:.6rem 0;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid #d5dbe3;text-align:right;font-variant-numeric:tabular-nums}
th:first-child,td:first-child{text-align:left}tr.ours{font-weight:600;background:#eef4fb}small,.note{color:#55606e}
svg text{font:12px system-ui,sans-serif;fill:#333}svg .grid{stroke:#e3e7ec}svg .ideal{stroke:#999;stroke-dasharray:5 4}
svg .mark{stroke:#c2571a;stroke-width:1.5}.plots{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}
@media print{body{margin:0}h2{break-after:avoid}figure,table{break-inside:avoid}}
"""
SHOWN = (
    "auroc",
    "under-triage at 35% over",
    "under-triage at 50% over",
    "ece",
    "accuracy",
    "macro F1",
    "quadratic kappa",
)
TITLES = {
    "auroc": "AUROC",
    "ece": "ECE",
    "under-triage at 25% over": "missed at 25 % over",
    "under-triage at 35% over": "missed at 35 % over",
    "under-triage at 50% over": "missed at 50 % over",
    "under-triage by gates": "missed by gates",
    "over-triage by gates": "others called severe by gates",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What the page tells."""

    title: str
    data: str
    """What it was judged on, in sentences."""
    findings: Sequence[str]
    ours: Judged
    rules: Judged | None
    """Red-flag rules and model together."""
    baselines: Sequence[Judged]
    gain: Figure
    """AUROC over the logistic regression."""
    gates: Sequence[Gate]
    scores: Floats
    levels: Sequence[tuple[str, str]]
    """Class and level."""


def report_html(report: Report) -> str:
    """The whole page."""
    sections = (
        _head(report),
        _beside(report),
        _rules(report),
        _curves(report),
        _parts("By age", _beside_each(report, "ages"), "A model must not be safe on average and unsafe for children."),
        _parts(
            "By incident type",
            _beside_each(report, "groups"),
            "The commonest types of the data, or what stands for them.",
        ),
        _classes(report),
        _gates(report),
        _words(),
    )
    body = "\n".join(section for section in sections if section)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(report.title)}</title><style>{STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def summary(report: Report) -> list[str]:
    """The same in a few sentences."""
    whole = report.ours.whole
    at_35 = whole.figures["under-triage at 35% over"]
    lines = [
        f"Judged on {whole.calls:,} calls it had not seen, {whole.severe:,} of them severe.",
        f"A severe call scores above another one in {_share(whole.figures['auroc'])} of pairs (AUROC).",
        f"Where 35 % of the other calls may be called severe, it misses {_share(at_35)} of the severe ones.",
        f"Against TF-IDF logistic regression fitted on the same calls it gains {report.gain} AUROC.",
        f"Its probabilities are off by {_share(whole.figures['ece'])} on average (ECE).",
    ]
    if report.rules is not None and "under-triage by gates" in report.rules.whole.figures:
        found = report.rules.whole.figures
        missed, over = found["under-triage by gates"], found["over-triage by gates"]
        lines.append(
            f"Red flags and model together, as the desk uses them, miss {_share(missed)} of the severe calls "
            f"and call {_share(over)} of the others severe."
        )
    return lines


def _head(report: Report) -> str:
    found = "".join(f"<li>{escape(sentence)}</li>" for sentence in report.findings)
    lines = "".join(f"<li>{escape(line)}</li>" for line in summary(report))
    checked = f"<details><summary>What the data check found</summary><ul>{found}</ul></details>" if found else ""
    return f"<h1>{escape(report.title)}</h1><p>{escape(report.data)}</p><ul>{lines}</ul>{checked}"


def _beside(report: Report) -> str:
    everyone = [report.ours, *report.baselines]
    found = [(judged.name, judged.whole.figures["auroc"]) for judged in everyone]
    rows = [(name, figure.value, figure.low, figure.high) for name, figure in found]
    plot = interval_plot(rows, "AUROC with 95 % interval", low=0.5, high=1.0)
    table = _table(SHOWN, [judged.whole for judged in everyone], names=[judged.name for judged in everyone])
    return f"<h2>Beside the baselines, on the same calls</h2><figure>{plot}</figure>{table}"


def _rules(report: Report) -> str:
    if report.rules is None:
        return ""
    kinds = ("under-triage by gates", "over-triage by gates")
    rows = [(report.ours.whole, "model with its gates"), (report.rules.whole, "red flags and model")]
    rows += [(part, f"red flags and model, {part.name}") for part in report.rules.ages]
    table = _table(kinds, [part for part, _ in rows], names=[name for _, name in rows])
    return f"<h2>As the desk uses it</h2>{table}"


def _curves(report: Report) -> str:
    curves = [(judged.name, judged.trade) for judged in (report.ours, *report.baselines) if judged.trade]
    trade = line_plot(curves, "others called severe (over-triage)", "severe calls missed (under-triage)")
    told = [(told, happened) for told, happened, _ in report.ours.calibration]
    top = min(1.0, max([0.2, *(max(pair) for pair in told)]) * 1.1)
    honest = line_plot([(report.ours.name, told)], "told", "severe in fact", dots=True, diagonal=True, top=top)
    spread = histogram(report.scores, [(gate.name, gate.threshold) for gate in report.gates], "probability of severe")
    return (
        '<h2>Curves</h2><div class="plots">'
        f"<figure>{trade}<figcaption>What is missed for what is spent.</figcaption></figure>"
        f"<figure>{honest}<figcaption>Of calls told 20 %, 20 % should be severe.</figcaption></figure>"
        f"<figure>{spread}<figcaption>All calls, with the gates.</figcaption></figure></div>"
    )


def _beside_each(report: Report, kind: str) -> list[Part]:
    """The model's parts, each with the baselines' AUROC on the same calls."""
    found = []
    for part in getattr(report.ours, kind):
        figures = dict(part.figures)
        for baseline in report.baselines:
            theirs = next((each for each in getattr(baseline, kind) if each.name == part.name), None)
            if theirs is not None:
                figures[f"AUROC, {baseline.name}"] = theirs.figures["auroc"]
        found.append(Part(part.name, part.calls, part.severe, figures))
    return found


def _parts(title: str, parts: Sequence[Part], note: str) -> str:
    if not parts:
        return ""
    kinds = ["auroc", *(kind for kind in parts[0].figures if kind.startswith("AUROC, "))]
    kinds += ["under-triage by gates", "over-triage by gates", "ece", "quadratic kappa"]
    return f'<h2>{escape(title)}</h2><p class="note">{escape(note)}</p>{_table(kinds, parts)}'


def _classes(report: Report) -> str:
    named = dict(report.levels)
    names = [f"{part.name} ({named.get(part.name, '')})" for part in report.ours.classes]
    table = _table(("precision", "recall", "F1"), report.ours.classes, names=names)
    head = "".join(f"<th>{escape(part.name)}</th>" for part in report.ours.classes)
    rows = "".join(
        f"<tr><td>{escape(part.name)}</td>{''.join(f'<td>{n:,}</td>' for n in row)}</tr>"
        for part, row in zip(report.ours.classes, report.ours.confusion, strict=True)
    )
    counts = f"<table><tr><th>in fact, across: told</th>{head}</tr>{rows}</table>"
    return f"<h2>By class</h2>{table}{counts}"


def _gates(report: Report) -> str:
    rows = "".join(f"<tr><td>{escape(gate.name)}</td><td>{gate.threshold:.3f}</td></tr>" for gate in report.gates)
    return f"<h2>Gates</h2><table><tr><th>age</th><th>severe from a probability of</th></tr>{rows}</table>"


def _words() -> str:
    return (
        '<h2>Words</h2><p class="note">Missed (under-triage): severe calls not called severe. Over-triage: other calls '
        "called severe. Intervals hold 95 % of what drawing as many calls again would give (bootstrap). AUROC: 0.5 is "
        "guessing, 1 is perfect. ECE: how far probabilities are off. Quadratic kappa: agreement on the level beyond "
        "chance, far errors counting more. The model suggests; people decide.</p>"
    )


def _table(kinds: Sequence[str], parts: Sequence[Part], names: Sequence[str] = ()) -> str:
    there = [kind for kind in kinds if any(kind in part.figures for part in parts)]
    head = "".join(f"<th>{escape(TITLES.get(kind, kind))}</th>" for kind in there)
    rows = []
    for i, part in enumerate(parts):
        name = names[i] if names else part.name
        cells = "".join(f"<td>{_cell(part.figures.get(kind))}</td>" for kind in there)
        ours = ' class="ours"' if names and i == 0 else ""
        rows.append(f"<tr{ours}><td>{escape(name)}</td><td>{part.calls:,}</td><td>{part.severe:,}</td>{cells}</tr>")
    return f"<table><tr><th></th><th>calls</th><th>severe</th>{head}</tr>{''.join(rows)}</table>"


def _cell(figure: Figure | None) -> str:
    if figure is None or figure.value != figure.value:
        return "-"
    return f"{figure.value:.3f}<br><small>{figure.low:.3f} to {figure.high:.3f}</small>"


def _share(figure: Figure) -> str:
    return f"{100 * figure.value:.1f} % ({100 * figure.low:.1f} to {100 * figure.high:.1f})"
