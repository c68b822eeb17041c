"""Prints from the open window: a PDF in the user's documents, opened by whatever shows PDFs here."""

import asyncio
from contextlib import suppress
from pathlib import Path

import platformdirs
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from core.desk import Desk
from core.pack.pack import MapPack
from widgets.context import Mode
from widgets.printing import Paper, PdfJob, save_pdf
from workstation.qt import has_display
from workstation.reports import find_incident, report_html


def reports_folder() -> Path:
    return platformdirs.user_documents_path() / "Foredesk"


async def print_report(desk: Desk, incident_id: str, pack: MapPack | None, mode: Mode) -> Path:
    """Write the incident's report as a PDF named by its number and open it. Raises Refused and Unavailable."""
    incident = desk.board.incidents.get(incident_id) or find_incident(desk, incident_id)
    banner = "" if mode is Mode.LIVE else f"{mode.value.upper()}, made up"
    html = report_html(desk, incident, pack, banner=banner)
    return await _to_file(html, reports_folder() / f"{incident.number}.pdf")


async def print_card(html: str) -> Path:
    """Write the card of keys as a PDF and open it. Raises Unavailable."""
    return await _to_file(html, reports_folder() / "foredesk-keys.pdf")


async def _to_file(html: str, path: Path) -> Path:
    pdf = await pdf_of(html)
    await asyncio.to_thread(_write, path, pdf)
    if has_display():
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
    return path


def _write(path: Path, content: bytes) -> None:
    with suppress(OSError):  # then the writing says why
        path.parent.mkdir(parents=True, exist_ok=True)
    save_pdf(content, path)


async def pdf_of(html: str, *, paper: Paper = Paper.A4) -> bytes:
    """The PDF of a page, made beside the window without blocking it. Raises Unavailable."""
    finished: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    job = PdfJob(html, paper=paper)
    job.done.connect(lambda pdf: finished.set_result(bytes(pdf)))
    job.failed.connect(finished.set_exception)
    job.start()
    try:
        return await finished
    finally:
        job.deleteLater()
