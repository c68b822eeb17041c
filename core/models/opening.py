"""Opens a model file of either kind as its own room does, and tells what the registry keeps of it."""

import zipfile
import zlib
from pathlib import Path

import msgspec
from msgspec import Struct

from core.errors import Unavailable
from core.models.record import Evaluation, Kind, Origin

_MANIFEST = "manifest.json"
_MOST_BYTES = 64_000_000  # of the manifest, unpacked
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, KeyError, EOFError, ValueError, RuntimeError)


class Opened(Struct, frozen=True):
    """What a sound model file says of itself."""

    kind: Kind
    name: str
    origin: Origin
    evaluations: tuple[Evaluation, ...] = ()


class _Head(Struct, frozen=True):
    kind: str = ""


def open_model(path: Path) -> Opened:
    """Read the file whole, every check included. Raises Unavailable for one that is broken or no model of ours."""
    try:
        kind = _kind(path)
        if kind == Kind.SEVERITY:
            return _severity(path)
        if kind == Kind.RESPONSE:
            return _response(path)
    except (*_BROKEN, msgspec.MsgspecError) as error:
        raise _refused("It is truncated, damaged, or no model file.") from error
    except OSError as error:
        raise _refused(f"It cannot be read: {error.strerror or error}.") from error
    raise _refused(f"It is a model of a kind that this Foredesk does not know ({kind[:30] or 'unnamed'}).")


def _kind(path: Path) -> str:
    with zipfile.ZipFile(path) as archive, archive.open(_MANIFEST) as manifest:
        return msgspec.json.decode(manifest.read(_MOST_BYTES), type=_Head).kind


def _severity(path: Path) -> Opened:
    from core.severity.loading import load_bundle

    manifest = load_bundle(path).manifest
    origin = Origin(
        data=manifest.data,
        data_hash=manifest.data_sha256,
        seed=manifest.seeds[0] if manifest.seeds else 0,
        code_version=manifest.code_version,
        architecture=manifest.architecture,
    )
    return Opened(Kind.SEVERITY, manifest.name, origin)


def _response(path: Path) -> Opened:
    from core.response.bundle import read_bundle

    manifest = read_bundle(path).manifest
    origin = Origin(
        data=manifest.data,
        data_hash=manifest.data_sha256,
        rows=manifest.rows,
        seed=manifest.seeds[0] if manifest.seeds else 0,
        code_version=manifest.code_version,
        architecture=manifest.architecture,
        newest_at=manifest.newest_at,
    )
    return Opened(Kind.RESPONSE, manifest.name, origin, (manifest.evaluation,) if manifest.evaluation else ())


def _refused(happened: str) -> Unavailable:
    return Unavailable(happened, "Nothing of it is used.", "Take the file anew from where it was made.")
