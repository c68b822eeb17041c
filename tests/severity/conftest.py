"""The shipped rules, a small model made on the spot with NumPy, and calls to try them on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.severity.bundle import BundleParts, Gate, Manifest, Sets, write_bundle
from core.severity.features import CallFacts, ChoiceField, FeatureSpec, Featuriser, NumberField, learn_vocabulary
from core.severity.network import Branch, NumpyCore
from core.severity.red_flag_file import read_red_flags
from core.severity.red_flags import RedFlags
from resources import resource_path

SEVERE = (
    "chest pressure and sweating",
    "severe head injury after fall",
    "vomiting and confused after fall",
    "elderly woman hip injury after fall",
    "broken leg bone showing after crash",
    "weak and confused since morning",
)
MILD = (
    "stubbed toe on door",
    "small cut on finger",
    "twisted ankle playing football",
    "splinter in hand",
    "sore throat since yesterday",
    "mild rash on arm",
)


@pytest.fixture(scope="session")
def rules() -> RedFlags:
    return RedFlags(read_red_flags(resource_path("severity", "red_flags.toml")))


@pytest.fixture(scope="session")
def small_parts() -> tuple[Manifest, BundleParts]:
    """A hidden layer of random weights under a fitted last one: small, but with everything a model file has."""
    calls = [CallFacts(text, {"age": 80 if text in SEVERE[:4] else 30}) for text in (*SEVERE, *MILD)]
    fields = (NumberField("age", (0.0, 2.0, 18.0, 65.0, 90.0), 0.0, 115.0), ChoiceField("sex", ("female", "male")))
    spec = learn_vocabulary(FeatureSpec(fields=fields, length=64), calls, seen_in=lambda _: 1)
    featuriser, rng = Featuriser(spec), np.random.default_rng(7)
    hidden = Branch(
        rng.normal(0, 1, (featuriser.vocabulary, 16)).astype(np.float32),
        rng.normal(0, 0.3, (featuriser.tab_width, 16)).astype(np.float32),
        rng.normal(0, 0.1, 16).astype(np.float32),
    )
    ids, weights, tab = featuriser.batch(calls)
    before = np.stack([hidden(*call) for call in zip(ids, weights, tab, strict=True)])
    wanted = np.repeat([[3.0, -3.0], [-3.0, 3.0]], len(SEVERE), axis=0)
    kernel, *_ = np.linalg.lstsq(np.maximum(before, 0.0), wanted, rcond=1e-3)
    last = (kernel.astype(np.float32), np.zeros(2, np.float32))
    core = NumpyCore((Branch(hidden.text, hidden.tab, hidden.bias, (last,)),))
    manifest = Manifest(
        name="small",
        version="1",
        made_at="2026-01-01T00:00:00Z",
        architecture="random hidden layer",
        code_version="test",
        data="twelve sentences",
        data_sha256="0" * 64,
        seeds=(7,),
        classes=("severe", "not severe"),
        levels=("high", "low"),
        severe=1,
        temperature=1.5,
        bias=(0.1, -0.1),
        gates=(Gate("0-17 years", 0, 18, 0.3), Gate("adults", 18, None, 0.5), Gate("age not known", None, None, 0.4)),
        sets=Sets(0.1, (0.8, 0.8)),
    )
    return manifest, BundleParts(spec, b"not a core", core, "# Small\n\nMade by a test.\n")


@pytest.fixture
def small_model(tmp_path: Path, small_parts: tuple[Manifest, BundleParts]) -> Path:
    """A fresh file of the small model."""
    path = tmp_path / "small.fdmodel"
    write_bundle(path, *small_parts)
    return path


Found = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def found(rules: RedFlags) -> Found:
    """Code to level of every flag that a text raises."""
    return lambda text: {flag.code: flag.level for flag in rules.find(text)}
