"""What may never be in a tracked file: another host's address, a path of somebody's machine, a fetched asset."""

import re
from pathlib import Path

URL = re.compile(rb"(?:https?|wss?)://([A-Za-z0-9.-]+)")
# Licences, attribution, specifications and the formats' own namespaces; nothing that is ever asked for anything.
CITED = {
    b"127.0.0.1", b"keepachangelog.com", b"localhost", b"opendatacommons.org", b"semver.org", b"www.aequilibrae.com",
    b"www.apache.org", b"www.openstreetmap.org", b"www.sqlite.org", b"www.w3.org",
}  # fmt: skip
SHIPPED = {b"opendatacommons.org", b"www.openstreetmap.org", b"www.sqlite.org", b"www.w3.org"}
MACHINE_PATH = re.compile(rb"(?<![\w./-])/(?:work|root|home|opt|Users)/[\w.-]")


RESERVED = (b".example", b".invalid", b"example.com", b"example.org")  # names that no host can ever have


def _hosts(path: Path) -> set[bytes]:
    return {host for host in URL.findall(path.read_bytes()) if not host.endswith(RESERVED)}


def _is_text(path: Path) -> bool:
    return path.suffix not in {".png", ".pdf", ".zip", ".pbf", ".pmtiles", ".ico", ".icns"}


def test_that_no_file_names_a_host_that_is_not_cited(tracked_files: list[Path]) -> None:
    named = {path: _hosts(path) - CITED for path in tracked_files if _is_text(path)}
    assert not {path: hosts for path, hosts in named.items() if hosts}


def test_that_what_ships_names_no_host_it_could_ask(tracked_files: list[Path], repository: Path) -> None:
    rooms = [repository / name for name in ("core", "resources", "sync", "widgets", "workstation")]
    shipped = [path for path in tracked_files if set(rooms) & set(path.parents) and _is_text(path)]
    named = {path: _hosts(path) - SHIPPED for path in shipped}
    assert not {path: hosts for path, hosts in named.items() if hosts}


def test_that_no_file_names_a_path_of_one_machine(tracked_files: list[Path]) -> None:
    found = {path: MACHINE_PATH.findall(path.read_bytes()) for path in tracked_files if _is_text(path)}
    assert not {path: paths for path, paths in found.items() if paths}


def test_that_no_fetched_asset_is_tracked(tracked_files: list[Path], repository: Path) -> None:
    vendor = repository / "resources" / "web" / "vendor"
    assert not [path for path in tracked_files if vendor in path.parents or path.suffix == ".fdpack"]
