"""Events carried by hand: one signed file that holds the same runs as the wire, for where no wire is."""

from sync.file.form import SUFFIX, FileHead
from sync.file.reading import Bringing, Brought, Exchange, bring_in, open_exchange
from sync.file.writing import Written, write_exchange, writing

__all__ = [
    "SUFFIX",
    "Bringing",
    "Brought",
    "Exchange",
    "FileHead",
    "Written",
    "bring_in",
    "open_exchange",
    "write_exchange",
    "writing",
]
