"""From desk to device: what bytes make a radio pass on a text, or ask a unit where it is."""

from core.avl import kenwood, kenwood_frames, meshtastic
from core.avl.devices import Device
from core.errors import Refused

# Of a unit's devices, the first of a protocol that can be spoken to.
_SPOKEN_TO = (kenwood.NAME, meshtastic.NAME)


def reachable(devices: list[Device]) -> list[Device]:
    """Those that something can be sent to, in their order."""
    return [device for device in devices if device.key.partition(":")[0] in _SPOKEN_TO]


def text_to(device: Device, text: str, packet_id: int) -> bytes:
    """The bytes of a text to one device; `packet_id` is not zero, and new for each. Raises Refused."""
    protocol, _, identity = device.key.partition(":")
    if protocol == kenwood.NAME:
        return kenwood_frames.text_frame(identity, text)
    node = meshtastic.node_number(identity) if protocol == meshtastic.NAME else None
    if node is None:
        raise _deaf(device)
    return meshtastic.text_message(text, packet_id=packet_id, to=node)


def poll_of(device: Device) -> bytes:
    """The bytes that ask one device for its position. Raises Refused where it cannot be asked."""
    protocol, _, identity = device.key.partition(":")
    if protocol != kenwood.NAME:
        raise Refused(f"{identity} cannot be asked for its position: it sends it by itself.", "Nothing was sent.")
    return kenwood_frames.poll_frame(identity)


def _deaf(device: Device) -> Refused:
    return Refused(f"{device.key} takes no texts.", "Nothing was sent.", "Call the unit by voice.")
