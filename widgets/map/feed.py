"""What the page has to know, kept so that only changes travel and a page that starts again hears everything."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import count

import msgspec
from PySide6.QtCore import QObject, QTimer

from widgets.map.bridge import Bridge
from widgets.map.differences import UnitDifferences
from widgets.map.ground import MapGround
from widgets.map.room import WebRoom
from widgets.map.rows import MapIncident, MapUnit
from widgets.map.scheme import ORIGIN
from widgets.map.tiles import deepest_zoom
from widgets.palette import Palette

_numbers = count(1)
Message = dict[str, object]


class Feed(QObject):
    """Messages to one page. None goes before the page is ready, nor new positions before it took the last ones."""

    def __init__(self, bridge: Bridge, room: WebRoom, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._room = room
        self._ready = False
        self._units = UnitDifferences()
        self._palette: Message | None = None
        self._ground: Message | None = None
        self._incidents: Message = {"kind": "incidents", "rows": []}
        self._route: Message = {"kind": "route", "points": [], "label": ""}
        self._track: Message = {"kind": "track", "points": []}
        self._mark: Message = {"kind": "mark", "at": 0, "label": ""}
        self._tiles_path = ""
        self._on_its_way = False  # positions were announced and not yet taken
        self._waiting = False
        self._view: tuple[float, float, float] | None = None
        self._wish: list[Message] = []
        self._positions_path = f"/units/{next(_numbers)}.bin"
        room.content.put(self._positions_path, self._units.positions)
        bridge.is_ready.connect(self._start)
        bridge.positions_taken.connect(self._taken)

    def pause(self) -> None:
        """The page is gone: keep everything for the next one."""
        self._ready = self._on_its_way = self._waiting = False

    def close(self) -> None:
        self.pause()
        self._room.content.remove(self._positions_path)
        self._room.content.remove(self._tiles_path)

    def palette(self, palette: Palette, family: str) -> None:
        self._palette = {"kind": "palette", "palette": asdict(palette), "family": family}
        self.send(self._palette)

    def ground(self, ground: MapGround, *, metric: bool = True) -> None:
        """A new ground is looked at as a whole, once; after that the operator alone moves the map."""
        self._room.content.remove(self._tiles_path)
        self._tiles_path = f"/basemap/{next(_numbers)}.pmtiles"
        if ground.tiles is not None:
            self._room.content.put_file(self._tiles_path, ground.tiles)
        self._ground = {
            "kind": "ground",
            "url": f"{ORIGIN}{self._tiles_path}" if ground.tiles else "",
            "max_zoom": deepest_zoom(ground.tiles) if ground.tiles else 0,
            "attribution": ground.attribution,
            "bounds": ground.bounds,
            "places": [asdict(place) for place in ground.places],
            "metric": metric,
            "zoned": ground.zoned,
        }
        self.send({**self._ground, "view": None})

    def units(self, rows: Sequence[MapUnit]) -> None:
        message = self._units.take(rows)
        if message is not None:
            self.send(message)
        if self._units.moved():
            self._announce()

    def incidents(self, rows: Sequence[MapIncident]) -> None:
        message: Message = {"kind": "incidents", "rows": msgspec.to_builtins(rows)}
        if message != self._incidents:
            self._incidents = message
            self.send(message)

    def route(self, points: Sequence[tuple[float, float]], label: str) -> None:
        message: Message = {"kind": "route", "points": [list(point) for point in points], "label": label}
        if message != self._route:
            self._route = message
            self.send(message)

    def track(self, points: Sequence[tuple[float, float]], at: int, label: str) -> None:
        """The way travels once; after that only where on it the mark is."""
        way: Message = {"kind": "track", "points": [list(point) for point in points]}
        self._mark = {"kind": "mark", "at": at, "label": label}
        if way != self._track:
            self._track = way
            self.send(way)
        self.send(self._mark)

    def look(self, message: Message) -> None:
        """Where to look: at once, or first thing when the page is ready."""
        if self._ready:
            self.send(message)
        else:
            self._wish = [message]

    def send(self, *messages: Message) -> None:
        if self._ready:
            self._bridge.tell(messages)

    def remember_view(self, lat: float, lon: float, zoom: float) -> None:
        if self._ready:
            self._view = (lat, lon, zoom)

    def _start(self) -> None:
        self._ready = True
        known = [self._palette] if self._palette else []
        if self._ground:
            known.append({**self._ground, "view": self._view})
        self._bridge.tell(
            [*known, self._units.everything(), self._incidents, self._route, self._track, self._mark, *self._wish]
        )
        self._wish = []
        self._announce()

    def _announce(self) -> None:
        if not self._ready:
            return
        if self._on_its_way:
            self._waiting = True
            return
        self._on_its_way = True
        self._bridge.moved.emit(f"{self._positions_path}?v={self._units.version}")

    def _taken(self) -> None:
        self._on_its_way = False
        if self._waiting:
            self._waiting = False
            QTimer.singleShot(0, self, self._announce)
