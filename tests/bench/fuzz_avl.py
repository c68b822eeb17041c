"""Fuzzes every AVL decoder: `python tests/bench/fuzz_avl.py [--bytes 10000000] [--protocol ais]`.

First pass: real and made lines, cut, doubled and damaged: no exception, bounded memory, no fix off the globe.
Second pass, where sentences carry checksums: one byte of each stretch is wrong; no fix may lie where none was sent.
Seeds come from ../shared/data/avl and from tests/avl/test_streams.py. Not part of the test suite.
"""

import argparse
import importlib.util
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from msgspec import Struct

from core.avl.nmea import NmeaSettings
from core.avl.registry import PROTOCOLS, Protocol
from core.avl.reports import AvlFix, Decoder, Report
from core.avl.sentences import Checksums
from core.avl.ubx import UbxSettings

RECEIVED_AT = 1_700_000_000_000
STRETCH = 3000
MOST_KEPT = 1_000_000
SAMPLE = 6000
STRICT_NMEA = NmeaSettings(checksums=Checksums.ALWAYS)
CHECKED: dict[str, Struct | None] = {"nmea": STRICT_NMEA, "ais": None, "ubx": UbxSettings(nmea=STRICT_NMEA)}


def streams() -> ModuleType:
    spec = importlib.util.spec_from_file_location("test_streams", ROOT / "tests" / "avl" / "test_streams.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pool() -> Iterator[bytes]:
    folder = ROOT.parent / "shared" / "data" / "avl"
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".log", ".bin", ".chk"}:
            yield path.read_bytes()
        elif path.suffix == ".json":
            for case in json.loads(path.read_text(encoding="utf-8")):
                yield case["raw"].encode("latin-1", errors="replace") + b"\r\n"


def seeds(protocol: Protocol, lines: dict[str, tuple[object, bytes]]) -> bytes:
    """Some hundred kilobytes of what the protocol claims for itself."""
    own = [lines[protocol.name][1]] * 20 if protocol.name in lines else []
    own += [data for data in pool() if protocol.evidence(data[:SAMPLE]) is not None]
    return b"".join(own)


def damaged(corpus: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(max(1, len(corpus) - STRETCH))
    data = bytearray(corpus[start : start + STRETCH])
    for _ in range(dice.choice((1, 3, 10, 60))):
        at, kind = dice.randrange(len(data) or 1), dice.randrange(4)
        if kind == 0:
            data[at : at + 1] = bytes((dice.randrange(256),))
        elif kind == 1:
            del data[at : at + dice.randrange(1, 40)]
        elif kind == 2:
            data[at:at] = data[at : at + dice.randrange(1, 400)]
        else:
            data[at:at] = dice.randbytes(dice.randrange(1, 20))
    return bytes(data)


def fed(decoder: Decoder, data: bytes, dice: random.Random) -> list[Report]:
    middle = dice.randrange(len(data) + 1)
    reports = decoder.feed(data[:middle], RECEIVED_AT) + decoder.feed(data[middle:], RECEIVED_AT)
    return reports + (decoder.flush(RECEIVED_AT) if dice.random() < 0.1 else [])


def is_sound(fix: AvlFix) -> bool:
    on_globe = fix.lat is not None and fix.lon is not None and abs(fix.lat) <= 90 and abs(fix.lon) <= 180
    return (on_globe or not fix.valid) and (fix.heading is None or 0 <= fix.heading <= 360)


def survive(protocol: Protocol, corpus: bytes, wanted: int, helper: ModuleType) -> None:
    dice, decoder = random.Random(protocol.name), protocol.make(None)
    done, reports, most_kept, began = 0, 0, 0, time.perf_counter()
    while done < wanted:
        data = damaged(corpus, dice)
        heard = fed(decoder, data, dice)
        for report in heard:
            assert not isinstance(report, AvlFix) or is_sound(report), report
        done, reports = done + len(data), reports + len(heard)
        if dice.random() < 0.02:
            most_kept = max(most_kept, helper.kept_bytes(decoder))
            assert most_kept < MOST_KEPT
    rate = done / (time.perf_counter() - began) / 1e6
    print(f"{protocol.name:11} {done:>11,} bytes {reports:>8,} reports {most_kept:>8,} bytes kept {rate:5.1f} MB/s")


def keep_checksums(protocol: Protocol, corpus: bytes, wanted: int) -> None:
    dice, done, fixes, strays = random.Random(protocol.name), 0, 0, 0
    sent = places(protocol, [corpus])
    while done < wanted:
        start = dice.randrange(max(1, len(corpus) - STRETCH))
        data = bytearray(corpus[start : start + STRETCH])
        for at in range(dice.randrange(200), len(data), 400):
            data[at] ^= 1 << dice.randrange(8)
        found = places(protocol, [bytes(data)])
        done, fixes = done + len(data), fixes + len(found)
        strays += sum(
            not any((lat + north, lon + east) in sent for north in (-1, 0, 1) for east in (-1, 0, 1))
            for lat, lon in found
        )
    print(f"{protocol.name:11} {done:>11,} bytes {fixes:>8,} places, {strays} of them never sent")


def places(protocol: Protocol, pieces: list[bytes]) -> set[tuple[int, int]]:
    """Thousandths of degrees of all valid fixes."""
    decoder = protocol.make(CHECKED[protocol.name])
    reports = [report for piece in pieces for report in decoder.feed(piece, RECEIVED_AT)]
    return {
        (round(fix.lat * 1000), round(fix.lon * 1000))
        for fix in reports + decoder.flush(RECEIVED_AT)
        if isinstance(fix, AvlFix) and fix.valid and fix.lat is not None and fix.lon is not None
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=10_000_000, help="for each decoder and pass")
    parser.add_argument("--protocol", choices=sorted(PROTOCOLS))
    given = parser.parse_args()
    helper = streams()
    for protocol in PROTOCOLS.values():
        if given.protocol in (None, protocol.name):
            corpus = seeds(protocol, helper.LINES)
            survive(protocol, corpus, given.bytes, helper)
            if protocol.name in CHECKED:
                keep_checksums(protocol, corpus, given.bytes)


if __name__ == "__main__":
    main()
