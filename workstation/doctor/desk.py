"""The doctor's look at what the desk keeps and ships: store, key, map packs, the map page's scripts, kernels."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ForedeskError, Unavailable
from resources import resource_path
from workstation.doctor.finding import Finding, fail, ok, warn
from workstation.paths import cache_folder, store_path

if TYPE_CHECKING:
    from core.store import Store

_RESTORE = "Move it and the -wal beside it, if there is one, to another folder, and put the newest backup in its place."
_SET_UP = "Run `python3 packaging/bootstrap.py setup` in the source folder, or install Foredesk again."


def check_store() -> Iterator[Finding]:
    """Open the store as the desk would, and read all of it."""
    from core.store import exists
    from workstation.clock import SteadyClock
    from workstation.instance import take_lock

    path = store_path()
    if not exists(path):
        yield _first_store(path)
        return
    try:
        lock = take_lock(path.parent, SteadyClock())
    except Unavailable as problem:
        told = warn if os.access(path.parent, os.W_OK) else fail  # another desk there is nothing wrong
        yield told("Store", f"{problem.happened} It was not looked into.", problem.do)
        return
    try:
        yield from _look_into_store(path)
    finally:
        lock.release()


def _first_store(path: Path) -> Finding:
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if os.access(folder, os.W_OK):
        return ok("Store", f"There is none yet; the first start makes {path} and its key.")
    return fail("Store", f"It cannot be made in {folder}.", "Set FOREDESK_HOME to a folder that you may write to.")


def _look_into_store(path: Path) -> Iterator[Finding]:
    from core.store import open_store
    from workstation.clock import SteadyClock
    from workstation.keys import store_key

    try:
        key = store_key(path.parent)
        yield ok("Key", key.where) if "keyring (" in key.where else warn("Key", key.where, "Keep a copy of it safe.")
        store = open_store(path, key.key, SteadyClock())
        try:
            wrong = store.verify()
            events = store.status().events
            remembered = _remembered_map(store)
        finally:
            store.close()
    except ForedeskError as problem:
        yield fail("Store", f"{problem.happened} {problem.holds}".strip(), problem.do)
        return
    if wrong:
        yield fail("Store", " ".join(wrong), _RESTORE)
    else:
        yield ok("Store", f"{path} is sound, with {events} events.")
    yield remembered


def _remembered_map(store: "Store") -> Finding:
    """The map pack that the desk opened last."""
    from workstation.compose import PACK_SETTING

    known = store.get_setting(PACK_SETTING)
    if known:
        return _look_into_pack("Map", Path(known))
    return warn(
        "Map",
        "This desk has no map of its own area yet; it works without, but knows no travel times.",
        "Make one with `foredesk map build SOURCE -o PACK`, and start with `foredesk run --pack PACK`.",
    )


def check_demo_city() -> Iterator[Finding]:
    yield _look_into_pack("Demo city", resource_path("demo", "la-serena.fdpack"))


def _look_into_pack(topic: str, path: Path) -> Finding:
    """Read all of the pack and hold it against its checksums, without unpacking it."""
    from core.pack.archive import damaged_parts, read_description

    if topic == "Demo city" and not path.exists():
        return fail(topic, f"{path} is missing.", _SET_UP)
    try:
        info, _ = read_description(path)
        damaged = damaged_parts(path, info)
    except ForedeskError as problem:
        return fail(topic, f"{problem.happened} {problem.holds}".strip(), problem.do)
    if damaged:
        return fail(
            topic, f"{path} is damaged: {', '.join(damaged)}.", "Build it again, or copy it from where it came."
        )
    return ok(topic, f"{info.name} is sound ({path}).")


def check_map_scripts() -> Iterator[Finding]:
    """The map page's scripts, against the record of what arrived."""
    vendor = resource_path("web", "vendor")
    try:
        files = json.loads((vendor / "record.json").read_text(encoding="utf-8"))["files"]
        changed = [name for name, sha256 in files.items() if _sha256(vendor / name) != sha256]
    except (OSError, ValueError, KeyError):
        yield fail("Map scripts", f"The map page's scripts are missing from {vendor}.", _SET_UP)
        return
    if changed:
        yield fail("Map scripts", f"Not what arrived at set-up: {', '.join(changed)}.", _SET_UP)
    else:
        yield ok("Map scripts", f"All {len(files)} files that the map page loads are there.")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_kernels() -> Iterator[Finding]:
    """Whether compiled road kernels can be kept, so that only the first start waits for them."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        yield warn(
            "Cache",
            f"Nothing can be kept in {folder} ({problem.strerror}), so every start compiles the road search anew.",
            "Make that folder writable, or set FOREDESK_HOME to another one.",
        )
    else:
        yield ok("Cache", f"Compiled code and unpacked maps are kept in {folder}.")
