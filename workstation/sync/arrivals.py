"""What the server hands out: agency file and map packs for the next start, models as candidates for people to judge."""

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from core.clock import Clock
from core.desk import DeskStore
from core.domain.agency_file import read_to_hand_on
from core.errors import ForedeskError, Unavailable
from workstation.compose import AGENCY_NAME, PACK_SETTING

if TYPE_CHECKING:
    from sync.protocol.offers import ArtefactEntry

TAKEN = "artefacts taken"  # setting: the hashes of what was taken up
KINDS = ("agency", "pack", "cards", "model")

log = logging.getLogger(__name__)


class Arrivals:
    """`wanted` is asked on the link's thread, `examine` on one of its own, all else on the desk's.

    `server` is its name for people; `sentences` are for the health strip.
    """

    def __init__(self, store: DeskStore, folder: Path, clock: Clock, server: str) -> None:
        self._store, self._folder, self._clock, self._server = store, folder, clock, server
        kept = store.get_setting(TAKEN)
        self._taken: dict[str, str] = msgspec.json.decode(kept, type=dict[str, str]) if kept else {}
        self.sentences: list[str] = []

    def wanted(self, entry: "ArtefactEntry") -> bool:
        return entry.kind in KINDS and self._taken.get(f"{entry.kind} {entry.name}") != entry.sha256

    def examine(self, entry: "ArtefactEntry", path: Path) -> ForedeskError | str:
        """Why the file cannot be used; else, of a model, what became of it, and "" of what is still to be taken."""
        try:
            _check(entry, path)
            return self._register(entry, path) if entry.kind == "model" else ""
        except ForedeskError as trouble:
            return trouble

    def _register(self, entry: "ArtefactEntry", path: Path) -> str:
        """A candidate answers nobody; a person decides what becomes of it."""
        from core.models.opening import open_model
        from core.models.registry import FOLDER, Registry

        opened = open_model(path)
        registry = Registry(self._folder / FOLDER, self._clock)
        known = any(model.sha256 == entry.sha256 for model in registry.models(opened.kind))
        model = registry.add(
            opened.kind,
            path,
            name=opened.name,
            made_by=f"the server {self._server}",
            origin=replace(opened.origin, came=f"handed out by the server {self._server}"),
            evaluations=opened.evaluations,
        )
        came = f"The model file “{entry.name}” came from the server"
        if known:
            return f"{came}; it was here already: {model.title}, {model.state}."
        return f"{came}; it is the {model.title}, a {model.state} that answers nobody until a person approves it."

    def take(self, entry: "ArtefactEntry", path: Path, found: ForedeskError | str) -> None:
        """Put what `examine` found sound where the next start looks; what is not is said and left alone."""
        try:
            if isinstance(found, ForedeskError):
                raise found
            sentence = found or {"agency": self._agency, "pack": self._pack}.get(entry.kind, self._keep)(entry, path)
            self._taken[f"{entry.kind} {entry.name}"] = entry.sha256
            self._store.put_setting(TAKEN, msgspec.json.encode(self._taken).decode())
            path.unlink(missing_ok=True)  # a model's: the registry has its own
        except (ForedeskError, OSError) as error:
            log.warning("%s from the server could not be taken up: %s", entry.name, error)
            sentence = f"The {entry.kind} file “{entry.name}” came from the server and cannot be used: {error}"
        self.sentences.append(sentence)

    def _agency(self, entry: "ArtefactEntry", path: Path) -> str:
        own = self._folder / AGENCY_NAME
        if own.exists():
            shutil.copyfile(own, own.with_suffix(".before.toml"))
        path.replace(own)
        return f"The agency file “{entry.name}” came from the server; it holds from the next start on."

    def _pack(self, entry: "ArtefactEntry", path: Path) -> str:
        named = self._placed(path, "packs", f"{_plain(entry.name).removesuffix('.fdpack')}-{entry.sha256[:8]}.fdpack")
        self._store.put_setting(PACK_SETTING, str(named))
        return f"The map pack “{entry.name}” came from the server; the next start opens it."

    def _keep(self, entry: "ArtefactEntry", path: Path) -> str:
        return f"“{entry.name}” came from the server: {self._placed(path, 'arrived', _plain(entry.name))}."

    def _placed(self, path: Path, folder: str, name: str) -> Path:
        target = (self._folder / folder / name).absolute()
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        return target


def _check(entry: "ArtefactEntry", path: Path) -> None:
    """Raises Unavailable for what cannot be used. Slow for a map pack: it is unpacked and verified."""
    if entry.kind == "agency":
        read_to_hand_on(path)
    elif entry.kind == "pack":
        from core.pack.pack import open_pack

        open_pack(path)
    elif entry.kind == "model" and _hash(path) != entry.sha256:
        raise Unavailable(
            "Its content is not what the server handed out.", "Nothing of it is used.", "Publish the file again."
        )


def _hash(path: Path) -> str:
    from core.models.files import hash_of

    try:
        return hash_of(path)
    except OSError as error:
        raise Unavailable(f"It cannot be read: {error.strerror or error}.", "Nothing of it is used.") from error


def _plain(name: str) -> str:
    """A name from elsewhere as a file's name in a folder of ours."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].lstrip(".") or "file"
