"""A grid over the road segments that finds the exactly nearest one in microseconds, and is stored with the graph.

Cells are rectangles of latitude and longitude. Each holds the segments that pass through it, and perhaps some that only
come near; a search looks at every cell that a box around the point touches, so it never misses the nearest.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.roads.compiled import compiled
from core.roads.segments import EARTH_RADIUS_M, Floats, Ints

CELL_M = 150.0
MOST_CELLS = 4_000_000  # 16 MB of offsets; wider areas get larger cells
METRES_PER_DEGREE = math.radians(1.0) * EARTH_RADIUS_M
FIRST_REACH_M = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class SegmentGrid:
    """`cell_first` [cells + 1] and `cell_segment` list the segments of each cell, row by row from the south-west.

    `frame` holds south, west, degrees of latitude and of longitude per cell; `shape` holds rows and columns.
    """

    frame: Floats
    shape: Ints
    cell_first: Ints
    cell_segment: Ints


def build_grid(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> SegmentGrid:
    """The grid of segments from a to b, in degrees. Long ones are entered piece by piece along their length."""
    if not len(lat_a):
        empty = np.zeros(0, np.int32)
        return SegmentGrid(np.array([0.0, 0.0, 1.0, 1.0]), np.ones(2, np.int32), np.zeros(2, np.int32), empty)
    frame, shape = _frame(np.concatenate([lat_a, lat_b]), np.concatenate([lon_a, lon_b]))
    y_a, x_a = (lat_a - frame[0]) / frame[2], (lon_a - frame[1]) / frame[3]
    y_b, x_b = (lat_b - frame[0]) / frame[2], (lon_b - frame[1]) / frame[3]
    pieces = np.ceil(np.maximum(np.maximum(abs(y_b - y_a), abs(x_b - x_a)), 1)).astype(np.int64)
    segment = np.repeat(np.arange(len(pieces)), pieces)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    low, high = step / pieces[segment], (step + 1) / pieces[segment]
    rows = _spans(y_a[segment], y_b[segment], low, high, int(shape[0]))
    columns = _spans(x_a[segment], x_b[segment], low, high, int(shape[1]))
    corners = [(row * int(shape[1]) + column) * len(pieces) + segment for row in rows for column in columns]
    entries = np.unique(np.concatenate(corners))
    cells, members = np.divmod(entries, len(pieces))
    counts = np.bincount(cells, minlength=int(shape[0]) * int(shape[1]))
    cell_first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return SegmentGrid(frame, shape, cell_first, members.astype(np.int32))


def _spans(a: Floats, b: Floats, low: Floats, high: Floats, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last cell of each piece in one direction; pieces are at most a cell long, so these are all."""
    ends = np.sort(np.stack([a + (b - a) * low, a + (b - a) * high]), axis=0)
    cells = np.clip(np.floor(ends).astype(np.int64), 0, size - 1)
    return cells[0], cells[1]


def _frame(lat: Floats, lon: Floats) -> tuple[Floats, Ints]:
    south, west, height, width = lat.min(), lon.min(), np.ptp(lat), np.ptp(lon)
    stretch = max(0.01, math.cos(math.radians(float(south + height / 2))))
    cell_m = CELL_M
    while True:
        tall, wide = cell_m / METRES_PER_DEGREE, cell_m / (METRES_PER_DEGREE * stretch)
        rows, columns = int(height // tall) + 1, int(width // wide) + 1
        if rows * columns <= MOST_CELLS:
            return np.array([south, west, tall, wide]), np.array([rows, columns], np.int32)
        cell_m *= 2


@compiled
def nearest_segment(
    lat: float,
    lon: float,
    limit_m: float,
    joined_only: bool,
    joined: NDArray[np.bool_],
    frame: Floats,
    shape: Ints,
    cell_first: Ints,
    cell_segment: Ints,
    segment_a: Ints,
    segment_b: Ints,
    node_lat: Floats,
    node_lon: Floats,
) -> tuple[int, float, float]:
    """The nearest segment (or the nearest `joined` one), fraction from a to b, metres; segment -1 for none.

    Distances are taken on the plane through the point, which is exact to millimetres within `limit_m` of a few km.
    """
    north_m = METRES_PER_DEGREE
    east_m = north_m * max(0.01, math.cos(math.radians(lat)))
    best, best_fraction, best_m2 = -1, 0.0, limit_m * limit_m
    reach = min(FIRST_REACH_M, limit_m)
    while True:
        row_0 = max(0, math.floor((lat - reach / north_m - frame[0]) / frame[2]))
        row_1 = min(shape[0] - 1, math.floor((lat + reach / north_m - frame[0]) / frame[2]))
        column_0 = max(0, math.floor((lon - reach / east_m - frame[1]) / frame[3]))
        column_1 = min(shape[1] - 1, math.floor((lon + reach / east_m - frame[1]) / frame[3]))
        for row in range(row_0, row_1 + 1):
            for cell in range(row * shape[1] + column_0, row * shape[1] + column_1 + 1):
                for entry in range(cell_first[cell], cell_first[cell + 1]):
                    segment = cell_segment[entry]
                    if joined_only and not joined[segment]:
                        continue
                    a, b = segment_a[segment], segment_b[segment]
                    x_a, y_a = (node_lon[a] - lon) * east_m, (node_lat[a] - lat) * north_m
                    x, y = (node_lon[b] - node_lon[a]) * east_m, (node_lat[b] - node_lat[a]) * north_m
                    length2 = x * x + y * y
                    fraction = 0.0
                    if length2 > 0.0:
                        fraction = min(1.0, max(0.0, -(x_a * x + y_a * y) / length2))
                    m2 = (x_a + fraction * x) ** 2 + (y_a + fraction * y) ** 2
                    if m2 < best_m2 or (m2 == best_m2 and best >= 0 and segment < best):
                        best, best_fraction, best_m2 = segment, fraction, m2
        if reach >= limit_m or (best >= 0 and best_m2 <= reach * reach):
            return best, best_fraction, math.sqrt(best_m2)
        reach = min(limit_m, 2.0 * reach)
