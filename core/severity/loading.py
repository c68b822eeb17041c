"""Opens a severity model's file: every check that can refuse it comes before anything of it is used."""

import hashlib
import io
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from core.domain.agency_file import SEVERITIES
from core.errors import Unavailable
from core.severity.bundle import CARD, CORE, FEATURES, FORMAT, MANIFEST, PARTS, WEIGHTS, Manifest
from core.severity.features import FeatureSpec, Featuriser, read_spec
from core.severity.network import NumpyCore, from_arrays

MOST_BYTES = 200_000_000
MOST_UNPACKED_BYTES = 600_000_000
HOLDS = "The model that was in use before goes on, where there is one; red flags and the incident types' defaults do."
_NOT_WHOLE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, KeyError, RuntimeError)
DO = "Fetch or train the model again, or roll back to an earlier one: foredesk model rollback severity."


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model file that passed every check."""

    sha256: str
    manifest: Manifest
    spec: FeatureSpec
    core_tflite: bytes
    network: NumpyCore
    card: str


class _Form(msgspec.Struct, frozen=True):
    """What is read of a manifest before its version is known."""

    format: int = 0
    kind: str = ""


def load_bundle(path: Path, expected_sha256: str = "") -> Bundle:
    """The model in the file at `path`; `expected_sha256` is what was registered, "" where nothing was.

    Raises Unavailable for a file that is missing, truncated, tampered with, of another version or kind, or that
    contradicts itself; nothing of it is used then.
    """
    data = _read(path)
    found = hashlib.sha256(data).hexdigest()
    if expected_sha256 and found != expected_sha256:
        raise _refused(path, "is not the one that was registered: its content was changed or is damaged")
    try:
        return _open(path, data, found)
    except _NOT_WHOLE as trouble:
        raise _refused(path, "is truncated or is not a model file") from trouble
    except (msgspec.MsgspecError, ValueError, UnicodeDecodeError, OSError) as trouble:
        raise _refused(path, f"contradicts itself ({trouble})") from trouble


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _refused(path, f"is larger than {MOST_BYTES // 1_000_000} MB, which no model file is")
        return path.read_bytes()
    except OSError as trouble:
        raise _refused(path, f"cannot be read ({trouble.strerror or 'the disk refused it'})") from trouble


def _open(path: Path, data: bytes, sha256: str) -> Bundle:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED_BYTES:
            raise _refused(path, "would unpack to more than any model file does")
        written = archive.read(MANIFEST)
        _check_version(path, msgspec.json.decode(written, type=_Form))
        manifest = msgspec.json.decode(written, type=Manifest)
        parts = {name: archive.read(name) for name in PARTS}
    for name, content in parts.items():
        if hashlib.sha256(content).hexdigest() != manifest.parts.get(name):
            raise _refused(path, f"was tampered with or damaged: {name} in it is not what the model was written with")
    spec = read_spec(parts[FEATURES])
    with np.load(io.BytesIO(parts[WEIGHTS]), allow_pickle=False) as arrays:
        network = from_arrays({name: arrays[name] for name in arrays.files})
    if wrong := _contradiction(manifest, spec, network):
        raise _refused(path, f"contradicts itself: {wrong}")
    return Bundle(sha256, manifest, spec, parts[CORE], network, parts[CARD].decode())


def _check_version(path: Path, form: _Form) -> None:
    if form.kind != "severity":
        raise _refused(path, f"is a model of another kind ({form.kind[:30] or 'unnamed'}), not of severity")
    if form.format != FORMAT:
        age = "a newer" if form.format > FORMAT else "an older"
        raise _refused(path, f"was made for {age} Foredesk (version {form.format}; this one reads {FORMAT})")


def _contradiction(manifest: Manifest, spec: FeatureSpec, network: NumpyCore) -> str:
    """What in the file does not fit together, "" when everything does."""
    classes = len(manifest.classes)
    bias = manifest.bias or (0.0,)
    if classes < 2 or len(manifest.levels) != classes or not 0 < manifest.severe < classes:
        return "its classes and levels do not fit together"
    if any(level not in SEVERITIES for level in manifest.levels):
        return f"its levels are not {', '.join(SEVERITIES)}"
    if manifest.bias and len(manifest.bias) != classes:
        return "its calibration does not fit its classes"
    if not (math.isfinite(manifest.temperature) and manifest.temperature > 0):
        return "its calibration is not a number"
    if not all(map(math.isfinite, (*bias, *manifest.cuts))):
        return "its calibration is not a number"
    if manifest.cuts and (len(manifest.cuts) != classes - 1 or list(manifest.cuts) != sorted(manifest.cuts)):
        return "its cuts do not fit its classes"
    if manifest.sets and len(manifest.sets.limits) != classes:
        return "its sets do not fit its classes"
    if not all(0.0 <= gate.threshold <= 1.0 for gate in manifest.gates):
        return "a gate is not a probability"
    return _shapes(Featuriser(spec), network, classes)


def _shapes(featuriser: Featuriser, network: NumpyCore, classes: int) -> str:
    for branch in network.branches:
        last = branch.dense[-1][1] if branch.dense else branch.bias
        if branch.text.shape[0] != featuriser.vocabulary or branch.tab.shape[0] != featuriser.tab_width:
            return "its network does not fit its featuriser"
        if last.shape != (classes,):
            return "its network does not fit its classes"
        if not all(bool(np.isfinite(a).all()) for a in (branch.text, branch.tab, branch.bias)):
            return "its network holds what is not a number"
    return ""


def _refused(path: Path, why: str) -> Unavailable:
    return Unavailable(f"The severity model {path.name} {why}.", HOLDS, DO)
