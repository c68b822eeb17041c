"""Serial ports, TCP, UDP and recorded files as sources of reports: a thread each, a named state for every trouble."""

from sync.ports.discovery import FoundPort, found_ports
from sync.ports.hub import Ports
from sync.ports.port import Port, PortStatus
from sync.ports.settings import PortKind, PortSettings, parse_address
from sync.ports.states import PortState, remedy

__all__ = [
    "FoundPort",
    "Port",
    "PortKind",
    "PortSettings",
    "PortState",
    "PortStatus",
    "Ports",
    "found_ports",
    "parse_address",
    "remedy",
]
