"""The way to the scene in words, a line for every turn."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from widgets.context import DeskContext
from widgets.panels.notice import paragraph
from widgets.panels.suggestions import DETAIL_ROLE, DetailPainter
from widgets.panels.times import distance_text, elapsed_text
from widgets.theme import px

if TYPE_CHECKING:
    from core.roads.engine import Route


class RouteList(QWidget):
    """Hidden until `show_route`."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = paragraph("heading")
        self.list = QListWidget()
        self.list.setAccessibleName("Route in words")
        self.list.setItemDelegate(DetailPainter(context, self.list))
        rows = QVBoxLayout(self)
        rows.setContentsMargins(px(8), px(6), px(8), px(4))
        rows.setSpacing(px(4))
        rows.addWidget(self.title)
        rows.addWidget(self.list, 1)
        self.hide()

    def show_route(self, callsign: str, route: "Route") -> None:
        from core.roads.directions import spoken_distance

        time, distance = elapsed_text(route.time_ms / 1000), distance_text(route.length_m)
        self.title.setText(f"{callsign}: {time} by road, {distance}. R hides the route.")
        self.list.clear()
        for number, step in enumerate(route.steps, start=1):
            item = QListWidgetItem(f"{number}  {step.text}")
            away = spoken_distance(step.length_m) if step.length_m > 0 else ""
            item.setData(DETAIL_ROLE, away)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{step.text} {away}")
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.show()
