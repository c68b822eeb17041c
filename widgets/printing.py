"""Turns a self-contained HTML page into a PDF file or onto a printer, with no window and no network."""

import os
from contextlib import suppress
from enum import StrEnum
from itertools import count
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QEventLoop, QMarginsF, QObject, QSize, QTimer, QUrl, Signal
from PySide6.QtGui import QPageLayout, QPageSize, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from core.errors import Unavailable
from widgets.map.room import LocalPage, web_room
from widgets.map.scheme import ORIGIN

_numbers = count(1)
_MOST_DPI = 300  # a page at a printer's 1200 dpi would take half a gigabyte
_TIMEOUT_S = 30.0
_MARGINS_MM = QMarginsF(14, 19, 14, 17)  # left, top, right, bottom


class Paper(StrEnum):
    A4 = "A4"
    LETTER = "Letter"


def _layout(paper: Paper) -> QPageLayout:
    """Qt's margins overrule those of the page's @page rule; its header and page number boxes stand in them."""
    size = QPageSize(QPageSize.PageSizeId.A4 if paper is Paper.A4 else QPageSize.PageSizeId.Letter)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, _MARGINS_MM, QPageLayout.Unit.Millimeter)


def _failed(happened: str) -> Unavailable:
    return Unavailable(happened, "The record itself is complete and safe.", "Try again; nothing has to be typed anew.")


class PdfJob(QObject):
    """Prints one HTML page to PDF without blocking: `start()`, then exactly one of `done(bytes)` and `failed(error)`.

    The page may not run scripts and reaches nothing outside the application; pictures come as data: addresses.
    """

    done = Signal(bytes)
    failed = Signal(object)

    def __init__(
        self, html: str, *, paper: Paper = Paper.A4, timeout_s: float = _TIMEOUT_S, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._paper = paper
        self._room = web_room()
        self._path = f"/print/{next(_numbers)}.html"
        self._room.content.put(self._path, html.encode, b"text/html; charset=utf-8")
        self._page: LocalPage | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(round(timeout_s * 1000))
        self._timer.timeout.connect(lambda: self._fail(f"Making the PDF took longer than {timeout_s:g} seconds."))

    def start(self) -> None:
        page = self._page = self._room.new_page()
        page.settings().setAttribute(page.settings().WebAttribute.JavascriptEnabled, False)
        page.loadFinished.connect(self._loaded)
        page.renderProcessTerminated.connect(lambda *_: self._fail("The page renderer stopped while making the PDF."))
        self._timer.start()
        page.load(QUrl(ORIGIN + self._path))

    def _loaded(self, fine: bool) -> None:
        if self._page is None:
            return
        if fine:
            self._page.printToPdf(self._printed, _layout(self._paper))
        else:
            self._fail("The page to print could not be laid out.")

    def _printed(self, data: QByteArray | bytes) -> None:
        pdf = bytes(data.data()) if isinstance(data, QByteArray) else bytes(data)
        if self._page is None:
            return
        if not pdf.startswith(b"%PDF"):
            self._fail("The PDF came out empty.")
            return
        self._end()
        self.done.emit(pdf)

    def _fail(self, happened: str) -> None:
        if self._page is not None:
            self._end()
            self.failed.emit(_failed(happened))

    def _end(self) -> None:
        self._timer.stop()
        self._room.content.remove(self._path)
        if self._page is not None:
            self._room.close_page(self._page)
            self._page = None


def pdf_bytes(html: str, *, paper: Paper = Paper.A4, timeout_s: float = _TIMEOUT_S) -> bytes:
    """The PDF of `html`, waited for in an event loop of its own; for use without a window.

    Raises Unavailable when it takes longer than `timeout_s` or the renderer fails.
    """
    loop = QEventLoop()
    job = PdfJob(html, paper=paper, timeout_s=timeout_s)
    results: list[bytes] = []
    errors: list[Unavailable] = []
    job.done.connect(lambda pdf: results.append(bytes(pdf)))
    job.failed.connect(errors.append)
    for signal in (job.done, job.failed):
        signal.connect(loop.quit)
    job.start()
    loop.exec()
    if errors:
        raise errors[0]
    if not results:
        raise _failed("Making the PDF was interrupted.")
    return results[0]


def html_to_pdf(html: str, path: Path, *, paper: Paper = Paper.A4, timeout_s: float = _TIMEOUT_S) -> None:
    """Write the PDF of `html` to `path`: whole, or not at all. Raises Unavailable."""
    save_pdf(pdf_bytes(html, paper=paper, timeout_s=timeout_s), path)


def save_pdf(pdf: bytes, path: Path) -> None:
    """Put a finished PDF at `path` in one step. Raises Unavailable where the disk refuses."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(pdf)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise Unavailable(
            f"The PDF could not be written to {path}: {error.strerror or error}.",
            "The record itself is complete and safe.",
            "Choose another folder, or make room on this disk.",
        ) from error


def has_printer() -> bool:
    """Whether the system knows any printer."""
    return bool(QPrinterInfo.availablePrinterNames())


def print_html(html: str, printer: QPrinter, *, paper: Paper = Paper.A4, timeout_s: float = _TIMEOUT_S) -> int:
    """Print `html` on `printer` and return the number of pages. Raises Unavailable."""
    printer.setFullPage(True)
    printer.setPageLayout(_layout(paper))
    buffer = QBuffer()
    buffer.setData(QByteArray(pdf_bytes(html, paper=paper, timeout_s=timeout_s)))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    document = QPdfDocument()
    document.load(buffer)
    painter = QPainter()
    if not painter.begin(printer):
        raise _failed(f"The printer {printer.printerName() or 'without a name'} does not take the job.")
    try:
        _paint_pages(document, printer, painter)
    finally:
        painter.end()
    return document.pageCount()


def _paint_pages(document: QPdfDocument, printer: QPrinter, painter: QPainter) -> None:
    sheet = printer.pageRect(QPrinter.Unit.DevicePixel).toRect()
    shrink = min(1.0, _MOST_DPI / max(1, printer.resolution()))
    picture = QSize(round(sheet.width() * shrink), round(sheet.height() * shrink))
    for number in range(document.pageCount()):
        if number:
            printer.newPage()
        painter.drawImage(sheet, document.render(number, picture))
