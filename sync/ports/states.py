"""What can be the matter with a port, each with the sentence that mends it."""

import os
import sys
from enum import StrEnum


class PortState(StrEnum):
    STARTING = "starting"
    LISTENING = "listening"  # open; bytes that say what speaks have not come yet
    RECEIVING = "receiving"
    SILENT = "silent"
    GARBAGE = "garbage"
    UNPLUGGED = "unplugged"
    DENIED = "no permission"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    ENDED = "ended"  # a recording has been played
    STOPPED = "stopped"

    @property
    def troubled(self) -> bool:
        """Whether somebody should look."""
        return self not in _WELL

    @property
    def is_open(self) -> bool:
        return self in (PortState.LISTENING, PortState.RECEIVING, PortState.SILENT, PortState.GARBAGE)


_WELL = (PortState.STARTING, PortState.LISTENING, PortState.RECEIVING, PortState.ENDED, PortState.STOPPED)

_REMEDIES = {
    PortState.SILENT: "Is the device on, and its cable in the right socket? Most radios send only when they are polled "
    "or keyed: key one up and watch.",
    PortState.GARBAGE: "Bytes come, but make no sense. Set the speed and the protocol by hand to what the device is "
    "programmed to, and check that TX and RX are not crossed with another device's.",
    PortState.UNPLUGGED: "Plug the device in again, into any socket: it is known by its serial number and reopens by "
    "itself.",
    PortState.BUSY: "Another program has the port open. Close it (often gpsd, ModemManager or the radio's programming "
    "software); the port reopens by itself.",
    PortState.UNREACHABLE: "Check the address and that the gateway is on; it is tried again by itself.",
    PortState.FAILED: "Unplug the device and plug it in again. If that does not help, try another cable.",
}


class PortTrouble(Exception):
    """A port cannot be used now: in which state that leaves it, and the system's own words."""

    def __init__(self, state: PortState, detail: str) -> None:
        super().__init__(detail)
        self.state = state
        self.detail = detail


def remedy(state: PortState, address: str = "") -> str:
    """What to do about a state; "" where there is nothing to do."""
    if state is PortState.DENIED:
        return _permission_remedy(address)
    return _REMEDIES.get(state, "")


def _permission_remedy(address: str) -> str:
    if sys.platform == "win32":
        return "Close the program that has the port open, or start Foredesk as a user who may use it."
    group = _group_of(address) or "dialout"
    return (
        f"This user may not use the port. Type `sudo usermod -a -G {group} $USER` in a terminal, then sign out of the "
        "system and in again; the port opens by itself."
    )


def _group_of(address: str) -> str:
    """The group that may use a device file, "" where that cannot be told."""
    if sys.platform == "win32":
        return ""
    import grp

    try:
        return grp.getgrgid(os.stat(address).st_gid).gr_name  # noqa: PTH116 (an address, not a path of ours)
    except (OSError, KeyError):
        return ""
