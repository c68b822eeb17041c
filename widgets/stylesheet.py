"""The one stylesheet: every rule in palette tokens and in multiples of a scaled 4-pixel grid."""

from string import Template

from resources import resource_path
from widgets.palette import Palette

_RULES = Template("""
* { outline: none; }
QMainWindow, QMainWindow > QWidget#shell { background: $background; }
QMainWindow::separator { background: $background; width: ${p4}px; height: ${p4}px; }
QMainWindow::separator:hover { background: $accent; }
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: ${p4}px; }
QDockWidget { color: $muted; }
QWidget#dock_title { background: $raised; }
QToolBar#foot { background: $background; border: none; padding: 0; spacing: 0; }
QMainWindow QStackedWidget { background: $surface; }
QLabel { background: transparent; }
QLabel[role="title"] { color: $text; font-size: ${f16}px; font-weight: 600; }
QLabel[role="heading"] { color: $text; font-weight: 600; }
QLabel[role="section"] { color: $muted; font-size: ${f11}px; font-weight: 600; letter-spacing: 1px; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${f11}px; }
QLabel[role="figure"] { color: $text; font-size: ${f16}px; font-weight: 600; }
QLabel[role="warning"] { color: $working; }
QLabel[role="error"], QLabel[role="alarm"] { color: $alarm_ink; font-weight: 600; }
QLineEdit, QTextEdit, QPlainTextEdit {
    background: $raised; color: $text; border: 1px solid $line; border-radius: ${p3}px; padding: ${p3}px ${p6}px;
    selection-background-color: $moving; selection-color: $badge_text;
}
QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus {
    border: 2px solid $focus; padding: ${p2}px ${p5}px;
}
QLineEdit:read-only, QTextEdit:read-only { background: $surface; }
QLineEdit:disabled, QTextEdit:disabled { color: $unusable; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $line; selection-background-color: $selected; }
QPushButton, QToolButton {
    background: $raised; color: $text; border: 1px solid $line; border-radius: ${p3}px; padding: ${p3}px ${p10}px;
}
QToolButton { padding: ${p3}px ${p6}px; }
QPushButton:hover, QToolButton:hover { background: $hover; border-color: $accent; }
QPushButton:pressed, QPushButton:checked, QToolButton:pressed, QToolButton:checked { background: $selected; }
QPushButton:focus { border: 2px solid $focus; padding: ${p2}px ${p9}px; }
QToolButton:focus { border: 2px solid $focus; padding: ${p2}px ${p5}px; }
QPushButton:disabled, QToolButton:disabled { color: $unusable; background: $surface; }
QPushButton[role="primary"] { background: $focus; color: $surface; border-color: $focus; font-weight: 600; }
QPushButton[role="primary"]:hover { background: $text; }
QPushButton[role="primary"]:focus { border: 2px solid $moving; }
QPushButton[role="primary"]:disabled { background: $raised; color: $unusable; border-color: $line; }
QPushButton[role="danger"] { color: $alarm_ink; border-color: $alarm; }
QToolButton[role="flat"], QPushButton[role="flat"] { background: transparent; border-color: transparent; }
QToolButton[role="flat"] { padding: ${p3}px ${p3}px; }
QToolButton[role="flat"]:hover, QPushButton[role="flat"]:hover { background: $hover; }
QToolButton[role="flat"]:focus { padding: ${p2}px ${p2}px; }
QToolButton[role="flat"]:focus, QPushButton[role="flat"]:focus { border-color: $focus; }
QTableView, QListView, QTreeView {
    background: $surface; alternate-background-color: $surface; color: $text; border: none; gridline-color: $line;
    selection-background-color: $selected; selection-color: $text;
}
QTableView::item, QTreeView::item, QListView::item { padding: 0 ${p4}px; border: none; }
QTableView::item:hover, QListView::item:hover, QTreeView::item:hover { background: $hover; }
QTableView::item:selected, QListView::item:selected, QTreeView::item:selected { background: $selected; color: $text; }
QTableView:focus, QListView:focus, QTreeView:focus { border: 2px solid $focus; }
QTableView, QListView, QTreeView { border: 2px solid transparent; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section {
    background: $surface; color: $muted; border: none; border-bottom: 1px solid $line;
    padding: ${p3}px ${p4}px; font-size: ${f11}px;
}
QTableCornerButton::section { background: $surface; border: none; }
QScrollArea { background: $surface; border: none; }
QScrollArea > QWidget > QWidget { background: $surface; }
QScrollBar:vertical { background: transparent; width: ${p10}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${p10}px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: ${p3}px; margin: ${p2}px; }
QScrollBar::handle:vertical { min-height: ${p24}px; }
QScrollBar::handle:horizontal { min-width: ${p24}px; }
QScrollBar::handle:hover { background: $accent; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTabWidget::pane { border: none; }
QTabBar { background: $background; }
QTabBar::tab {
    background: $background; color: $muted; border: none; border-bottom: 2px solid transparent;
    padding: ${p4}px ${p12}px;
}
QTabBar::tab:selected { color: $text; background: $surface; border-bottom-color: $focus; }
QTabBar::tab:focus { color: $text; border-bottom-color: $moving; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: ${p4}px; }
QMenu::item { padding: ${p4}px ${p16}px; border-radius: ${p2}px; }
QMenu::item:selected { background: $selected; }
QMenu::separator { height: 1px; background: $line; margin: ${p4}px; }
QCheckBox::indicator, QRadioButton::indicator {
    width: ${p12}px; height: ${p12}px; border: 1px solid $muted; background: $raised;
}
QCheckBox::indicator { border-radius: ${p2}px; }
QRadioButton::indicator { border-radius: ${p6}px; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked { background: $focus; border-color: $focus; }
QCheckBox::indicator:checked { image: url($tick); }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border: 2px solid $focus; }
QGroupBox { border: 1px solid $line; border-radius: ${p4}px; margin-top: ${p10}px; padding-top: ${p6}px; }
QGroupBox::title { subcontrol-origin: margin; left: ${p8}px; color: $muted; }
QSlider::groove:horizontal { background: $line; height: ${p4}px; border-radius: ${p2}px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: ${p2}px; }
QSlider::handle:horizontal {
    background: $muted; width: ${p10}px; margin: -${p4}px 0; border-radius: ${p5}px;
}
QSlider::handle:horizontal:focus { background: $focus; }
QProgressBar { background: $raised; border: 1px solid $line; border-radius: ${p3}px; text-align: center; color: $text; }
QProgressBar::chunk { background: $accent; }
QTextBrowser { background: $surface; border: none; padding: ${p12}px; }
QFrame#health, QFrame#command { background: $raised; }
QFrame#tray { background: $surface; border-top: 1px solid $line; border-bottom: 1px solid $line; }
QFrame#popover, QFrame#overlay { background: $raised; border: 1px solid $accent; border-radius: ${p6}px; }
QFrame#choice { background: $raised; border: 1px solid $line; border-radius: ${p6}px; }
QFrame#choice[role="advised"] { border: 2px solid $focus; }
QFrame#upright { background: $line; max-width: 1px; min-width: 1px; border: none; }
QFrame#rule { background: $line; max-height: 1px; min-height: 1px; border: none; }
""")


def stylesheet(palette: Palette, factor: float) -> str:
    """The rules for `palette` with every size multiplied by `factor`."""
    tokens = {name: getattr(palette, name) for name in palette.__dataclass_fields__}
    tokens["tick"] = resource_path("icons", f"tick-{palette.name}.svg").as_posix()
    for base in (2, 3, 4, 5, 6, 8, 9, 10, 12, 16, 24):
        tokens[f"p{base}"] = str(max(1, round(base * factor)))
    for base in (11, 16):
        tokens[f"f{base}"] = str(max(1, round(base * factor)))
    return _RULES.substitute(tokens)
