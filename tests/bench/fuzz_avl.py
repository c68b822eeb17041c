"""Feeds every decoder of the registry mutated bytes: `python tests/bench/fuzz_avl.py [--bytes 10000000] [--only nmea]`.

For each decoder: no exception (one would end the run), no more kept than a bound, and, where the protocol has
checksums, no place that the unharmed stream does not hold. For that last part one byte is changed, lost or doubled in
each 1,500, so that every checksum has to find it. Real logs are taken where they are beside the repository. Not part
of the test suite.
"""

import argparse
import gc
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.avl.registry import PROTOCOLS, decoder
from core.avl.reports import AvlFix, Decoder
from core.avl.sentences import xor_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "avl"
NOW = 1_777_896_000_000
MOST_HELD = 4_000_000  # 1,024 devices at some 2 kB each, and what waits
SPARSE = 1500
# gpsd's JSON, KISS and Meshtastic's framing carry no checksum: a changed digit is a different number there.
CHECKED = frozenset(("nmea", "taip", "kenwood", "ais", "ubx", "sirf"))
RLN_TAIL = "+000059150000+0000000000" + "0" * 10 + "12"
Place = tuple[float, float]


def dollar(body: str) -> bytes:
    return f"${body}*{xor_of(body.encode()):02X}\r\n".encode()


def taip(body: str, unit: int) -> bytes:
    text = f">{body};ID={unit:04d};*"
    return f"{text}{xor_of(text.encode()):02X}<\r\n".encode()


def nmea_seed() -> bytes:
    lines = []
    for second in range(60):
        place = f"48{second:02d}.{second * 137:04d},N,011{second:02d}.{second * 71:04d},E"
        lines += [
            dollar(f"GPRMC,1200{second:02d},A,{place},022.4,084.4,040526,,,A"),
            dollar(f"GPGGA,1200{second:02d},{place},1,08,0.9,545.4,M,46.9,M,1.2,0133"),
            dollar(f"GPGLL,{place},1200{second:02d},A,A"),
            dollar("GPVTG,084.4,T,,M,022.4,N,041.5,K,A"),
        ]
    return b"".join(lines)


def kenwood_seed() -> bytes:
    lines = []
    for second in range(60):
        place = f"48{second:02d}.{second * 137:04d},N,011{second:02d}.{second * 71:04d},E"
        unit = f"U{second % 7 + 1:05d}"
        lines += [
            dollar(f"PKNDS,1200{second:02d},A,{place},012.0,090.0,040526,004.2,W00,{unit},207,00,"),
            dollar(f"PKNSH,{place},1200{second:02d},A,{unit},"),
            dollar(f"PKLSH,{place},1200{second:02d},A,100,{second % 7 + 1001},"),
            b"\x02I110040021004002\x03\x020\x03",
        ]
    return b"".join(lines)


def taip_seed() -> bytes:
    lines = []
    for second in range(60):
        lines += [
            taip(f"RPV{43200 + second}+48{second * 137:05d}-01{second * 71:06d}01512612", second % 5),
            taip(f"RCP{43200 + second}+48{second * 71:04d}-012{second * 97:04d}12", second % 5),
            taip(f"REV012400{second % 7}{43200 + second}+49{second * 137:05d}-01{second * 73:06d}01512612", second % 5),
            taip(f"RLN{43200 + second}000+48{second * 1370:07d}-011{second * 710:07d}{RLN_TAIL}", 9),
        ]
    return b"".join(lines)


def gpsd_seed() -> bytes:
    lines = [
        b'{"class":"VERSION","release":"3.25"}',
        b'{"class":"SKY","device":"/dev/x","uSat":7,"satellites":[{"PRN":1,"used":true}]}',
        b'{"class":"TPV","device":"/dev/x","mode":3,"time":"2026-05-04T12:00:00Z","lat":48.1,"lon":11.5,"eph":9.0}',
        b'{"class":"DEVICES","devices":[{"path":"/dev/x","driver":"u-blox"}]}',
    ]
    return b"\n".join(lines) + b"\n"


def aprs_seed() -> bytes:
    """Uncompressed and compressed positions, a message and an object, as a TNC gives them by KISS."""
    infos = (
        b"!4903.50N/07201.75W-Test 001234",
        b"@092345z4903.50N/07201.75W>088/036",
        b"=/5L!!<*e7>7P[ engine",
        b":N0CALL   :Return to station{001",
        b";LEADER   *092345z4903.50N/07201.75W>",
        b'`(_fn"Oj/',
    )
    address = bytes(ord(letter) << 1 for letter in "APRS  ") + b"\x60"
    frames = []
    for unit in range(20):
        source = bytes(ord(letter) << 1 for letter in f"N0CA{unit:02d}") + b"\x61"
        frames += [b"\xc0\x00" + address + source + b"\x03\xf0" + info + b"\xc0" for info in infos]
    return b"".join(frames)


def meshtastic_seed() -> bytes:
    """Positions and texts of twenty nodes: FromRadio, its packet, the data in it, the position in that."""

    def part(number: int, value: bytes) -> bytes:
        return bytes((number << 3 | 2, len(value))) + value

    def fixed(number: int, value: int) -> bytes:
        return bytes((number << 3 | 5,)) + value.to_bytes(4, "little")

    frames = []
    for node in range(1, 21):
        place = fixed(1, 481_173_000 + node * 1000) + fixed(2, 115_166_000 + node * 1000) + fixed(4, NOW // 1000)
        for port, payload in ((3, place), (1, b"On scene, two patients")):
            data = bytes((8, port)) + part(2, payload)
            packet = fixed(1, node) + fixed(2, 0xFFFFFFFF) + part(4, data) + fixed(6, node * 7)
            body = part(2, packet)
            frames.append(b"\x94\xc3" + len(body).to_bytes(2, "big") + body)
    return b"".join(frames)


def seeds(name: str) -> list[bytes]:
    """Streams that the decoder reads: made ones, and real logs in which it finds something."""
    made = {
        "nmea": nmea_seed, "kenwood": kenwood_seed, "taip": taip_seed, "gpsd": gpsd_seed, "aprs": aprs_seed,
        "meshtastic": meshtastic_seed,
    }  # fmt: skip
    found = [made[name]()] if name in made else []
    for path in sorted(DATA.rglob("*")) if DATA.is_dir() else []:
        if path.is_file() and path.suffix in {".log", ".bin"}:
            data = path.read_bytes()
            reader = decoder(name)
            if reader.feed(data, NOW):
                found.append(data)
    return found


def mutated(seed: bytes, noise: random.Random, one_in: int) -> bytes:
    """About one byte in `one_in` is changed, lost or doubled; now and then a stretch is cut out or repeated."""
    out, at = bytearray(), 0
    while at < len(seed):
        step = one_in if one_in == SPARSE else noise.randint(1, 2 * one_in)
        out += seed[at : at + step]
        at += step
        if not out or (one_in == SPARSE and at > len(seed)):
            continue
        reach = step // 2 if one_in == SPARSE else step  # never two in one sentence: they might cancel in a checksum
        where, kind = len(out) - 1 - noise.randrange(max(1, min(reach, len(out)))), noise.randrange(3)
        if kind == 0:
            out[where] ^= noise.randrange(1, 256)
        elif kind == 1:
            del out[where]
        else:
            out.insert(where, out[where])
        if out and one_in < SPARSE and noise.random() < 0.01:
            start = noise.randrange(len(out))
            out += out[start : start + 200] if noise.random() < 0.5 else noise.randbytes(noise.randrange(200))
    return bytes(out)


def fed(reader: Decoder, data: bytes, noise: random.Random) -> Iterator[AvlFix]:
    at = 0
    while at < len(data):
        step = noise.choice((1, 7, 64, 512, 4096))
        yield from (one for one in reader.feed(data[at : at + step], NOW) if isinstance(one, AvlFix))
        at += step
    yield from (one for one in reader.flush(NOW) if isinstance(one, AvlFix))


def held_bytes(root: object) -> int:
    """The size of all that an object keeps alive, code aside."""
    seen, waiting, size = {id(root)}, [root], 0
    while waiting:
        one = waiting.pop()
        size += sys.getsizeof(one)
        for other in gc.get_referents(one):
            if id(other) not in seen and not isinstance(other, type | ModuleType | FunctionType | BuiltinFunctionType):
                seen.add(id(other))
                waiting.append(other)
    return size


def storm(name: str, streams: list[bytes], wanted: int, noise: random.Random) -> tuple[int, int, int]:
    """Bytes fed, fixes told, and the most that the decoder held."""
    reader, done, told, held, looked = decoder(name), 0, 0, 0, 0
    while done < wanted:
        data = mutated(noise.choice(streams), noise, noise.choice((5, 40, 300, 1000)))
        told += sum(1 for _ in fed(reader, data, noise))
        done += len(data)
        if done - looked > 250_000:
            held, looked = max(held, held_bytes(reader)), done
    return done, told, max(held, held_bytes(reader))


def places_of(name: str, stream: bytes) -> set[Place]:
    """Every place in an unharmed stream: as a whole, and line by line, since a harmed one may lose what hid a place."""
    pieces = [stream, *stream.splitlines(keepends=True)]
    reports = [one for piece in pieces for one in fed(decoder(name), piece, random.Random(1))]
    return {(one.lat, one.lon) for one in reports if one.lat is not None and one.lon is not None}


def strangers(name: str, streams: list[bytes], wanted: int, noise: random.Random) -> tuple[int, int]:
    """Bytes fed with sparse harm, and valid fixes at places that the stream never held (told apart at 5 metres)."""
    done = strange = 0
    known = [(stream, places_of(name, stream)) for stream in streams]
    known = [(stream, places) for stream, places in known if places]
    while known and done < wanted:
        stream, places = noise.choice(known)
        data = mutated(stream, noise, SPARSE)
        done += len(data)
        near = {(round(lat, 4), round(lon, 4)) for lat, lon in places}
        for one in fed(decoder(name), data, noise):
            if one.valid and one.lat is not None and one.lon is not None and (one.lat, one.lon) not in places:
                spot = round(one.lat, 4), round(one.lon, 4)
                if spot not in near:
                    strange += 1
                    print(f"  stranger: {one}")
    return done, strange


def fuzz(name: str, wanted: int, seed: int) -> bool:
    noise, begun = random.Random(f"{name} {seed}"), time.perf_counter()
    streams = seeds(name) or [noise.randbytes(20_000)]
    print(f"{name:<11} ", end="", flush=True)
    done, told, held = storm(name, streams, wanted, noise)
    checked, strange = strangers(name, streams, wanted // 5, noise) if name in CHECKED else (0, 0)
    took_s = time.perf_counter() - begun
    oracle = f"{strange} strange places in {checked:,} sparsely harmed" if name in CHECKED else "no checksum to test"
    print(
        f"{done:>11,} bytes, {told:>8,} fixes, {held:>9,} bytes held at most, no exception; {oracle}; "
        f"{len(streams)} seeds, {took_s:.0f} s"
    )
    return held <= MOST_HELD and strange == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=10_000_000)
    parser.add_argument("--only", choices=sorted(PROTOCOLS))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    names = [asked.only] if asked.only else list(PROTOCOLS)
    sound = [fuzz(name, asked.bytes, asked.seed) for name in names]
    print(f"{sum(sound)} of {len(sound)} decoders stand.")
    return 0 if all(sound) else 1


if __name__ == "__main__":
    raise SystemExit(main())
