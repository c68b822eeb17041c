"""The look of the whole window from one palette and one base size, so that no view sets a colour or a font of its own.

Sizes come from the application's font: `px(4)` is four base pixels at the present scale. Views that paint read
`context.palette` when they paint; it always is the palette in force.
"""

from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from widgets.palette import DARK, LIGHT, Palette
from widgets.stylesheet import stylesheet

BASE_PX = 13
SCALES = (80, 90, 100, 110, 125, 150, 175, 200)  # per cent
_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Helvetica Neue", "Noto Sans", "Roboto", "DejaVu Sans Condensed")
_MONOSPACED = ("JetBrains Mono", "Cascadia Mono", "SF Mono", "Menlo", "Noto Sans Mono", "DejaVu Sans Mono")


class Scheme(StrEnum):
    """Where dark and light come from."""

    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


def px(base: float) -> int:
    """`base` pixels of the 100 % design at the present scale; at least 1 for anything above 0."""
    size = QApplication.font().pixelSize()
    factor = size / BASE_PX if size > 0 else 1.0
    return max(1, round(base * factor)) if base > 0 else 0


def _family(wanted: tuple[str, ...], fallback: QFontDatabase.SystemFont) -> str:
    present = set(QFontDatabase.families())
    return next((name for name in wanted if name in present), QFontDatabase.systemFont(fallback).family())


def base_font(scale_percent: int = 100) -> QFont:
    """The reading font at a scale, with figures of equal width so that times do not dance."""
    font = QFont(_family(_FAMILIES, QFontDatabase.SystemFont.GeneralFont))
    font.setPixelSize(max(1, round(BASE_PX * scale_percent / 100)))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def sized(base: float, *, bold: bool = False) -> QFont:
    """The application's font at `base` design pixels."""
    font = QFont(QApplication.font())
    font.setPixelSize(px(base))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def monospaced(base: float = BASE_PX) -> QFont:
    """For what is typed as a command: every character counts."""
    font = QFont(_family(_MONOSPACED, QFontDatabase.SystemFont.FixedFont))
    font.setPixelSize(px(base))
    return font


def qt_palette(palette: Palette) -> QPalette:
    """Qt's roles in our colours, for everything the stylesheet does not name."""
    role = QPalette.ColorRole
    colours = {
        role.Window: palette.surface,
        role.WindowText: palette.text,
        role.Base: palette.surface,
        role.AlternateBase: palette.raised,
        role.Text: palette.text,
        role.PlaceholderText: palette.muted,
        role.Button: palette.raised,
        role.ButtonText: palette.text,
        role.BrightText: palette.text,
        role.Highlight: palette.selected,
        role.HighlightedText: palette.text,
        role.Link: palette.moving,
        role.LinkVisited: palette.moving,
        role.ToolTipBase: palette.raised,
        role.ToolTipText: palette.text,
        role.Light: palette.hover,
        role.Midlight: palette.line,
        role.Mid: palette.line,
        role.Dark: palette.line,
        role.Shadow: palette.background,
        role.Accent: palette.accent,
    }
    result = QPalette()
    for each, colour in colours.items():
        result.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, each, QColor(palette.unusable))
    return result


class Theme(QObject):
    """Holds the scheme and the scale, and puts them on the application.

    `changing` comes with the new palette before any widget is styled, `changed` when all of them are.
    """

    changing = Signal(object)
    changed = Signal()

    def __init__(self, app: QApplication, scheme: Scheme = Scheme.SYSTEM, scale_percent: int = 100) -> None:
        super().__init__(app)
        self._app = app
        self.scheme = scheme
        self.scale_percent = min(max(scale_percent, SCALES[0]), SCALES[-1])
        self.palette = self._wanted()
        app.setStyle("Fusion")
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)
        self.apply()

    def _wanted(self) -> Palette:
        if self.scheme is not Scheme.SYSTEM:
            return DARK if self.scheme is Scheme.DARK else LIGHT
        # A system that does not say is taken for a control room.
        light = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
        return LIGHT if light else DARK

    def apply(self) -> None:
        """Put palette, font and stylesheet on the application."""
        self.palette = self._wanted()
        self.changing.emit(self.palette)
        self._app.setFont(base_font(self.scale_percent))
        self._app.setPalette(qt_palette(self.palette))
        self._app.setStyleSheet(stylesheet(self.palette, self.scale_percent / 100))
        self.changed.emit()

    def recall(self, kept: str) -> None:
        """Take up what `kept_as` gave; anything else leaves the look as it is."""
        scheme, _, percent = kept.partition(" ")
        if scheme in list(Scheme) and percent.isdecimal():
            self.scheme = Scheme(scheme)
            self.set_scale(int(percent))

    @property
    def kept_as(self) -> str:
        """Scheme and scale as one word for the store's settings."""
        return f"{self.scheme} {self.scale_percent}"

    def set_scheme(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.apply()

    def toggle(self) -> None:
        """The other of dark and light; from then on set by hand."""
        self.set_scheme(Scheme.LIGHT if self.palette.dark else Scheme.DARK)

    def set_scale(self, percent: int) -> None:
        self.scale_percent = min(max(percent, SCALES[0]), SCALES[-1])
        self.apply()

    def step_scale(self, direction: int) -> None:
        """One size up (1) or down (-1); 0 goes back to 100 %."""
        if direction == 0:
            self.set_scale(100)
            return
        further = [s for s in SCALES if (s > self.scale_percent if direction > 0 else s < self.scale_percent)]
        if further:
            self.set_scale(further[0] if direction > 0 else further[-1])

    def _follow_system(self) -> None:
        if self.scheme is Scheme.SYSTEM and self._wanted() != self.palette:
            self.apply()
