"""Coverage for the page: the roads once per map as numbers, then one byte per node whenever it changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from widgets.map.bridge import Bridge
from widgets.map.look import Look
from widgets.map.room import WebRoom
from widgets.map.scheme import ORIGIN

if TYPE_CHECKING:
    from core.domain.board import Closure
    from core.roads.graph import RoadGraph

_WORLD = 256.0  # Leaflet's map at zoom 0, in pixels
_EARTH_M = 40_075_016.7
_numbers = count(1)


class Covering(QObject):
    """Keeps what the page has to know of coverage and closed roads. `drawn` when the newest state has been painted."""

    drawn = Signal()

    def __init__(self, bridge: Bridge, room: WebRoom, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge, self._room = bridge, room
        self._ready = self._on_its_way = self._waiting = False
        self._net_path = ""
        self._states_path = f"/coverage/states/{next(_numbers)}.bin"
        self._states = b""
        self._version = 0
        self.look = Look()
        self._closures: list[dict[str, object]] = []
        self._aiming = False
        room.content.put(self._states_path, lambda: self._states)
        bridge.is_ready.connect(self._start)
        bridge.states_taken.connect(self._taken)

    def show_roads(self, graph: "RoadGraph | None") -> None:
        """The roads whose coverage will be told, or None; what was told before is void."""
        self._room.content.remove(self._net_path)
        self._net_path, self._states = "", b""
        if graph is not None:
            self._net_path = f"/coverage/roads/{next(_numbers)}.bin"
            self._room.content.put(self._net_path, _packed_once(graph))
        self._tell(self._net_message())

    def show_states(self, states: bytes) -> None:
        """One byte per node: its count up to `MOST`, plus `SOON`; or `NOBODY`."""
        self._states = states
        self._version += 1
        self._announce()

    def show_look(self, look: Look) -> None:
        if look != self.look:
            self.look = look
            self._tell(self._look_message())

    def show_closures(self, closures: "Sequence[Closure]") -> None:
        rows: list[dict[str, object]] = [
            {"id": each.id, "road": each.road, "points": [list(point) for point in each.points]} for each in closures
        ]
        if rows != self._closures:
            self._closures = rows
            self._tell({"kind": "closures", "rows": rows})

    def aim(self, on: bool) -> None:
        """The pointer that says: the next click means a road."""
        self._aiming = on
        self._tell({"kind": "aim", "on": on})

    def pause(self) -> None:
        """The page is gone: keep everything for the next one."""
        self._ready = self._on_its_way = self._waiting = False

    def close(self) -> None:
        self.pause()
        for path in (self._net_path, self._states_path):
            self._room.content.remove(path)

    def _start(self) -> None:
        self._ready = True
        self._tell(self._look_message(), {"kind": "closures", "rows": self._closures}, self._net_message())
        if self._states:
            self._announce()

    def _look_message(self) -> dict[str, object]:
        return {"kind": "covering", **asdict(self.look)}

    def _net_message(self) -> dict[str, object]:
        return {"kind": "net", "url": f"{ORIGIN}{self._net_path}" if self._net_path else ""}

    def _tell(self, *messages: dict[str, object]) -> None:
        if self._ready:
            self._bridge.tell(messages)

    def _announce(self) -> None:
        """Never two at once: a page that is slow skips states and shows the newest."""
        if not self._ready:
            return
        if self._on_its_way:
            self._waiting = True
            return
        self._on_its_way = True
        self._bridge.covers.emit(f"{ORIGIN}{self._states_path}?v={self._version}")

    def _taken(self) -> None:
        self._on_its_way = False
        self.drawn.emit()
        if self._waiting:
            self._waiting = False
            self._announce()


def _packed_once(graph: "RoadGraph") -> Callable[[], bytes]:
    """Packs when the page asks, and again only should it crash: nobody else needs these megabytes."""
    return lambda: packed_roads(graph)


def packed_roads(graph: "RoadGraph") -> bytes:
    """Int32 counts of nodes and pieces; Float64 west and north edge and a metre, in Leaflet's world of 256 pixels;
    Float32 offsets of each node from that corner; Int32 nodes at both ends of each piece.
    """
    sine = np.clip(np.sin(np.radians(np.asarray(graph.node_lat))), -0.9999, 0.9999)
    x = _WORLD * (np.asarray(graph.node_lon) / 360 + 0.5)
    y = _WORLD * (0.5 - np.log((1 + sine) / (1 - sine)) / (4 * np.pi))
    west, north = (float(x.min()), float(y.min())) if graph.nodes else (0.0, 0.0)
    south, _, far, _ = graph.bounds
    metre = _WORLD / (_EARTH_M * max(0.01, float(np.cos(np.radians((south + far) / 2)))))
    offsets = np.column_stack([x - west, y - north]).astype(np.float32)
    ends = np.column_stack([graph.segment_a, graph.segment_b]).astype(np.int32)
    counts = np.array([graph.nodes, len(ends)], np.int32)
    return b"".join(part.tobytes() for part in (counts, np.array([west, north, metre]), offsets, ends))
