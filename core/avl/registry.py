"""Every protocol that the desk can read, by name: what to show, what to set, how to make a decoder, how to know it."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from core.avl import ais, aprs, gpsd_json, kenwood, meshtastic, nmea, sirf, taip, ubx
from core.avl.evidence import Evidence
from core.avl.reports import Decoder


class Protocol(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    settings: type[Struct]  # frozen, with a default for every field
    make: Callable[[Any], Decoder]  # from settings, or from None for the defaults
    evidence: Callable[[bytes], Evidence | None]
    bauds: tuple[int, ...] = ()  # in the order worth trying


_ALL = (
    Protocol(
        name=nmea.NAME, title="NMEA 0183 (GPS receivers and trackers)", settings=nmea.NmeaSettings,
        make=nmea.NmeaDecoder, evidence=nmea.evidence, bauds=(4800, 9600, 38400, 115200, 19200, 57600),
    ),
    Protocol(
        name=taip.NAME, title="TAIP (vehicle modems, Trimble)", settings=taip.TaipSettings,
        make=taip.TaipDecoder, evidence=taip.evidence, bauds=(4800, 9600, 19200, 115200),
    ),
    Protocol(
        name=kenwood.NAME, title="Kenwood FleetSync and NEXEDGE radios", settings=kenwood.KenwoodSettings,
        make=kenwood.KenwoodDecoder, evidence=kenwood.evidence, bauds=(9600, 4800, 19200, 1200, 2400),
    ),
    Protocol(
        name=gpsd_json.NAME, title="gpsd on this machine or the LAN", settings=gpsd_json.GpsdSettings,
        make=gpsd_json.GpsdDecoder, evidence=gpsd_json.evidence,
    ),
    Protocol(
        name=ubx.NAME, title="u-blox receivers (UBX, with or without NMEA)", settings=ubx.UbxSettings,
        make=ubx.UbxDecoder, evidence=ubx.evidence, bauds=(9600, 38400, 115200, 57600, 19200),
    ),
    Protocol(
        name=sirf.NAME, title="SiRF receivers (binary)", settings=sirf.SirfSettings,
        make=sirf.SirfDecoder, evidence=sirf.evidence, bauds=(38400, 57600, 4800, 9600, 19200, 115200),
    ),
    Protocol(
        name=aprs.NAME, title="APRS packet modems (KISS or text)", settings=aprs.AprsSettings,
        make=aprs.AprsDecoder, evidence=aprs.evidence, bauds=(9600, 19200, 38400, 57600, 115200, 4800, 1200),
    ),
    Protocol(
        name=ais.NAME, title="AIS receivers (boats and aircraft)", settings=ais.AisSettings,
        make=ais.AisDecoder, evidence=ais.evidence, bauds=(38400, 4800, 115200, 9600),
    ),
    Protocol(
        name=meshtastic.NAME, title="Meshtastic radios", settings=meshtastic.MeshtasticSettings,
        make=meshtastic.MeshtasticDecoder, evidence=meshtastic.evidence, bauds=(115200, 38400),
    ),
)  # fmt: skip

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in _ALL}


def decoder(name: str, settings: Struct | None = None) -> Decoder:
    """A fresh decoder. Raises KeyError for a protocol that is not here."""
    return PROTOCOLS[name].make(settings)


def detect(sample: bytes) -> list[Evidence]:
    """What speaks for each protocol in what a line was heard to send (a few kilobytes do), the likeliest first."""
    found = [evidence for protocol in _ALL if (evidence := protocol.evidence(sample)) is not None]
    return sorted(found, key=lambda evidence: -evidence.score)
