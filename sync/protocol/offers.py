"""Map packs, models, agency files and run cards on offer: named by their hash, fetched and sent in any pieces.

GET ARTEFACTS lists (ArtefactsAnswer). GET ARTEFACTS/{sha256} answers Range with 206. Desks read; administrators
publish: PUT ARTEFACTS/{sha256}?kind=&name=&size=&offset= with a session's bearer token takes the bytes from `offset`
on, in as many requests as it takes, and answers with how many bytes the server has (Received).
"""

from typing import Literal, TypeAlias

from msgspec import Struct

ARTEFACTS = "/sync/artefacts"

ArtefactKind: TypeAlias = Literal["pack", "model", "agency", "cards"]
KINDS: tuple[ArtefactKind, ...] = ("pack", "model", "agency", "cards")


class ArtefactEntry(Struct, array_like=True, frozen=True):
    """`published_at` is UTC ms: of two with the same kind and name the newer one holds."""

    kind: str
    name: str
    sha256: str
    size: int
    published_at: int


class ArtefactsAnswer(Struct, array_like=True, frozen=True):
    epoch: str
    now_ms: int
    artefacts: list[ArtefactEntry]


class Received(Struct, array_like=True, frozen=True):
    """How much of an artefact the server has. `complete`: all of it, and its hash is right."""

    sha256: str
    size: int
    received: int
    complete: bool
