"""How a source stands, as plain words: what the wire's floor knows and the window's floor shows."""

from msgspec import Struct


class PortRow(Struct, frozen=True):
    """`key` "" never happens. `state` is a word, `trouble` whether somebody should look, `remedy` what to do then.

    `is_open` tells a source that is listened to from one that was only found. Times are UTC ms, 0 for never.
    """

    key: str
    name: str
    address: str
    state: str
    trouble: bool = False
    is_open: bool = False
    detail: str = ""
    remedy: str = ""
    since: int = 0
    protocol: str = ""  # its title, for people
    baud: int = 0  # 0 where there is none
    baud_set: int = 0  # what was set by hand; 0: worked out
    protocol_set: str = ""  # the registry's name set by hand; "": worked out
    evidence: str = ""
    bytes_in: int = 0
    messages: int = 0
    refused: int = 0
    heard_at: int = 0
    heard: str = ""  # the last bytes, printable
    believed: int = 0  # fixes that moved a unit or completed its track
    disbelieved: str = ""  # how many fixes were not, and why
    capturing: str = ""


class RadioLine(Struct, frozen=True):
    """Something a unit's device said, and what came of it."""

    at: int
    unit: str
    sentence: str
