"""Hands on the keyboard: presses real keys into the real window, and counts them. The story and the drills use it."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.errors import Unavailable

_REACTION_S = 0.005  # the window's own event loop runs between two keys, as it does under a person's hands


class Hands:
    """Types into whatever has the focus in `window`. `strokes` counts keys; a key with its modifiers is one."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.strokes = 0

    async def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """One key, to the focused widget; the window handles what that leaves, as with a person."""
        self.strokes += 1
        QTest.keyClick(self._target(), key, modifiers)
        await asyncio.sleep(_REACTION_S)

    async def ctrl(self, key: Qt.Key) -> None:
        await self.press(key, Qt.KeyboardModifier.ControlModifier)

    async def type(self, text: str) -> None:
        """One stroke a character, accents included, as an operator's keyboard layout would send it."""
        for character in text:
            self.strokes += 1
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                key = ord(character.upper()) if character.isascii() else 0
                QApplication.sendEvent(self._target(), QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, character))
            await asyncio.sleep(_REACTION_S)

    def _target(self) -> QWidget:
        return QApplication.focusWidget() or self.window


async def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float = 30.0) -> None:
    """Come back as soon as `condition` holds. Raises Unavailable when it does not come true in time."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + timeout_s
    while not condition():
        if loop.time() > ends_at:
            raise Unavailable(f"This did not happen within {timeout_s:g} seconds: {what}.")
        await asyncio.sleep(0.02)
