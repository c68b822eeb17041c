"""Files that ship with the application: the agency's defaults, the map page, the manual, the demo city."""

from importlib.resources import files
from pathlib import Path


def resource_path(*parts: str) -> Path:
    """Path of a shipped file or folder; the package is always installed unpacked."""
    return Path(str(files(__name__).joinpath(*parts)))
