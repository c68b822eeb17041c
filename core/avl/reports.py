"""What every decoder yields, whichever dialect the device spoke, so that the rest of the desk knows only these words.

`device` is the identity found in the stream; "" where the protocol carries none, and then the port stands for it.
All times are UTC ms. A report's `at` is when it was received, unless the device said when.
"""

from typing import Protocol, TypeAlias

from msgspec import Struct


class AvlFix(Struct, frozen=True, kw_only=True):
    """One position as the device gave it. A fix that is not `valid` is never drawn as current."""

    device: str
    lat: float | None  # WGS 84 degrees; None where the device gave none
    lon: float | None
    fixed_at: int | None  # as the device dates it, never corrected; None where it gave no time
    valid: bool  # the device itself vouches for the position, and it is neither void, typed in nor simulated
    source: str  # name of the protocol in the registry
    speed_mps: float | None = None
    heading: float | None = None  # degrees from true north
    altitude_m: float | None = None
    accuracy_m: float | None = None  # one standard deviation on the ground; from HDOP where nothing better is sent
    satellites: int | None = None
    quality: str = ""  # in words: "gps", "differential", "rtk fixed", "estimated", "simulated", "no fix"
    time_only: bool = False  # the device gave a time of day; the date is from the receiving clock
    doubt: str = ""  # a sentence where the fix contradicts itself or the clock; shown, never mended silently


class DeviceStatus(Struct, frozen=True, kw_only=True):
    """A preset or button: `code` as sent; the agency's mapping gives it a meaning."""

    device: str
    code: str
    at: int
    text: str = ""


class DeviceText(Struct, frozen=True, kw_only=True):
    device: str
    text: str
    at: int
    to: str = ""  # the addressee, where the protocol names one


class DeviceEmergency(Struct, frozen=True, kw_only=True):
    """The emergency button, a man-down or a mayday: always an alarm."""

    device: str
    text: str
    at: int


class DeviceAck(Struct, frozen=True, kw_only=True):
    """The answer to something the desk sent."""

    device: str
    accepted: bool
    at: int
    of: str = ""  # which message is meant, where the protocol numbers them
    text: str = ""


class DeviceHeard(Struct, frozen=True, kw_only=True):
    """A sign of life that carries neither position nor status: a caller's ID at push-to-talk."""

    device: str
    at: int
    text: str = ""


class DeviceName(Struct, frozen=True, kw_only=True):
    """What a device calls itself: node info, a vessel's name. Offered when a device is adopted."""

    device: str
    name: str
    at: int
    detail: str = ""


Report: TypeAlias = AvlFix | DeviceStatus | DeviceText | DeviceEmergency | DeviceAck | DeviceHeard | DeviceName


class Tally(Struct):
    """What a decoder has met since it was made; a port that hears only refusals has the wrong baud rate or protocol."""

    messages: int = 0  # whole, checked and understood
    refused: int = 0  # whole but with a broken checksum, or none where one is wanted, or not readable
    skipped_bytes: int = 0  # belonged to no message


class Decoder(Protocol):
    """Bytes in, reports out. Neither method ever raises; what is kept between calls is bounded."""

    tally: Tally

    def feed(self, data: bytes, received_at: int) -> list[Report]:
        """Take the next bytes, cut anywhere: the same bytes give the same reports however they are cut."""
        ...

    def flush(self, received_at: int) -> list[Report]:
        """The line has been silent (a third of a second), a datagram or the file has ended: give what was waiting."""
        ...
