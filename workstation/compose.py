"""Puts a desk together from its parts, in the order in which each can still refuse without harm."""

import logging
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from core.clock import Clock
from core.desk import Desk
from core.domain.agency import Agency
from core.domain.agency_file import read_agency, roster_commands
from core.errors import Refused, Unavailable
from core.store import Store, exists, no_store, open_store, open_to_read
from resources import resource_path
from workstation.clock import SteadyClock
from workstation.instance import InstanceLock, take_lock
from workstation.keys import StoreKey, store_key
from workstation.paths import STORE_NAME, data_folder, log_folder

AGENCY_NAME = "agency.toml"
PACK_SETTING = "map pack"
_DESK_SETTING = "desk id"


@dataclass(slots=True)
class OpenDesk:
    """A desk with what must be let go of in the end."""

    desk: Desk
    store: Store
    lock: InstanceLock
    key: StoreKey
    folder: Path

    def close(self) -> None:
        """Keep the board, close the store, let another desk in."""
        try:
            self.desk.close()
        finally:
            self.lock.release()


def open_desk(folder: Path, agency: Agency, clock: Clock | None = None) -> OpenDesk:
    """Open (or begin) the store in `folder` for this agency. Raises Unavailable; then nothing is held."""
    steady = SteadyClock()
    with ExitStack() as held:
        lock = take_lock(folder, steady)
        held.callback(lock.release)
        key = store_key(folder)
        store = open_store(folder / STORE_NAME, key.key, clock or steady)
        held.callback(store.close)
        if clock is None:
            steady.not_before(store.newest_at())
        desk = Desk(store, agency, clock or steady, desk_id=_desk_id(store, agency))
        desk.roster(roster_commands(agency, desk.board))
        held.pop_all()
    return OpenDesk(desk, store, lock, key, folder)


@contextmanager
def read_desk(folder: Path, agency: Agency) -> Iterator[tuple[Desk, Store]]:
    """A desk for reading, beside an open one if need be: nothing in its store can be changed. Raises Unavailable."""
    steady = SteadyClock()
    path = folder / STORE_NAME
    if not exists(path):
        raise no_store(path)  # before a key is made for it that a desk starting meanwhile would trip over
    store = open_to_read(path, store_key(folder).key, steady)
    try:
        steady.not_before(store.newest_at())
        yield Desk(store, agency, steady, desk_id=store.get_setting(_DESK_SETTING) or agency.desk_prefix), store
    finally:
        store.close()


def _desk_id(store: Store, agency: Agency) -> str:
    """The desk's name for good: chosen once per store, so that a copied agency file cannot change it."""
    known = store.get_setting(_DESK_SETTING)
    if known is None:
        known = f"{agency.desk_prefix}-{token_hex(3)}"
        store.put_setting(_DESK_SETTING, known)
    return known


def find_agency(asked: Path | None, folder: Path) -> Agency:
    """The agency file that was asked for, else the one in the data folder, else the one that ships."""
    own = folder / AGENCY_NAME
    if asked is not None:
        return read_agency(asked)
    return read_agency(own if own.exists() else resource_path("agency", "default.toml"))


def demo_pack_path() -> Path:
    return resource_path("demo", "la-serena.fdpack")


def find_pack(asked: Path | None, store: Store) -> Path | None:
    """The map pack that was asked for, else the one that opened last; None for a desk without a map."""
    if asked is not None:
        if not asked.exists():
            raise Unavailable(
                f"There is no map pack {asked}.", "The desk was not opened.", "Check the path given with --pack."
            )
        return asked
    known = store.get_setting(PACK_SETTING)
    return Path(known) if known else None


def remember_pack(path: Path, store: Store) -> None:
    """Once it has opened: a wrong path on the command line must not take the place of the map that works."""
    with suppress(Unavailable):
        if store.get_setting(PACK_SETTING) != str(path.absolute()):
            store.put_setting(PACK_SETTING, str(path.absolute()))


def sign_on(desk: Desk, operator: str) -> None:
    """Sign the operator on; says nothing when that is who works here already."""
    from core.domain.commands import SignOn

    with suppress(Refused):
        desk.do(SignOn(operator))


def back_up(target: Path) -> int:
    """The command `foredesk backup`."""
    folder = data_folder()
    with read_desk(folder, find_agency(None, folder)) as (_, store):
        store.backup(target)
    sys.stdout.write(f"The store was copied to {target}, encrypted with the same key. {store_key(folder).where}\n")
    return 0


def start_log() -> None:
    """Log to a file of limited size in the log folder; a full disk must not keep the desk from opening."""
    from logging.handlers import RotatingFileHandler

    folder = log_folder()
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(folder / "foredesk.log", maxBytes=2_000_000, backupCount=3, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
        handler.setLevel(logging.CRITICAL)  # a bug's details; everything else is said to the person as well
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
