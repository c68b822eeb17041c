"""What the server hands out and this desk will use from its next start: the agency file and map packs."""

import logging
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.desk import DeskStore
from core.domain.agency_file import read_agency
from core.errors import ForedeskError
from workstation.compose import AGENCY_NAME, PACK_SETTING

if TYPE_CHECKING:
    from sync.protocol.offers import ArtefactEntry

TAKEN = "artefacts taken"  # setting: the hashes of what was taken up
KINDS = ("agency", "pack", "cards", "model")

log = logging.getLogger(__name__)


class Arrivals:
    """`wanted` is asked on the link's thread, all else on the desk's. `sentences` are for the health strip."""

    def __init__(self, store: DeskStore, folder: Path) -> None:
        self._store, self._folder = store, folder
        kept = store.get_setting(TAKEN)
        self._taken: dict[str, str] = msgspec.json.decode(kept, type=dict[str, str]) if kept else {}
        self.sentences: list[str] = []

    def wanted(self, entry: "ArtefactEntry") -> bool:
        return entry.kind in KINDS and self._taken.get(f"{entry.kind} {entry.name}") != entry.sha256

    def take(self, entry: "ArtefactEntry", path: Path, trouble: ForedeskError | None) -> None:
        """Put what was found sound where the next start looks; what is not is said and left alone."""
        try:
            if trouble is not None:
                raise trouble
            sentence = {"agency": self._agency, "pack": self._pack}.get(entry.kind, self._keep)(entry, path)
            self._taken[f"{entry.kind} {entry.name}"] = entry.sha256
            self._store.put_setting(TAKEN, msgspec.json.encode(self._taken).decode())
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


def check(entry: "ArtefactEntry", path: Path) -> ForedeskError | None:
    """Why the file cannot be used, None when it is sound. Slow for a map pack: it is unpacked and verified."""
    try:
        if entry.kind == "agency":
            read_agency(path)
        elif entry.kind == "pack":
            from core.pack.pack import open_pack

            open_pack(path)
    except ForedeskError as trouble:
        return trouble
    return None


def _plain(name: str) -> str:
    """A name from elsewhere as a file's name in a folder of ours."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].lstrip(".") or "file"
