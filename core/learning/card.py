"""The model card: what the model is for, what it was made from, how it did, where it must not be trusted."""

from core.learning.evaluation import Judged
from core.learning.recipe import Recipe
from core.severity.bundle import Manifest

SHOWN = {
    "auroc": "AUROC, severe against not",
    "under-triage at 35% over": "severe calls missed where 35 % of the others may be called severe",
    "under-triage at 50% over": "severe calls missed where 50 % of the others may be called severe",
    "ece": "error of the probabilities (ECE)",
    "quadratic kappa": "quadratic kappa of the level",
}
CARD = """# {name}, {version}

It suggests how severe an emergency call is from what has been typed. A person decides; red-flag rules and the
incident type's default stand beside it, and the most urgent of the three is shown.

## Made from

- Data: {about}. {data}
- Licence of the data: {licence}
- SHA-256 of the data: `{sha256}`
- Architecture {architecture}, seeds {seeds}, code {code}
- Classes and levels: {levels}

## Measured on calls it had not seen

{told}

{figures}

Missed: severe calls that neither the gates nor a red flag call severe.

{ages}

## In a few sentences

{sentences}

## Not to be trusted with

- Calls unlike the data: other languages, other kinds of emergencies, other ways of writing. The suggestion is then
  "no estimate" or rests on the red flags.
- Saying that a call is harmless. It misses severe calls at the rates above; it never lowers what a person set.
- Any decision without a person.
"""


def model_card(
    manifest: Manifest, recipe: Recipe, judged: Judged, baselines: list[Judged], *, told: str, sentences: list[str]
) -> str:
    """The card in Markdown; `judged` is the model as the desk uses it, `told` says on what."""
    return CARD.format(
        name=manifest.name,
        version=manifest.version,
        about=recipe.about or manifest.name,
        data=manifest.data,
        licence=manifest.licence or "not stated",
        sha256=manifest.data_sha256,
        architecture=manifest.architecture,
        seeds=", ".join(map(str, manifest.seeds)),
        code=manifest.code_version,
        levels=", ".join(f"{name} = {level}" for name, level in zip(manifest.classes, manifest.levels, strict=True)),
        told=told,
        figures=_figures(judged, baselines),
        ages=_ages(judged),
        sentences="\n".join(f"- {sentence}" for sentence in sentences),
    )


def _figures(judged: Judged, baselines: list[Judged]) -> str:
    names = "".join(f" {each.name} |" for each in baselines)
    lines = [f"| figure | this model (95 % interval) |{names}", f"|---|---|{'---|' * len(baselines)}"]
    for kind, title in SHOWN.items():
        if kind in judged.whole.figures:
            others = "".join(f" {each.whole.figures[kind].value:.3f} |" for each in baselines)
            lines.append(f"| {title} | {judged.whole.figures[kind]} |{others}")
    return "\n".join(lines)


def _ages(judged: Judged) -> str:
    lines = ["| age | calls | severe | missed | others called severe |", "|---|---|---|---|---|"]
    for part in judged.ages:
        missed, over = part.figures.get("under-triage by gates"), part.figures.get("over-triage by gates")
        lines.append(f"| {part.name} | {part.calls:,} | {part.severe:,} | {missed} | {over} |")
    return "\n".join(lines)
