"""One run: read, split by time, fit, train, calibrate, measure beside the baselines, write the model file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec import Struct, structs

from core.errors import Unavailable
from core.learning.response.boosting import MEDIAN, baselines
from core.learning.response.fitting import Split, fit_spec, fit_targets, shifts, split_by_time
from core.learning.response.measures import gain, losses, measured
from core.learning.response.networks import Settings, train_member
from core.learning.response.table import LONGEST_S, SHORTEST_S, ResponseTable
from core.models.record import Evaluation, Measure
from core.response.bundle import ResponseBundle, ResponseManifest, Target, write_bundle
from core.response.correct import RESPONSE, ResponseModel, offset
from core.response.journeys import Featuriser, Floats, Inputs
from core.response.network import Network

Progress = Callable[[float, str], None]
_LIMITS = (
    "It knows the places, hours and units of its own data only. It promises nothing for one call: of ten responses one "
    "takes longer than its “9 in 10”."
)


class Run(Struct, frozen=True, kw_only=True):
    """What is asked of a training run. `now_ms` is written into the file; the same rest gives the same weights."""

    name: str
    now_ms: int
    made_at: str
    code_version: str
    seed: int = 1
    licence: str = ""
    members: int = 2
    epochs: int = 6
    hidden: tuple[int, ...] = (128, 64)
    compare: bool = True  # fit the baselines too

    @property
    def settings(self) -> Settings:
        return Settings(members=self.members, epochs=self.epochs, hidden=self.hidden)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A table with its features, ready for a network."""

    table: ResponseTable
    split: Split
    featuriser: Featuriser
    inputs: Inputs
    targets: tuple[Target, ...]
    logs: Floats  # (n, targets): log seconds over the offsets, NaN where unknown


def prepare(table: ResponseTable) -> Prepared:
    """Everything that is learned without a network. Raises Unavailable where a part of the split is empty."""
    split = split_by_time(table)
    if min(part.sum() for part in (split.train, split.stop, split.calibrate, split.test)) < 10:
        raise Unavailable(
            f"The times of {table.name} cannot be divided into training, calibration and test.",
            "Nothing was trained.",
            "Give history of several days.",
        )
    featuriser = Featuriser(fit_spec(table, split.train))
    inputs = featuriser(table.journeys, featuriser.recent(table.journeys, table.whole))
    targets = fit_targets(table, split.train)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = [np.log(table.targets[t.name]) - offset(t, table.journeys) for t in targets]
    logs = np.column_stack(columns)
    logs[~np.isfinite(logs)] = np.nan
    return Prepared(table, split, featuriser, inputs, targets, logs)


def train(table: ResponseTable, run: Run, out: Path, progress: Progress) -> Evaluation:
    """Train, measure and write the model file. Only in a process that may load TensorFlow, and never the desk's."""
    progress(0.0, "Reading the clock, the places and the words")
    ready = prepare(table)
    network = train_network(ready, run, progress)
    targets = calibrated(ready, network)
    bundle = _bundle(ready, run, network, targets)
    evaluation = evaluate(ResponseModel(bundle), ready, run, progress)
    card = card_of(bundle.manifest, ready.table, evaluation)
    manifest = structs.replace(bundle.manifest, evaluation=evaluation)
    write_bundle(out, ResponseBundle(manifest, bundle.spec, network, card))
    progress(1.0, "The model file is written")
    return evaluation


def train_network(ready: Prepared, run: Run, progress: Progress) -> Network:
    """The members, each from a seed of its own."""
    split, settings = ready.split, run.settings
    part = _rows(ready.inputs, split.train)
    stop = (_rows(ready.inputs, split.stop), ready.logs[split.stop])
    members = []
    for member in range(settings.members):

        def tell(done: float, words: str, at: int = member) -> None:
            progress(0.05 + 0.65 * (at + done) / settings.members, f"Network {at + 1} of {settings.members}: {words}")

        seed = run.seed + member
        featuriser = ready.featuriser
        words, strange = featuriser.vocabularies, featuriser.strange
        members.append(train_member(part, ready.logs[split.train], stop, words, strange, settings, seed, tell))
    return Network(tuple(members))


def _rows(inputs: Inputs, rows: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Inputs:
    return inputs[0][rows], inputs[1][rows]


def calibrated(ready: Prepared, network: Network) -> tuple[Target, ...]:
    """The targets with the shifts that the calibration rows ask for."""
    rows = ready.split.calibrate
    answers = network(*_rows(ready.inputs, rows)).astype(float)
    result = []
    for at, target in enumerate(ready.targets):
        median, most = shifts(ready.logs[rows, at], answers[:, at, :])
        result.append(structs.replace(target, shift_median=median, shift_90=most))
    return tuple(result)


def _bundle(ready: Prepared, run: Run, network: Network, targets: tuple[Target, ...]) -> ResponseBundle:
    manifest = ResponseManifest(
        name=run.name,
        version=run.made_at[:10],
        made_at=run.made_at,
        architecture=run.settings.words,
        code_version=run.code_version,
        data=ready.table.name,
        data_sha256=ready.table.data_sha256,
        rows=len(ready.table),
        newest_at=int(ready.table.journeys.at[-1]) * 1000,
        trained_until=int(ready.table.journeys.at[~ready.split.test][-1]) * 1000,
        licence=run.licence,
        seeds=tuple(run.seed + at for at in range(run.members)),
        targets=targets,
        shortest_s=SHORTEST_S,
        longest_s=LONGEST_S,
    )
    return ResponseBundle(manifest, ready.featuriser.spec, network, "")


def evaluate(model: ResponseModel, ready: Prepared, run: Run, progress: Progress) -> Evaluation:
    """On the test months, beside the baselines fitted on the same training months."""
    progress(0.72, "Measuring on the months it has not seen")
    table, rows = ready.table, ready.split.test
    _check_unseen(model, ready)
    recent = model.featuriser.recent(table.journeys, table.whole)
    answers = model.times(table.journeys.part(rows), recent).by_target[RESPONSE]
    truth, at = table.whole[rows], table.journeys.at[rows]
    measures = measured(truth, answers, at)
    others: dict[str, dict[str, float]] = {}
    if run.compare:

        def tell(done: float, words: str) -> None:
            progress(0.75 + 0.22 * done, f"Fitting what it has to beat: {words}")

        found = baselines(table, ready.split, ready.featuriser, ready.inputs, tell)
        others = {
            name: {m: float(v.mean()) for m, v in losses(truth, seconds).items()} for name, seconds in found.items()
        }
        boosted = [values for name, values in others.items() if name != MEDIAN]
        measures["gain"] = Measure(min(gain(measures, values) for values in boosted))
    note = f"Tested on {_day(at[0])} to {_day(at[-1])}, after all it was trained on. {' '.join(table.findings)}"
    return Evaluation(table.name, test_hash(ready), len(truth), run.now_ms, measures, others, note.strip())


def _check_unseen(model: ResponseModel, ready: Prepared) -> None:
    """A model that has seen the test months would only show its memory."""
    first, seen = int(ready.table.journeys.at[ready.split.test][0]), model.manifest.trained_until // 1000
    if seen > first:
        raise Unavailable(
            f"This model was trained on responses until {_day(seen)}, and the last part of {ready.table.name} begins "
            f"on {_day(first)}: it has seen some of what it would be tested on.",
            "Nothing was measured.",
            "Give data that reach further.",
        )


def test_hash(ready: Prepared) -> str:
    """Names the test rows: models evaluated on the same ones can be compared."""
    first = int(ready.table.journeys.at[ready.split.test][0])
    return f"{ready.table.data_sha256[:24]}-{first}-{int(ready.split.test.sum())}"


def _day(at: int) -> str:
    return str(np.datetime64(int(at), "s"))[:10]


def card_of(manifest: ResponseManifest, table: ResponseTable, evaluation: Evaluation) -> str:
    """The model card: what it is, from what, how good, and what it is not for."""
    rows = [f"| {name} | {_told(name, m.value)} | {_interval(name, m)} |" for name, m in evaluation.measures.items()]
    beside = [
        f"| {name} | {values['mae_s']:.1f} | {values['pinball_90_s']:.1f} | {100 * values['within_90']:.1f} % |"
        for name, values in evaluation.baselines.items()
    ]
    targets = ", ".join(target.name for target in manifest.targets)
    return "\n".join(
        [
            f"# {manifest.name}",
            "",
            f"Predicts {targets} in seconds: a median, and what nine in ten keep. Made {manifest.made_at} by Foredesk "
            f"{manifest.code_version} from {manifest.data} ({len(table):,} responses). {manifest.licence}".strip(),
            f"Architecture: {manifest.architecture}. Seeds: {', '.join(map(str, manifest.seeds))}.",
            "",
            evaluation.note,
            "",
            "| measure | value | 95 % interval |",
            "|---|---|---|",
            *rows,
            "",
            "| beside it, fitted in the same run | mean error, s | loss at 90 %, s | within “9 in 10” |",
            "|---|---|---|---|",
            *beside,
            "",
            _LIMITS,
            "",
        ]
    )


def _told(name: str, value: float) -> str:
    return f"{value:.1f} s" if name.endswith("_s") else f"{100 * value:.1f} %"


def _interval(name: str, measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return ""
    return f"{_told(name, measure.low)} to {_told(name, measure.high)}"
