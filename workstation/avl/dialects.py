"""The decoders there are, as ports ask for them, and what has to be said to a device before it speaks."""

from secrets import randbelow

from core.avl import gpsd_json, meshtastic
from core.avl.evidence import Evidence
from core.avl.registry import PROTOCOLS, decoder, detect
from core.avl.reports import Decoder
from core.errors import Refused


class Registry:
    """core.avl.registry with what belongs to a conversation."""

    def detect(self, sample: bytes) -> list[Evidence]:
        return detect(sample)

    def make(self, protocol: str) -> Decoder:
        self.check(protocol)
        return decoder(protocol)

    def greeting(self, protocol: str) -> bytes:
        """What makes a device of that protocol speak; b"" for those that speak by themselves."""
        if protocol == gpsd_json.NAME:
            return gpsd_json.WATCH
        if protocol == meshtastic.NAME:
            return meshtastic.WAKE + meshtastic.want_config(1 + randbelow(2**31))
        return b""

    def keepalive(self, protocol: str) -> bytes:
        """What has to be sent every few minutes so that the device goes on speaking."""
        return meshtastic.heartbeat() if protocol == meshtastic.NAME else b""

    def bauds(self, protocol: str) -> tuple[int, ...]:
        """The speeds worth trying, the likeliest first; () where any may be."""
        known = PROTOCOLS.get(protocol)
        return known.bauds if known else ()

    def title(self, protocol: str) -> str:
        known = PROTOCOLS.get(protocol)
        return known.title if known else protocol

    def titles(self) -> list[tuple[str, str]]:
        return [(name, protocol.title) for name, protocol in PROTOCOLS.items()]

    def check(self, protocol: str) -> None:
        """Raises Refused for a protocol that is not there."""
        if protocol not in PROTOCOLS:
            raise Refused(f"There is no protocol '{protocol}'.", do=f"Choose one of {', '.join(PROTOCOLS)}.")
