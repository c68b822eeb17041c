"""Measures NMEA decoding beside pynmea2 and pynmeagps: `python tests/bench/bench_avl_decode.py [--sentences 200000]`.

All three read the same valid sentences on one core in one run, taking turns. The two are no part of the project:
`pip install --target DIR pynmea2 pynmeagps`, then run with `PYTHONPATH=DIR`. Not part of the test suite.
"""

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.avl.nmea import NmeaDecoder
from core.avl.reports import AvlFix
from core.avl.sentences import Check, Framer, read_sentence, xor_of

LOGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "avl" / "nmea"
TURNS = 5


def made_stream(sentences: int) -> list[bytes]:
    """A receiver on a drive: RMC, VTG, GGA, GSA, GSV, GLL each second."""
    lines: list[bytes] = []
    second = 0
    while len(lines) < sentences:
        second += 1
        time_of_day = f"{second // 3600 % 24:02d}{second // 60 % 60:02d}{second % 60:02d}.00"
        place = f"48{second % 5900 / 100:08.5f},N,011{second % 3000 / 50:08.5f},E"
        bodies = (
            f"GNRMC,{time_of_day},A,{place},022.4,084.4,040526,,,A",
            "GNVTG,084.4,T,,M,022.4,N,041.5,K,A",
            f"GNGGA,{time_of_day},{place},1,08,0.9,545.4,M,46.9,M,,",
            "GNGSA,A,3,10,28,09,13,,,,,,,,,3.4,1.7,3.0",
            "GPGSV,3,1,12,28,14,150,41,09,15,254,41,10,43,192,47,13,06,081,36",
            f"GNGLL,{place},{time_of_day},A,A",
        )
        lines += [f"${body}*{xor_of(body.encode()):02X}\r\n".encode() for body in bodies]
    return lines


def logged_stream(sentences: int) -> list[bytes]:
    """Real receivers' sentences with a right checksum, over and over; none where the logs are not there."""
    kinds = {b"RMC", b"GGA", b"GLL", b"VTG", b"GNS", b"ZDA", b"GSA", b"GSV", b"GST"}
    lines: list[bytes] = []
    for log in sorted(LOGS.glob("*.log")):
        for token in Framer().cut(log.read_bytes() + b"\n"):
            read = read_sentence(token) if token[:1] == b"$" else None
            if read is not None and read.check is Check.RIGHT and read.fields[0][2:] in kinds:
                lines.append(token.strip() + b"\r\n")
    return (lines * (sentences // len(lines) + 1))[:sentences] if lines else []


def ours(lines: list[bytes]) -> int:
    decoder, stream, placed = NmeaDecoder(), b"".join(lines), 0
    for start in range(0, len(stream), 4096):
        placed += sum(isinstance(one, AvlFix) for one in decoder.feed(stream[start : start + 4096], 1_777_896_000_000))
    return placed


def pynmea2(lines: list[bytes]) -> int:
    module, placed = importlib.import_module("pynmea2"), 0
    for line in lines:
        try:
            message = module.parse(line.decode("ascii"), check=True)
            placed += bool(getattr(message, "latitude", 0.0) or getattr(message, "longitude", 0.0))
        except (ValueError, TypeError, AttributeError):
            continue
    return placed


def pynmeagps(lines: list[bytes]) -> int:
    module, placed = importlib.import_module("pynmeagps"), 0
    for line in lines:
        try:
            placed += bool(getattr(module.NMEAReader.parse(line), "lat", ""))
        except (ValueError, TypeError, module.NMEAParseError, module.NMEAMessageError, module.NMEATypeError):
            continue
    return placed


def present(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed, so it is not measured: see the head of this file.")
        return False
    return True


def rate(read: Callable[[list[bytes]], int], lines: list[bytes]) -> float:
    begun = time.perf_counter()
    read(lines)
    return len(lines) / (time.perf_counter() - begun)


def measure(title: str, lines: list[bytes], readers: dict[str, Callable[[list[bytes]], int]]) -> bool:
    best: dict[str, float] = {}
    for _ in range(TURNS):
        for name, read in readers.items():
            best[name] = max(best.get(name, 0.0), rate(read, lines))
    print(f"{title}: {len(lines)} sentences, the best of {TURNS} turns")
    for name, per_s in best.items():
        print(f"  {name:<10} {per_s:>10,.0f} sentences/s  {per_s / best['foredesk']:.2f} of Foredesk's")
    return all(per_s <= best["foredesk"] for per_s in best.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=200_000)
    asked = parser.parse_args()
    others = {"pynmea2": pynmea2, "pynmeagps": pynmeagps}
    readers = {"foredesk": ours} | {name: read for name, read in others.items() if present(name)}
    streams = {"Made": made_stream(asked.sentences), "Real logs": logged_stream(asked.sentences)}
    ahead = [measure(title, lines, readers) for title, lines in streams.items() if lines]
    print("Bar: ahead of both. " + ("Reached." if all(ahead) and len(readers) == 3 else "Not shown."))
    return 0 if all(ahead) else 1


if __name__ == "__main__":
    raise SystemExit(main())
