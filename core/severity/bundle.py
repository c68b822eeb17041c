"""The severity model's file: one `.fdmodel` zip with everything that is needed to run it, and the sum of each part.

- manifest.json: `Manifest`: versions, classes, calibration, gates, sets, origin, sha256 of each part
- features.json: `FeatureSpec`: the featuriser with its frozen vocabulary
- core.tflite: ids int32 (1, length), weights float32 (1, length), tab float32 (1, tab width) -> logits float32
- weights.npz: the same network for `NumpyCore` (float16 or float32)
- card.md: the model card, for people
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from core.severity.features import FeatureSpec, spec_bytes
from core.severity.network import NumpyCore, to_arrays

FORMAT = 1
SUFFIX = ".fdmodel"
MANIFEST, FEATURES, CORE, WEIGHTS, CARD = "manifest.json", "features.json", "core.tflite", "weights.npz", "card.md"
PARTS = (FEATURES, CORE, WEIGHTS, CARD)
EPOCH = (1980, 1, 1, 0, 0, 0)
"""Every part carries the same date, so that the same model gives the same bytes."""


class Gate(msgspec.Struct, frozen=True):
    """From which probability of "severe" on a call of one age band counts as severe."""

    name: str
    """As people read it: "0-17 years", "age not known"."""
    from_years: float | None
    """None on both ends: the age is not known."""
    below_years: float | None
    threshold: float


class Sets(msgspec.Struct, frozen=True):
    """Class-conditional (Mondrian) conformal sets: class k belongs to the set when 1 - p[k] <= limits[k]."""

    miss: float
    """The share of each class's calls whose set may miss it (alpha)."""
    limits: tuple[float, ...]


class Spread(msgspec.Struct, frozen=True):
    """How one input or the score was spread in training, which monitoring holds today's spread against."""

    name: str
    """A field's name, "words" (how many), "unknown words" (share), or "severe" (the model's probability)."""
    edges: tuple[float, ...]
    """Inner edges of the bins of a number; () for choices."""
    choices: tuple[str, ...]
    """The choices counted; () for numbers."""
    shares: tuple[float, ...]
    """Share of each bin or choice; then, for both, the share of "not known"; choices have "another" before it."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a model file says about itself."""

    format: int = FORMAT
    kind: str = "severity"
    name: str
    version: str
    made_at: str
    """ISO 8601, UTC."""
    architecture: str
    code_version: str
    data: str
    """What it was trained on, in words, with the years."""
    data_sha256: str
    newest_day: str = ""
    """ISO; the last day it learned from, "" where the data had no dates."""
    licence: str = ""
    """Where the data come from and what that allows."""
    seeds: tuple[int, ...]
    classes: tuple[str, ...]
    """The data's own classes, the most urgent first; one logit each."""
    levels: tuple[str, ...]
    """For each class the agency's word: critical, high, moderate or low."""
    severe: int
    """How many of the first classes count as severe."""
    temperature: float = 1.0
    bias: tuple[float, ...] = ()
    """Probabilities are softmax(logits / temperature + bias); () is zeros."""
    cuts: tuple[float, ...] = ()
    """With more than two classes: the class told is how many cuts lie below the mean class number sum(k * p[k])."""
    gates: tuple[Gate, ...] = ()
    sets: Sets | None = None
    spreads: tuple[Spread, ...] = ()
    figures: dict[str, float] = {}
    """What was measured, by name: "auroc", "ece", "under-triage at 35 %", each maybe with " low" and " high"."""
    parts: dict[str, str] = {}
    """The sha256 of each other part."""


@dataclass(frozen=True, slots=True)
class BundleParts:
    """What training hands over to be written."""

    spec: FeatureSpec
    core_tflite: bytes
    network: NumpyCore
    card: str


def write_bundle(path: Path, manifest: Manifest, parts: BundleParts) -> str:
    """Write the model file whole or not at all; gives its sha256. The manifest's own `parts` are filled in here."""
    contents = {
        FEATURES: spec_bytes(parts.spec),
        CORE: parts.core_tflite,
        WEIGHTS: _npz(parts.network),
        CARD: parts.card.encode(),
    }
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    filled = msgspec.structs.replace(manifest, parts=sums)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {MANIFEST: msgspec.json.encode(filled), **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED, 9)
    data = whole.getvalue()
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(data)
    beside.replace(path)
    return hashlib.sha256(data).hexdigest()


def _npz(network: NumpyCore) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, array in to_arrays(network).items():
            piece = io.BytesIO()
            np.save(piece, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", EPOCH), piece.getvalue())
    return out.getvalue()
