"""Runs a severity model on one call: features, network, calibration, gates by age, and the words that moved it.

The network runs in LiteRT where its wheel is there, else in NumPy with the same numbers (tests hold 1e-5). TensorFlow
is never needed.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.severity.answer import Answer
from core.severity.bundle import Gate
from core.severity.features import WORD, CallFacts, Features, Featuriser, Ids, Weights, word_grams, words_of
from core.severity.loading import Bundle
from core.severity.network import Array, Branch

Core = Callable[[Ids, Weights, Weights], Array]

MOVING_WORDS = 3
LEAST_MOVED = 0.02  # of the log-odds of "severe": less than this is noise
KNOWN_SHARE = 0.6  # of the words that the vocabulary must hold before the model is asked
_FILLERS = frozenset(  # words that say nothing to whoever reads what moved the estimate
    WORD.findall(
        "the and was were has have had her his she him with from for that this are been being there them they you your "
        "out into onto its who will would when while then than also very just about after before around"
    )
)
_READ_FOR_WORDS = 400  # words looked at for what moved the estimate


class SeverityModel:
    """One loaded model. `engine` is "LiteRT" or "NumPy"."""

    def __init__(self, bundle: Bundle, core: Core, engine: str) -> None:
        self.bundle = bundle
        self.engine = engine
        self._core = core
        self._featuriser = Featuriser(bundle.spec)
        self._bias = np.asarray(bundle.manifest.bias or [0.0] * len(bundle.manifest.classes), np.float64)

    @property
    def sha256(self) -> str:
        return self.bundle.sha256

    def __call__(self, call: CallFacts) -> Answer:
        """The answer for one call; never fails. Nothing known to the vocabulary gives no estimate."""
        features = self._featuriser(call)
        if not _enough(features):
            return Answer(words=features.words, unknown=features.unknown)
        probabilities = self.probabilities(features)
        manifest = self.bundle.manifest
        severe = float(probabilities[: manifest.severe].sum())
        gate = gate_for(manifest.gates, call.fields.get("age"))
        is_severe = severe >= (gate.threshold if gate else 0.5)
        chosen = self._class(probabilities, is_severe=is_severe)
        return Answer(
            level=manifest.levels[chosen],
            probabilities=tuple(round(float(p), 6) for p in probabilities),
            severe=round(severe, 6),
            possible=self._possible(probabilities, chosen),
            gate=gate.name if gate else "",
            gate_at=gate.threshold if gate else 0.5,
            moved=self._moved(call, features, probabilities, upwards=is_severe),
            words=features.words,
            unknown=features.unknown,
        )

    def probabilities(self, features: Features) -> np.ndarray:
        """softmax(logits / temperature + bias), float64 (classes,)."""
        logits = self._core(features.ids, features.weights, features.tab).astype(np.float64)
        scores = logits / self.bundle.manifest.temperature + self._bias
        shares = np.exp(scores - scores.max())
        result: np.ndarray = shares / shares.sum()
        return result

    def _class(self, probabilities: np.ndarray, *, is_severe: bool) -> int:
        """The class told: by the cuts where there are some, else the likeliest; on the side that the gate says."""
        manifest = self.bundle.manifest
        if manifest.cuts:
            told = int(np.searchsorted(manifest.cuts, probabilities @ np.arange(len(probabilities))))
            return min(told, manifest.severe - 1) if is_severe else max(told, manifest.severe)
        among = probabilities[: manifest.severe] if is_severe else probabilities[manifest.severe :]
        return int(among.argmax()) + (0 if is_severe else manifest.severe)

    def _possible(self, probabilities: np.ndarray, chosen: int) -> tuple[str, ...]:
        """Levels of the classes in the Mondrian set, with the level given."""
        manifest = self.bundle.manifest
        if manifest.sets is None:
            return ()
        within = [k for k, limit in enumerate(manifest.sets.limits) if 1.0 - probabilities[k] <= limit]
        return tuple(dict.fromkeys(manifest.levels[k] for k in sorted({*within, chosen})))

    def _moved(
        self, call: CallFacts, features: Features, probabilities: np.ndarray, *, upwards: bool
    ) -> tuple[str, ...]:
        """The words that moved the odds of "severe" most, up or down: weight times gradient, shared out to words."""
        pushes = self.pushes(features, probabilities)
        of_word: dict[str, float] = defaultdict(float)
        words = list(dict.fromkeys(words_of(call.text)[:_READ_FOR_WORDS]))
        owners: dict[str, list[str]] = defaultdict(list)
        for word in words:
            for gram in word_grams(word, self.bundle.spec.letters):
                owners[gram].append(word)
        for gram, push in pushes.items():
            told = owners.get(gram) or gram.rpartition(":")[2].split("_")
            for word in told:
                of_word[word] += push / len(told)
        sign, read = (1.0 if upwards else -1.0), {word for word in words if len(word) > 2 and word.isalpha()} - _FILLERS
        ranked = sorted(((sign * push, word) for word, push in of_word.items() if word in read), reverse=True)
        return tuple(word for push, word in ranked[:MOVING_WORDS] if push >= LEAST_MOVED)

    def pushes(self, features: Features, probabilities: np.ndarray) -> dict[str, float]:
        """How far each known sequence moves the log-odds of "severe", by the sequence: its weight times the slope."""
        severe, temperature = self.bundle.manifest.severe, self.bundle.manifest.temperature
        shares = np.maximum(probabilities, 1e-30)
        inward = (shares[:severe] / shares[:severe].sum(), -shares[severe:] / shares[severe:].sum())
        outward = (np.concatenate(inward) / temperature).astype(np.float32)
        known = features.ids > 0
        ids, weights = features.ids[known], features.weights[known]
        total = np.zeros(len(ids), np.float32)
        for branch in self.bundle.network.branches:
            total += weights * (branch.text[ids] @ _slope(branch, ids, weights, features.tab, outward))
        return {self._featuriser.gram(int(id_)): float(push) for id_, push in zip(ids, total, strict=True)}


def gate_for(gates: tuple[Gate, ...], age: Any) -> Gate | None:
    """The gate of an age band; that of "age not known" where the age is missing, not a number or in no band."""
    try:
        years = float(age)
    except (TypeError, ValueError):
        years = float("nan")
    unknown = None
    for gate in gates:
        if gate.from_years is None and gate.below_years is None:
            unknown = gate
        elif (gate.from_years or 0.0) <= years < (gate.below_years if gate.below_years is not None else float("inf")):
            return gate
    return unknown or (min(gates, key=lambda gate: gate.threshold) if gates else None)


def run_model(bundle: Bundle, *, fallback: bool = False) -> SeverityModel:
    """The model ready to answer, in LiteRT; in NumPy where LiteRT has no wheel, or when asked for the fallback."""
    if not fallback and (interpreter := _interpreter(bundle.core_tflite)) is not None:
        return SeverityModel(bundle, _LiteCore(interpreter), "LiteRT")
    return SeverityModel(bundle, bundle.network, "NumPy")


def _interpreter(core_tflite: bytes) -> Any:
    """A LiteRT interpreter, None where there is none or where it cannot read the core."""
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError:
        return None
    try:
        plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES  # a delegate wins nothing on so small a network
        interpreter = Interpreter(model_content=core_tflite, num_threads=1, experimental_op_resolver_type=plain)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError):
        return None
    return interpreter


class _LiteCore:
    """The exported core; one call at a time."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self._at = {name: place["index"] for name, place in _inputs(interpreter).items()}
        self._out = interpreter.get_output_details()[0]["index"]

    def __call__(self, ids: Ids, weights: Weights, tab: Weights) -> Array:
        lite = self._interpreter
        lite.set_tensor(self._at["ids"], ids[None])
        lite.set_tensor(self._at["weights"], weights[None])
        lite.set_tensor(self._at["tab"], tab[None])
        lite.invoke()
        logits: Array = lite.get_tensor(self._out)[0]
        return logits


def _inputs(interpreter: Any) -> dict[str, Any]:
    """The three inputs by name, however the exporter decorated it ("serving_default_ids:0")."""
    found = {}
    for detail in interpreter.get_input_details():
        for name in ("ids", "weights", "tab"):
            if name in detail["name"].replace("serving_default_", "").split(":")[0].split("/"):
                found[name] = detail
    return found


def _enough(features: Features) -> bool:
    known = features.words - features.unknown
    return known >= 1 and known >= KNOWN_SHARE * features.words and bool(features.ids.any())


def _slope(branch: Branch, ids: Ids, weights: Weights, tab: Weights, slope: Array) -> Array:
    """From d/d(logits) to d/d(sum of the ids' rows) at this call, (h0,), through later layers' ReLU and the gate."""
    text = weights @ branch.text[ids]
    share = np.ones_like(branch.bias) if branch.gate is None else tab @ branch.gate[0] + branch.gate[1]
    value = text * share + tab @ branch.tab + branch.bias
    gates: list[NDArray[np.bool_]] = []
    for i, (kernel, bias) in enumerate(branch.dense):
        straight = i == 0 and branch.gate is not None
        gates.append(np.ones_like(value, bool) if straight else value > 0)
        value = np.where(gates[-1], value, 0.0) @ kernel + bias
    for (kernel, _), gate in zip(reversed(branch.dense), reversed(gates), strict=True):
        slope = (kernel @ slope) * gate
    result: Array = (slope * share).astype(np.float32)
    return result
