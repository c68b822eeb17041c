"""Chromium's one profile in this process, off the record, and the pages in it; they are torn down in order."""

import atexit

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QObject, QUrl
from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, QWebEngineUrlScheme

from widgets.map.scheme import SCHEME, LocalContent, OnlyLocal


class LocalPage(QWebEnginePage):
    """A page that never leaves our scheme, opens no window and keeps its script errors in `complaints`."""

    def __init__(self, profile: QWebEngineProfile, parent: QObject | None = None) -> None:
        super().__init__(profile, parent)
        self.complaints: list[str] = []

    def acceptNavigationRequest(
        self, url: QUrl | str, _kind: QWebEnginePage.NavigationType, _is_main_frame: bool
    ) -> bool:
        return QUrl(url).scheme() in (SCHEME.decode(), "about")

    def createWindow(self, _kind: QWebEnginePage.WebWindowType) -> QWebEnginePage | None:  # type: ignore[override]
        return None

    def javaScriptConsoleMessage(
        self, level: QWebEnginePage.JavaScriptConsoleMessageLevel, message: str, line: int, source: str
    ) -> None:
        if level is QWebEnginePage.JavaScriptConsoleMessageLevel.ErrorMessageLevel:
            del self.complaints[:-50]
            self.complaints.append(f"{source}:{line}: {message}")


class WebRoom(QObject):
    """Profile, content and interceptor. Use `web_room()`; there is one per application."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        if QWebEngineUrlScheme.schemeByName(QByteArray(SCHEME)).name().isEmpty():
            raise RuntimeError("prepare_web_engine() must run before the QApplication is made")
        self.content = LocalContent(self)
        self.only_local = OnlyLocal(self)
        self._profile: QWebEngineProfile | None = QWebEngineProfile(self)
        self._profile.installUrlSchemeHandler(QByteArray(SCHEME), self.content)
        self._profile.setUrlRequestInterceptor(self.only_local)
        self._pages: list[LocalPage] = []

    def new_page(self) -> LocalPage:
        """A page of this profile; give it back with `close_page`."""
        if self._profile is None:
            raise RuntimeError("the web room is closed")
        page = LocalPage(self._profile)
        settings = page.settings()
        attribute = settings.WebAttribute
        settings.setAttribute(attribute.FocusOnNavigationEnabled, False)  # a map that loads never takes the caret
        for off in (
            attribute.LocalStorageEnabled,
            attribute.PluginsEnabled,
            attribute.JavascriptCanOpenWindows,
            attribute.DnsPrefetchEnabled,
            attribute.HyperlinkAuditingEnabled,
        ):
            settings.setAttribute(off, False)
        self._pages.append(page)
        return page

    def close_page(self, page: LocalPage) -> None:
        if page in self._pages:
            self._pages.remove(page)
            page.deleteLater()

    def close(self) -> None:
        """Pages first: a profile that goes before its pages takes the process with it."""
        while self._pages:
            self.close_page(self._pages[-1])
        _delete_now()
        if self._profile is not None:
            self._profile.deleteLater()
            self._profile = None
            _delete_now()


def _delete_now() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


_room: WebRoom | None = None


def web_room() -> WebRoom:
    """The application's web room, made on first use and closed when the application or the interpreter ends."""
    global _room
    app = QCoreApplication.instance()
    if app is None:
        raise RuntimeError("there is no QApplication yet")
    if _room is None:
        _room = WebRoom(app)
        app.aboutToQuit.connect(_leave)
    return _room


@atexit.register  # a command that never ran the event loop ends without aboutToQuit
def _leave() -> None:
    global _room
    if _room is not None:
        _room.close()
        _room = None
