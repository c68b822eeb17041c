"""Loads a map pack with its roads and addresses: the slow part of starting, done beside the window, never before it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.paths import cache_folder

if TYPE_CHECKING:
    from core.pack.gazetteer import Gazetteer
    from core.pack.pack import MapPack
    from core.roads.engine import RoadEngine


def prepare_kernels() -> None:
    """Tell numba where compiled kernels are kept; before anything of core.roads is imported."""
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "kernels"))


@dataclass(frozen=True, slots=True)
class LoadedMap:
    pack: "MapPack"
    engine: "RoadEngine"
    gazetteer: "Gazetteer"


def load_map(path: Path) -> LoadedMap:
    """Open the pack and warm the road engine; from any thread. Raises Unavailable."""
    prepare_kernels()
    from core.pack.pack import open_pack
    from core.roads.engine import RoadEngine

    pack = open_pack(path, cache_folder() / "packs")
    engine = RoadEngine(pack.graph())
    engine.warm_up()
    return LoadedMap(pack, engine, pack.gazetteer())
