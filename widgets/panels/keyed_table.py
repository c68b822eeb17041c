"""A table of rows known by a key, updated by difference, so that selection, scroll and reading eye keep their place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from core.domain.statuses import Priority, UnitStatus
from core.domain.timers import TimerState

CELL_ROLE = int(Qt.ItemDataRole.UserRole) + 1
SECOND_LINE_ROLE = CELL_ROLE + 1
Index = QModelIndex | QPersistentModelIndex


class Tone(Enum):
    PLAIN = auto()
    MUTED = auto()
    STRONG = auto()
    WARNING = auto()
    ALARM = auto()


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: text, and at most one mark before it. `spoken` is the cell for a screen reader."""

    text: str = ""
    spoken: str = ""
    tone: Tone = Tone.PLAIN
    priority: Priority | None = None
    status: UnitStatus | None = None
    timer: TimerState | None = None
    ticked: bool | None = None
    unsynced: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`spoken` is the whole row as one sentence; `gone` rows left the list while it was held still.

    `second` runs under the cells over the whole width, for views with two lines a row.
    """

    key: str
    cells: tuple[Cell, ...]
    spoken: str = ""
    gone: bool = False
    second: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """`sample` is the widest text it should hold; the one that stretches takes what is left.

    Where the list is too narrow for all, columns go in the order of `drop`, the highest first; 0 always stays. Before
    those of 1 go, the stretching one shrinks to `least`.
    """

    title: str
    sample: str = ""
    right: bool = False
    drop: int = 0
    stretch: bool = False
    least: str = ""
    mark: str = ""  # "priority", "status", "sync" or "tick": room for that mark is added


class KeyedTable(QAbstractTableModel):
    """`show` brings the table to the given rows; subclasses answer `live_cell` for cells that change with time."""

    def __init__(self, columns: Sequence[Column], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.now_ms = 0
        self._keys: list[str] = []
        self._rows: dict[str, Row] = {}
        self._at: dict[str, int] = {}

    def live_cell(self, _key: str, _column: int) -> Cell | None:
        """The cell at this moment, for columns that run with the clock; None for the others."""
        return None

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def key_at(self, row: int) -> str:
        return self._keys[row] if 0 <= row < len(self._keys) else ""

    def row_of(self, key: str) -> int:
        """The row's place, -1 when it is not shown."""
        return self._at.get(key, -1)

    def cell(self, row: int, column: int) -> Cell:
        key = self._keys[row]
        return self.live_cell(key, column) or self._rows[key].cells[column]

    def show(self, rows: Sequence[Row], *, hold: bool = False) -> bool:
        """Show `rows`. While held, rows keep their places, new ones go to the end and gone ones stay, marked.

        Returns whether the shown order differs from the wanted one.
        """
        target = {row.key: row for row in rows}
        wanted = list(target)
        if hold:
            for key in self._keys:
                if key not in target:
                    target[key] = self.gone_row(self._rows[key])
            known = set(self._keys)
            order = self._keys + [key for key in wanted if key not in known]
        else:
            order = wanted
        self._drop([key for key in self._keys if key not in target])
        self._reorder([key for key in order if key in self._at])
        self._insert(order, target)
        self._change(target)
        return order != wanted

    def gone_row(self, row: Row) -> Row:
        """What stands in the place of a row that left while the table was held."""
        return replace(row, gone=True)

    def _drop(self, keys: Sequence[str]) -> None:
        places = sorted((self._at[key] for key in keys), reverse=True)
        while places:
            last = first = places.pop(0)
            while places and places[0] == first - 1:
                first = places.pop(0)
            self.beginRemoveRows(QModelIndex(), first, last)
            for key in self._keys[first : last + 1]:
                del self._rows[key]
            del self._keys[first : last + 1]
            self._renumber()
            self.endRemoveRows()

    def _reorder(self, order: list[str]) -> None:
        if order == self._keys:
            return
        self.layoutAboutToBeChanged.emit()
        old = [(index, self._keys[index.row()], index.column()) for index in self.persistentIndexList()]
        self._keys = order
        self._renumber()
        for index, key, column in old:
            self.changePersistentIndex(index, self.index(self._at[key], column))
        self.layoutChanged.emit()

    def _insert(self, order: Sequence[str], target: dict[str, Row]) -> None:
        at = 0
        while at < len(order):
            if order[at] in self._at:
                at += 1
                continue
            end = at
            while end < len(order) and order[end] not in self._at:
                end += 1
            self.beginInsertRows(QModelIndex(), at, end - 1)
            self._keys[at:at] = order[at:end]
            self._rows.update((key, target[key]) for key in order[at:end])
            self._renumber()
            self.endInsertRows()
            at = end

    def _change(self, target: dict[str, Row]) -> None:
        last = len(self.columns) - 1
        for at, key in enumerate(self._keys):
            if self._rows[key] != target[key]:
                self._rows[key] = target[key]
                self.dataChanged.emit(self.index(at, 0), self.index(at, last))

    def _renumber(self) -> None:
        self._at = {key: at for at, key in enumerate(self._keys)}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        return 0 if parent.isValid() else len(self._keys)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._keys):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index.row(), index.column()).text
        if role == CELL_ROLE:
            cell = self.cell(index.row(), index.column())
            return replace(cell, tone=Tone.MUTED) if self._rows[self._keys[index.row()]].gone else cell
        if role == SECOND_LINE_ROLE:
            return self._rows[self._keys[index.row()]].second
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell = self.cell(index.row(), index.column())
            row = self._rows[self._keys[index.row()]]
            return row.spoken if index.column() == 0 and row.spoken else cell.spoken or cell.text
        return None
