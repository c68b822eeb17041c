"""Measures map packs: `python tests/bench/bench_pack.py [--maps FOLDER]`, with the real maps beside the repository.

Prints how long Porto and Copenhagen take to build, step by step, and to open; then the gazetteer's answers beside named
baselines on the same data in the same run: a LIKE '%...%' scan of all addresses, rapidfuzz over all addresses, and
numpy over all points. Not part of the test suite.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import sqlcipher3
from rapidfuzz import fuzz, process

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.pack.build import build_pack
from core.pack.gazetteer import Gazetteer
from core.pack.pack import open_pack
from core.roads.segments import lengths_m

MAPS = Path(__file__).resolve().parents[3] / "shared" / "data" / "maps"


def build(source: Path, target: Path) -> None:
    marks: list[tuple[str, float]] = []

    def mark(step: str, _done: float) -> None:
        if not marks or marks[-1][0] != step:
            marks.append((step, time.perf_counter()))

    info = build_pack(source, target, progress=mark)
    start, end = marks[0][1], marks[-1][1]
    nodes, addresses = info.counts.nodes, info.counts.addresses
    size_mb = target.stat().st_size / 1e6
    print(f"{source.name}: {nodes:,} nodes, {addresses:,} addresses built in {end - start:.1f} s, {size_mb:.1f} MB")
    for (step, begun), (_, ended) in pairwise(marks):
        print(f"    {step:<34} {ended - begun:6.2f} s")


def open_twice(path: Path, cache: Path) -> None:
    for words in ("first opening, unpacked and verified", "later opening"):
        begun = time.perf_counter()
        open_pack(path, cache)
        print(f"    {words:<38} {(time.perf_counter() - begun) * 1e3:8.2f} ms")


def median_ms(job: Callable[[int], object], times: int = 200) -> float:
    took = []
    for number in range(times):
        begun = time.perf_counter()
        job(number)
        took.append(time.perf_counter() - begun)
    return statistics.median(took) * 1e3


def spoilt(name: str, chance: random.Random) -> str:
    """The name with two neighbouring letters swapped."""
    at = chance.randrange(1, max(2, len(name) - 2))
    return name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]


def ask(gazetteer: Gazetteer, path: Path) -> None:
    """Print medians of each kind of question beside the baselines'."""
    chance = random.Random(1)
    plain = sqlcipher3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    rows = plain.execute(
        "SELECT street.name || ' ' || text, address.lat, address.lon, street.name FROM address "
        "JOIN street ON street.id = street"
    ).fetchall()
    table = sqlcipher3.connect(":memory:")
    table.execute("CREATE TABLE address (text TEXT)")
    table.executemany("INSERT INTO address VALUES (?)", ((row[0],) for row in rows))
    texts, lat, lon = [row[0] for row in rows], np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    picked = [chance.choice(rows) for _ in range(200)]
    typed = [row[3][: chance.randrange(3, 8)] for row in picked]
    slips = [spoilt(row[3], chance) for row in picked]
    crossings = plain.execute(
        "SELECT a.name, b.name FROM crossing JOIN street AS a ON a.id = a JOIN street AS b ON b.id = b LIMIT 200"
    ).fetchall()
    like = "SELECT text FROM address WHERE text LIKE ? LIMIT 8"
    print(f"    medians of 200 over {len(rows):,} addresses, ms{'':24} ours   baseline")
    lines: list[tuple[str, Callable[[int], object], str, Callable[[int], object] | None]] = [
        ("the beginning of a name", lambda i: gazetteer.search(typed[i]), "LIKE scan",
         lambda i: table.execute(like, (f"%{typed[i]}%",)).fetchall()),
        ("a whole address", lambda i: gazetteer.search(picked[i][0]), "LIKE scan",
         lambda i: table.execute(like, (f"%{picked[i][0]}%",)).fetchall()),
        ("a name with a slip", lambda i: gazetteer.search(slips[i]), "rapidfuzz over all",
         lambda i: process.extract(slips[i], texts, scorer=fuzz.WRatio, limit=8) if i < 10 else None),
        ("a crossing", lambda i: gazetteer.search(" & ".join(crossings[i % len(crossings)])), "", None),
        ("what is at a point", lambda i: gazetteer.reverse(picked[i][1] + 2e-4, picked[i][2]), "numpy over all",
         lambda i: int(np.argmin(lengths_m(lat, lon, picked[i][1] + 2e-4, picked[i][2])))),
    ]  # fmt: skip
    for words, job, name, baseline in lines:
        ours = median_ms(job)
        theirs = f"{median_ms(baseline, 10 if 'rapidfuzz' in name else 200):10.3f}  {name}" if baseline else ""
        print(f"    {words:<50} {ours:10.3f} {theirs}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=Path, default=MAPS, metavar="FOLDER")
    maps = parser.parse_args().maps
    with tempfile.TemporaryDirectory() as temporary:
        for name in ("porto", "copenhagen"):
            source, target = maps / f"{name}.osm.pbf", Path(temporary, f"{name}.fdpack")
            if not source.is_file():
                print(f"{source} is absent.")
                continue
            build(source, target)
            open_twice(target, Path(temporary))
        pack = open_pack(target, Path(temporary))
        with pack.gazetteer() as gazetteer:
            ask(gazetteer, pack.folder / "gazetteer.sqlite")


if __name__ == "__main__":
    main()
