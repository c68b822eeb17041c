"""The table every list panel uses: whole rows, by keyboard, and still while somebody reads or keys in it."""

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from widgets.badges import priority_size, status_size, sync_size
from widgets.context import DeskContext
from widgets.panels.cells import CellDelegate
from widgets.panels.keyed_table import Column, KeyedTable
from widgets.theme import px

HOLD_S = 3.0
STIRRED = (QEvent.Type.MouseMove, QEvent.Type.HoverMove, QEvent.Type.Wheel, QEvent.Type.MouseButtonPress)


class RowsView(QTableView):
    """`picked(keys)` when a person (never the program) selects rows; `activated_row(key)` on Enter or double click.

    `held` says that rows must not move now; `released` tells when that ends.
    """

    picked = Signal(tuple)
    activated_row = Signal(str)
    released = Signal()

    def __init__(self, context: DeskContext, model: KeyedTable, *, several: bool = False, lines: int = 1) -> None:
        super().__init__()
        self._lines = lines
        self.absent: set[int] = set()  # columns that have nothing to show now
        self.rows_wanted = 0  # rows that are to be seen at once where there is room; 0 for as many as there is
        self.now_s: Callable[[], float] = time.monotonic
        self._table = model
        self._pointer_inside = False
        self._keyed_at = self._moved_at = float("-inf")
        self.setModel(model)
        self.setItemDelegate(CellDelegate(context, self))
        mode = QAbstractItemView.SelectionMode
        self.setSelectionMode(mode.ExtendedSelection if several else mode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        self._release_timer = QTimer(self)
        self._release_timer.setSingleShot(True)
        self._release_timer.timeout.connect(self._maybe_release)
        self.verticalHeader().hide()
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.doubleClicked.connect(lambda index: self.activated_row.emit(model.key_at(index.row())))
        self._measure()

    @property
    def held(self) -> bool:
        """Rows keep their places: the pointer moves over them, or the list has the keyboard and was keyed just now.

        A pointer that merely lies there holds nothing.
        """
        keyed = self.hasFocus() and self.now_s() - self._keyed_at < HOLD_S
        return keyed or (self._pointer_inside and self.now_s() - self._moved_at < HOLD_S)

    def keys_selected(self) -> tuple[str, ...]:
        """In the order shown."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(self._table.key_at(row) for row in rows)

    def key_current(self) -> str:
        return self._table.key_at(self.currentIndex().row()) if self.currentIndex().isValid() else ""

    def mark(self, keys: tuple[str, ...]) -> None:
        """Select these rows because something else changed; nothing is emitted."""
        if keys == self.keys_selected():
            return
        model = self.selectionModel()
        model.clearSelection()
        rows = [row for row in (self._table.row_of(key) for key in keys) if row >= 0]
        flag = QItemSelectionModel.SelectionFlag
        for row in rows:
            model.select(self._table.index(row, 0), flag.Select | flag.Rows)
        if rows and self.currentIndex().row() not in rows:
            model.setCurrentIndex(self._table.index(rows[0], 0), flag.NoUpdate)
        if not rows:
            model.setCurrentIndex(QModelIndex(), flag.NoUpdate)

    def repaint_column(self, column: int) -> None:
        """Repaint what is visible of a column that runs with the clock."""
        left, width = self.columnViewportPosition(column), self.columnWidth(column)
        self.viewport().update(QRect(left, 0, width, self.viewport().height()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._keyed_at = self.now_s()
        self._release_later()
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            if not self.key_current():
                event.ignore()  # rows that came and went took the current one along: Enter belongs to the panel
            elif not event.isAutoRepeat():
                self.activated_row.emit(self.key_current())
            return
        several = self.selectionMode() == QAbstractItemView.SelectionMode.ExtendedSelection
        letter = bool(event.text()) and event.text().isprintable() and not (several and key == Qt.Key.Key_Space)
        if key == Qt.Key.Key_Escape or letter:
            event.ignore()  # letters belong to the panel
            return
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and not self.keys_selected() and self._table.rowCount():
            # The first arrow key takes the row that the keyboard is on instead of passing it by.
            self._as_person(lambda: self.selectRow(max(0, self.currentIndex().row())))
            return
        self._as_person(lambda: super(RowsView, self).keyPressEvent(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._as_person(lambda: super(RowsView, self).mousePressEvent(event))

    def _as_person(self, act: Callable[[], None]) -> None:
        """Selections that follow from `act` are a person's; Qt also moves the selection when rows come and go."""
        before = self.keys_selected()
        act()
        if self.keys_selected() != before:
            self.picked.emit(self.keys_selected())

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Enter, QEvent.Type.HoverEnter):
            self._pointer_inside = True
            self._moved()
        elif event.type() in STIRRED:
            self._moved()
        elif event.type() in (QEvent.Type.Leave, QEvent.Type.HoverLeave):
            self._pointer_inside = False
            self._maybe_release()
        return super().viewportEvent(event)

    def _moved(self) -> None:
        self._moved_at = self.now_s()
        self._release_later()

    def _release_later(self) -> None:
        self._release_timer.start(round(HOLD_S * 1000) + 50)

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._pointer_inside = False
        self._maybe_release()

    def focusOutEvent(self, event: QEvent) -> None:
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self._maybe_release()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._measure()

    def _maybe_release(self) -> None:
        if not self.held:
            self.released.emit()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.fit_columns()

    def _measure(self) -> None:
        """Columns and rows follow the font, so that nothing is clipped from 80 to 200 %."""
        if not hasattr(self, "_table"):
            return  # Qt polishes the style before the constructor is through
        metrics = QFontMetrics(self.font())
        self.horizontalHeader().setMinimumSectionSize(px(16))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(metrics.height() * self._lines + px(10))
        self.verticalHeader().setMinimumSectionSize(metrics.height() + px(6))
        self.fit_columns()

    def _width_of(self, column: Column) -> int:
        metrics = QFontMetrics(self.font())
        sizes = {"priority": priority_size, "status": status_size, "sync": sync_size, "tick": sync_size}
        mark = sizes[column.mark](self.font()).width() if column.mark else 0
        gap = px(6) if mark and column.sample else 0
        text = max(metrics.horizontalAdvance(column.sample), metrics.horizontalAdvance(column.title) - mark - gap)
        return mark + gap + max(0, text) + px(14 if column.right else 12)

    def sizeHint(self) -> QSize:
        if not self.rows_wanted:
            return super().sizeHint()
        header = self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth()
        return QSize(super().sizeHint().width(), self.rows_wanted * self.verticalHeader().defaultSectionSize() + header)

    def fit_columns(self) -> None:
        """Show the columns that fit, and give what is left to the one that stretches."""
        columns = self._table.columns
        widths = {at: self._width_of(column) for at, column in enumerate(columns) if at not in self.absent}
        room = self.viewport().width()
        shrinking = [at for at in widths if columns[at].least]
        for at in sorted(widths, key=lambda at: -columns[at].drop):
            if columns[at].drop == 1 and sum(widths.values()) > room:
                widths.update({n: self._width_of(replace(columns[n], sample=columns[n].least)) for n in shrinking})
            if sum(widths.values()) <= room or not columns[at].drop:
                break
            del widths[at]
        wide = [at for at in widths if columns[at].stretch] or [at for at in widths if not columns[at].right]
        if wide:
            widths[wide[-1]] += max(0, room - sum(widths.values()))
        for at in range(len(columns)):
            self.setColumnHidden(at, at not in widths)
            if at in widths:
                self.horizontalHeader().resizeSection(at, widths[at])
