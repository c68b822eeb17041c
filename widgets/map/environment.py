"""Settles how Chromium runs on this machine. Everything here must happen before the QApplication exists."""

import os
from pathlib import Path
from sys import platform

from widgets.map.scheme import register_scheme


def has_gpu() -> bool:
    """Whether a graphics processor may be used. Linux says so by a render node; elsewhere the system provides one."""
    if os.environ.get("QT_QPA_PLATFORM", "").startswith("offscreen"):
        return False
    return not platform.startswith("linux") or any(Path("/dev/dri").glob("renderD*"))


def prepare_web_engine() -> None:
    """Set what QtWebEngine reads at start and register the map's URL scheme. What the user has set is kept.

    Chromium's sandbox refuses to run as root, so it is switched off for root and for nobody else. Without a graphics
    processor, drawing in software pans twice as fast as an emulated one.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    if not has_gpu():
        os.environ.setdefault("QT_QUICK_BACKEND", "software")
        _add_chromium_flag("--disable-gpu")
    register_scheme()


def _add_chromium_flag(flag: str) -> None:
    flags = os.environ.get("QTWEBENGINE_CHROMIUM_FLAGS", "").split()
    if flag not in flags:
        os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = " ".join([*flags, flag])
