"""What every view is handed: the desk, the map and the selection. Passing it around replaces globals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.desk import Desk
from core.errors import Unavailable
from widgets.notifier import Notifier
from widgets.palette import Palette
from widgets.selection import Selection

if TYPE_CHECKING:
    from core.domain.board import Incident
    from core.pack.gazetteer import Gazetteer
    from core.pack.pack import MapPack
    from core.response.correct import Corrected
    from core.response.expecting import Way
    from core.roads.engine import RoadEngine
    from widgets.avl_control import AvlControl
    from widgets.models_control import ModelsControl
    from widgets.suggester import Suggester
    from widgets.sync.control import SyncControl


class Mode(StrEnum):
    LIVE = "live"
    DEMO = "demo"
    TRAINING = "training"


@dataclass(slots=True)
class DeskContext:
    """`pack`, `engine` and `gazetteer` are None until they are loaded in the background, or for good without a map;
    `map_coming` says which. `map_trouble` says why a map that was asked for could not be opened.

    `avl` is None where no radios are to be listened to, `sync` where no server can be joined (the demo).
    `report_error` shows a Refused or Unavailable where the operator looks (the command line's echo).
    """

    desk: Desk
    notifier: Notifier
    selection: Selection
    palette: Palette
    mode: Mode = Mode.LIVE
    pack: "MapPack | None" = None
    engine: "RoadEngine | None" = None
    gazetteer: "Gazetteer | None" = None
    map_trouble: Unavailable | None = None
    avl: "AvlControl | None" = None
    suggester: "Suggester | None" = None  # None: the incident types' defaults alone are suggested
    sync: "SyncControl | None" = None
    models: "ModelsControl | None" = None
    expects: "Callable[[Incident, Sequence[Way], int], list[Corrected]] | None" = None  # None: no approved model
    map_coming: bool = False
    report_error: Callable[[Exception], None] = lambda _error: None

    @property
    def map_on_its_way(self) -> bool:
        """Whether roads are being loaded, so that travel times will come by themselves."""
        return self.engine is None and self.map_trouble is None and (self.map_coming or self.pack is not None)
