"""How much memory this process takes, where the operating system tells it without a further package."""

import sys
from pathlib import Path

_STATM = Path("/proc/self/statm")
_PAGE_BYTES = 4096


def resident_mb() -> float | None:
    """Resident memory in MB; its highest so far on macOS; None where nobody tells."""
    if _STATM.exists():
        import os

        page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else _PAGE_BYTES
        return int(_STATM.read_text("ascii").split()[1]) * page / 1e6
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return None
