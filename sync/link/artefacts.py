"""Map packs, models, agency files and run cards from the server: by hash, in pieces, when nothing else is to do."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

from sync.link.talk import Talk, first_of
from sync.protocol.offers import ARTEFACTS, ArtefactEntry

PART_BYTES = 1 << 20
LOOK_AGAIN_S = 900.0  # where the server tells of nothing: it is older, or there is no live connection
_HASH_PIECE = 1 << 18
_SHA256 = 64
_HEX = frozenset("0123456789abcdef")
_TRIES = 2

log = logging.getLogger(__name__)


OnArtefact = Callable[[ArtefactEntry, Path], None]


def newest(offered: Iterable[ArtefactEntry]) -> list[ArtefactEntry]:
    """Of each kind and name the one that holds; those whose hash cannot be a file's name are passed over."""
    holds: dict[tuple[str, str], ArtefactEntry] = {}
    for entry in sorted(offered, key=lambda entry: entry.published_at):
        if len(entry.sha256) == _SHA256 and set(entry.sha256) <= _HEX and entry.size > 0:
            holds[entry.kind, entry.name] = entry
    return sorted(holds.values(), key=lambda entry: entry.size)


class ArtefactFolder:
    """Whole files under their hash; what is not whole yet ends in .part. Nobody else writes here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, artefact: ArtefactEntry) -> Path:
        return self.folder / artefact.sha256

    def has(self, artefact: ArtefactEntry) -> bool:
        return self.path(artefact).is_file()

    def begun(self, artefact: ArtefactEntry) -> int:
        """How many bytes are here already."""
        part = self._part(artefact)
        return part.stat().st_size if part.is_file() else 0

    def add(self, artefact: ArtefactEntry, start: int, data: bytes) -> None:
        """Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._part(artefact).open("r+b" if start else "wb") as file:
            file.seek(start)
            file.write(data)

    def complete(self, artefact: ArtefactEntry) -> Path | None:
        """The whole file, when it is what its hash says; else what was fetched is thrown away. Raises OSError."""
        part = self._part(artefact)
        digest = sha256()
        with part.open("rb+") as file:
            while piece := file.read(_HASH_PIECE):
                digest.update(piece)
            os.fsync(file.fileno())
        if digest.hexdigest() != artefact.sha256:
            part.unlink()
            return None
        part.replace(self.path(artefact))
        return self.path(artefact)

    def _part(self, artefact: ArtefactEntry) -> Path:
        return self.folder / f"{artefact.sha256}.part"


class Artefacts:
    """Runs as long as the conversation does. `wanted` says which of the server's files this desk needs."""

    def __init__(
        self, talk: Talk, folder: ArtefactFolder, wanted: Callable[[ArtefactEntry], bool], on_artefact: OnArtefact
    ) -> None:
        self._talk, self._folder, self._wanted, self._on_artefact = talk, folder, wanted, on_artefact
        self._told: set[str] = set()

    async def run(self) -> None:
        while True:
            await self._talk.quiet()
            self._talk.offered.clear()
            try:
                for entry in newest((await self._talk.calls.artefacts()).artefacts):
                    if self._wanted(entry):
                        await self._fetch(entry)
            except OSError as error:
                log.warning("A file from the server could not be kept: %s", error)
            await first_of(self._talk.offered, LOOK_AGAIN_S)

    async def _fetch(self, artefact: ArtefactEntry) -> None:
        for _ in range(_TRIES):
            if self._folder.has(artefact) or await self._fetch_parts(artefact):
                if artefact.sha256 not in self._told:
                    self._told.add(artefact.sha256)
                    self._on_artefact(artefact, self._folder.path(artefact))
                return
        log.warning("The file %s from the server is not what its hash says.", artefact.name)

    async def _fetch_parts(self, artefact: ArtefactEntry) -> bool:
        start = self._folder.begun(artefact)
        while start < artefact.size:
            await self._talk.quiet()
            size = min(PART_BYTES, self._talk.meter.batch_bytes)
            end = min(artefact.size, start + size)
            answer = await self._talk.calls.part(f"{ARTEFACTS}/{artefact.sha256}", start, end)
            if answer.status == 200:
                start = 0
            elif answer.status != 206:
                return False
            await asyncio.to_thread(self._folder.add, artefact, start, answer.body)
            start += len(answer.body)
        return await asyncio.to_thread(self._folder.complete, artefact) is not None
