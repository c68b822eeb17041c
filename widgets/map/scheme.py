"""The only place the map page can load from: `foredesk://app/`, with known routes. Everything else is refused."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QBuffer, QByteArray, QFile, QIODevice, QObject
from PySide6.QtWebEngineCore import (
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlScheme,
    QWebEngineUrlSchemeHandler,
)

from resources import resource_path

SCHEME = b"foredesk"
ORIGIN = "foredesk://app"
_INSIDE = {"foredesk", "data", "blob", "qrc"}  # none of these leaves the process
_MIME = {
    ".css": b"text/css",
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".png": b"image/png",
}
_BINARY = b"application/octet-stream"


def register_scheme() -> None:
    """Make the scheme known to Chromium: trusted like https, open to fetch. Before QApplication; once is enough."""
    if not QWebEngineUrlScheme.schemeByName(QByteArray(SCHEME)).name().isEmpty():
        return
    scheme = QWebEngineUrlScheme(QByteArray(SCHEME))
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    flag = QWebEngineUrlScheme.Flag
    scheme.setFlags(flag.SecureScheme | flag.CorsEnabled | flag.FetchApiAllowed)
    QWebEngineUrlScheme.registerScheme(scheme)


Content = Callable[[], bytes]


class LocalContent(QWebEngineUrlSchemeHandler):
    """Answers `foredesk://app/...`: our page files, the vendored libraries, and what was put at a path.

    A file goes out as a QFile: Qt answers Range requests on it by itself, with 206. Requests for anything unknown fail
    and are kept in `unknown`.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.unknown: deque[str] = deque(maxlen=100)
        self._made: dict[str, tuple[bytes, Content]] = {"/qwebchannel.js": (_MIME[".js"], _web_channel_script)}
        self._files: dict[str, Path] = {}

    def put(self, path: str, content: Content, mime: bytes = _BINARY) -> None:
        """Answer `path` with what `content()` gives at that moment."""
        self._made[path] = (mime, content)

    def put_file(self, path: str, file: Path) -> None:
        self._files[path] = file

    def remove(self, path: str) -> None:
        self._made.pop(path, None)
        self._files.pop(path, None)

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:
        path = job.requestUrl().path()
        made = self._made.get(path)
        if made is not None:
            mime, content = made
            _reply_bytes(job, mime, content())
            return
        file = self._files.get(path) or _shipped(path)
        if file is None or not _reply_file(job, file):
            self.unknown.append(path)
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)


class OnlyLocal(QWebEngineUrlRequestInterceptor):
    """Refuses every request that would leave the process. `refused` remembers them for as long as the process lives."""

    refused: ClassVar[deque[str]] = deque(maxlen=100)

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        if info.requestUrl().scheme() not in _INSIDE:
            self.refused.append(info.requestUrl().toString())
            info.block(True)


def _shipped(path: str) -> Path | None:
    """The file behind /web/..., which holds our page's files and, in vendor/, the libraries."""
    if not path.startswith("/web/"):
        return None
    root = resource_path("web").resolve()
    file = (root / path.removeprefix("/web/")).resolve()
    return file if file.is_relative_to(root) and file.suffix in _MIME and file.is_file() else None


def _reply_file(job: QWebEngineUrlRequestJob, file: Path) -> bool:
    device = QFile(str(file), job)
    if not device.open(QIODevice.OpenModeFlag.ReadOnly):
        return False
    job.reply(QByteArray(_MIME.get(file.suffix, _BINARY)), device)
    return True


def _reply_bytes(job: QWebEngineUrlRequestJob, mime: bytes, data: bytes) -> None:
    buffer = QBuffer(job)
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    job.reply(QByteArray(mime), buffer)


def _web_channel_script() -> bytes:
    file = QFile(":/qtwebchannel/qwebchannel.js")
    if not file.open(QIODevice.OpenModeFlag.ReadOnly):
        raise RuntimeError("Qt's own qwebchannel.js is missing from this Qt")
    return bytes(file.readAll().data())
