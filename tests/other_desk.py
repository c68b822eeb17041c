"""Another desk, with a store of its own, for tests of what one desk sees of others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.desk import Desk
from core.store import open_store
from core.store.exchange import DESK_SETTING


def pass_on(source: Desk, target: Desk) -> None:
    """Everything that `source` has done or heard to `target`, in order, as between desks with no server."""
    if source.store.get_setting(DESK_SETTING) is None:
        source.store.put_setting(DESK_SETTING, source.desk_id)
    after = 0
    while (found := source.store.outgoing(1_000, server=f"to {target.desk_id}", after=after)).runs:
        target.receive(found.runs, source=source.desk_id, centre=False)
        after = found.after


@contextmanager
def other_desk(beside: Desk, folder: Path, desk_id: str = "B") -> Iterator[Desk]:
    """A desk of the same agency and the same clock that knows what `beside` knows."""
    store = open_store(folder / f"{desk_id}.store", bytes(range(32)), beside.clock)
    desk = Desk(store, beside.agency, beside.clock, desk_id=desk_id)
    pass_on(beside, desk)
    yield desk
    store.close()
