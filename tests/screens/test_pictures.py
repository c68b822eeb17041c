"""Pictures of the product, which are also README's: whole, drawn and with nothing clipped at any scale.

To renew them: FOREDESK_KEEP_PICTURES=1 python -m pytest tests/screens
"""

import asyncio
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.exceptions import TimeoutError as NotInTime
from pytestqt.qtbot import QtBot

from core.desk import Desk
from widgets.palette import DARK, LIGHT
from widgets.printing import pdf_bytes
from widgets.theme import Scheme
from widgets.window import MainWindow
from workstation.maps import LoadedMap
from workstation.models.suggesting import SuggestingSession
from workstation.reports import report_html
from workstation.telling import picture_of_pdf

pytestmark = pytest.mark.screens

SETTLING_MS = 700  # the map draws its tiles behind the window's back: none for this long, and it is done


def _pixels(picture: QImage) -> np.ndarray:
    image = picture.convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3]


def _ask(qtbot: QtBot, window: MainWindow, script: str) -> object:
    """What the page answers; asked again where an answer was lost with a page that had to start anew."""
    answers: list[object] = []
    for _ in range(20):
        window.map_follow.view.run_script(script, answers.append)
        with suppress(NotInTime):
            qtbot.waitUntil(lambda: any(answer is not None for answer in answers), timeout=2_000)
            return next(answer for answer in answers if answer is not None)
    pytest.fail(f"The page did not answer {script!r}.")


def _take(qtbot: QtBot, window: MainWindow, path: Path) -> QImage:
    """A picture once the ground has been drawn and nothing more comes."""
    before = -1
    while (drawn := int(_ask(qtbot, window, "Foredesk.basemap.drawn"))) < 4 or drawn != before:
        before = drawn
        qtbot.wait(SETTLING_MS)
    picture = window.grab().toImage()
    assert picture.save(str(path))
    return picture


def _clipped(window: QWidget) -> list[str]:
    """Labels and buttons whose words do not fit where they stand."""
    buttons = [b for b in window.findChildren(QPushButton) if b.isVisible() and b.text()]
    found = [f"button {b.text()!r}" for b in buttons if b.width() < b.minimumSizeHint().width()]
    for label in window.findChildren(QLabel):
        needed = label.fontMetrics().horizontalAdvance(label.text())
        plain = label.textFormat() is not Qt.TextFormat.RichText and not label.wordWrap()
        own_paint = type(label).paintEvent is not QLabel.paintEvent
        if label.isVisible() and plain and not own_paint and label.width() < needed:
            found.append(f"label {label.text()!r}")
    return found


def _choose_busiest(window: MainWindow, desk: Desk) -> None:
    incidents = sorted(desk.board.open_incidents(), key=lambda i: (-len(i.active_assignments), i.priority, i.number))
    window.context.selection.select_incident(incidents[0].id)


@pytest.mark.parametrize("scale", [100, 200])
@pytest.mark.parametrize(("scheme", "palette"), [(Scheme.DARK, DARK), (Scheme.LIGHT, LIGHT)], ids=["dark", "light"])
def test_that_the_desk_is_drawn_whole(qtbot, open_window, busy_desk, pictures, scheme, palette, scale) -> None:
    window = open_window(scheme, scale)
    _choose_busiest(window, busy_desk)
    picture = _take(qtbot, window, pictures / f"desk-{palette.name}-{scale}.png")
    assert (picture.width(), picture.height()) == (16 * scale, 10 * scale)
    assert _clipped(window) == []
    view = window.map_follow.view
    corner = view.mapTo(window, view.rect().topLeft())
    ground = _pixels(picture)[corner.y() : corner.y() + view.height(), corner.x() : corner.x() + view.width()]
    colours = len(np.unique(ground.reshape(-1, 3)[::7], axis=0))
    assert colours > 60, "the map is blank"
    darkness = _pixels(picture).mean()
    assert darkness < 80 if palette is DARK else darkness > 170


@pytest.mark.parametrize(("scheme", "scale"), [(Scheme.DARK, 100), (Scheme.LIGHT, 200)], ids=["dark", "light"])
def test_that_a_call_being_taken_is_drawn_whole(
    qtbot, open_window, busy_desk, pictures, tmp_path, scheme, scale
) -> None:
    window = open_window(scheme, scale)
    window.context.suggester = suggesting = SuggestingSession(busy_desk, busy_desk.store, tmp_path, pytest.fail)
    asyncio.run(suggesting.load())
    known = next(iter(busy_desk.board.open_incidents()))
    window.keys.new_call()
    fields = window.panes.intake.fields
    qtbot.keyClicks(fields.callback, "+56 9 5550 0147")
    fields.narrative.setFocus()
    qtbot.keyClicks(fields.narrative, "Smoke from a window, two people on the balcony")
    fields.location.setFocus()
    qtbot.keyClicks(fields.location.edit, known.location.text.split(" & ")[0][:9])
    _take(qtbot, window, pictures / f"intake-{scheme}-{scale}.png")
    assert fields.severity.field.stands == "critical"
    assert "red flag: fire with people inside" in fields.severity.said.text()
    suggesting.close()
    assert fields.location.edit.suggesting
    assert _clipped(window) == []


def test_that_the_report_is_drawn(busy_desk: Desk, city: LoadedMap, pictures: Path, qapp, tmp_path: Path) -> None:
    incident = max(busy_desk.board.incidents.values(), key=lambda i: (len(i.assignments), i.number))
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(pdf_bytes(report_html(busy_desk, incident, city.pack)))
    assert picture_of_pdf(pdf, pictures / "report.png") >= 1
    drawn = _pixels(QImage(str(pictures / "report.png")))
    assert 0.85 < (drawn > 200).mean() < 0.999, "a report is mostly white, and not blank"
