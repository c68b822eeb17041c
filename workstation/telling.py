"""What a story leaves behind: sentences on the terminal, pictures of the window, how long each step took."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QWidget

from core.clock import Clock
from core.errors import Unavailable

_PAGE = QSize(1240, 1754)  # A4 at 150 dots per inch


class Telling:
    """Tells of one window in the story's own time; its pictures go to `folder`, numbered as they come."""

    def __init__(self, window: QWidget, clock: Clock, folder: Path) -> None:
        self.folder = folder
        self.steps: dict[str, float] = {}  # seconds of each step that the operator waits for
        self._window = window
        self._clock = clock
        self._pictures = 0

    def say(self, sentence: str) -> None:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000).astimezone()
        sys.stdout.write(f"{now:%H:%M:%S}  {sentence}\n")
        sys.stdout.flush()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Keep how long the desk and the keys took for one step, in `steps`."""
        began = perf_counter()
        yield
        self.steps[name] = perf_counter() - began

    def keep_picture(self, what: str) -> None:
        """Raises Unavailable where the disk refuses it."""
        self._pictures += 1
        path = self.folder / f"{self._pictures:02d}-{what.replace(',', '').replace(' ', '-')}.png"
        if not self._window.grab().save(str(path)):
            raise untold(self.folder, "the picture was not taken")
        self.say(f"[{path.name}]")


@contextmanager
def written_to(folder: Path) -> Iterator[None]:
    """Raises Unavailable where the disk refuses what the story leaves behind."""
    try:
        yield
    except OSError as error:
        raise untold(folder, error.strerror or str(error)) from error


def untold(folder: Path, why: str) -> Unavailable:
    return Unavailable(
        f"The story cannot leave anything in {folder}: {why}.",
        "It was not told to its end.",
        "Give another folder with --out.",
    )


def picture_of_pdf(pdf: Path, png: Path) -> int:
    """A picture of the first page; returns the number of pages."""
    document = QPdfDocument()
    document.load(str(pdf))
    page = document.render(0, _PAGE)
    paper = QImage(page.size(), QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    painter = QPainter(paper)
    painter.drawImage(0, 0, page)
    painter.end()
    paper.save(str(png))
    return document.pageCount()
