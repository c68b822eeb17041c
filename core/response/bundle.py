"""The response-time model's file: one `.fdmodel` zip with all that is needed to run it, and the sum of each part.

- manifest.json: `ResponseManifest`; - features.json: `JourneySpec`; - weights.npz: the network; - card.md: its card.
"""

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from core.errors import Unavailable
from core.models.record import Evaluation
from core.response.journeys import JourneySpec
from core.response.network import Network, from_arrays, to_arrays

FORMAT = 1
KIND = "response"
MANIFEST, FEATURES, WEIGHTS, CARD = "manifest.json", "features.json", "weights.npz", "card.md"
PARTS = (FEATURES, WEIGHTS, CARD)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # every part carries the same date: the same model gives the same bytes
_MOST_BYTES = 64_000_000  # of one part, unpacked


class Target(Struct, frozen=True):
    """One time that is predicted, in seconds: "turnout" (alarm to wheels), "travel" (to the scene), "response" (both).

    Log seconds are `base_log`, or log(eta + `eta_plus_s`) where the target follows the road engine's time and that is
    known, plus what the network says. The shifts make it hold what it says (conformalised quantiles).
    """

    name: str
    base_log: float
    follows_eta: bool = False
    eta_plus_s: float = 0.0
    shift_median: float = 0.0
    shift_90: float = 0.0


class ResponseManifest(Struct, frozen=True, kw_only=True):
    """What a model file says about itself."""

    format: int = FORMAT
    kind: str = KIND
    name: str
    version: str
    made_at: str  # ISO 8601, UTC
    architecture: str
    code_version: str
    data: str  # what it was trained on, in words
    data_sha256: str
    rows: int = 0
    newest_at: int = 0  # of the data, ms of local time
    trained_until: int = 0  # what it has seen of them
    licence: str = ""
    seeds: tuple[int, ...]
    targets: tuple[Target, ...]
    shortest_s: float
    longest_s: float  # what lay outside was no response and was left out of training
    evaluation: Evaluation | None = None
    parts: dict[str, str] = {}  # the SHA-256 of each other part


class ResponseBundle(Struct, frozen=True):
    manifest: ResponseManifest
    spec: JourneySpec
    network: Network
    card: str


def write_bundle(path: Path, bundle: ResponseBundle) -> str:
    """Write the model file whole or not at all; its SHA-256. The manifest's `parts` are filled in here."""
    contents = {
        FEATURES: msgspec.json.encode(bundle.spec),
        WEIGHTS: _npz(bundle.network),
        CARD: bundle.card.encode(),
    }
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    filled = msgspec.structs.replace(bundle.manifest, parts=sums)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in {MANIFEST: msgspec.json.encode(filled), **contents}.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED, 9)
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(whole.getvalue())
    beside.replace(path)
    return hashlib.sha256(whole.getvalue()).hexdigest()


def read_bundle(path: Path) -> ResponseBundle:
    """Read and check a model file. Raises Unavailable for one that is foreign, damaged, or of another version."""
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(path, _part(archive, MANIFEST))
            contents = {name: _part(archive, name) for name in PARTS}
        for name, content in contents.items():
            if hashlib.sha256(content).hexdigest() != manifest.parts.get(name):
                raise ValueError(f"{name} is not what was written")
        spec = msgspec.json.decode(contents[FEATURES], type=JourneySpec)
        with np.load(io.BytesIO(contents[WEIGHTS]), allow_pickle=False) as arrays:
            network = from_arrays(arrays)
        _check_fit(manifest, spec, network)
        return ResponseBundle(manifest, spec, network, contents[CARD].decode())
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, msgspec.MsgspecError) as error:
        raise Unavailable(
            f"{path.name} is no whole response-time model: {error}.",
            "It is not loaded; ETAs are the road engine's, or the last good model's.",
            "Put the file back, or approve another model.",
        ) from error
    except OSError as error:
        raise Unavailable(f"{path.name} cannot be read: {error.strerror or error}.", "It is not loaded.") from error


def _manifest(path: Path, content: bytes) -> ResponseManifest:
    head = msgspec.json.decode(content)
    if not isinstance(head, dict) or head.get("kind") != KIND:
        raise ValueError("it is a model of another kind")
    if head.get("format") != FORMAT:
        raise Unavailable(
            f"{path.name} has format {head.get('format')}, and this Foredesk reads {FORMAT}.",
            "It is not loaded.",
            "Train it anew, or install the Foredesk it was made with.",
        )
    return msgspec.convert(head, ResponseManifest)


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"{name} is too large")
    return content


def _check_fit(manifest: ResponseManifest, spec: JourneySpec, network: Network) -> None:
    """The parts belong together: vocabulary, numbers and targets are as many as the network has."""
    vocabularies = (*(len(column.words) + 1 for column in spec.columns), 168, 12)
    for member in network.members:
        width = sum(table.shape[1] for table in member.tables) + spec.width
        fits = (
            tuple(len(table) for table in member.tables) == vocabularies
            and member.layers[0][0].shape[0] == width
            and member.layers[-1][0].shape[1] == 2 * len(manifest.targets)
            and len(spec.mean) == len(spec.scale) == len(spec.low) == len(spec.high) == spec.width
            and set(spec.usual_columns) <= {column.name for column in spec.columns}
        )
        if not fits:
            raise ValueError("its parts do not fit each other")


def _npz(network: Network) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, array in to_arrays(network).items():
            piece = io.BytesIO()
            np.save(piece, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), piece.getvalue())
    return out.getvalue()
