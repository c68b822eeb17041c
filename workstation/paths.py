"""Where this desk keeps its things: the operating system's folders, or all of them under FOREDESK_HOME."""

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "FOREDESK_HOME"
STORE_NAME = "foredesk.store"
_APP = "foredesk"


def data_folder() -> Path:
    """The store, its key file where there is no keyring, and map packs. Private to the user; not created here."""
    return _home("") or platformdirs.user_data_path(_APP, appauthor=False)


def cache_folder() -> Path:
    """What can be made again: unpacked maps, compiled kernels."""
    return _home("cache") or platformdirs.user_cache_path(_APP, appauthor=False)


def log_folder() -> Path:
    return _home("log") or platformdirs.user_log_path(_APP, appauthor=False)


def store_path() -> Path:
    return data_folder() / STORE_NAME


def _home(name: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE, "").strip()
    return Path(home).expanduser().absolute() / name if home else None
