"""Makes guessing slow: after some wrong tries each further one has to wait, longer and longer, on every replica."""

from sqlalchemy import Connection, delete, select, update

from core.errors import Refused
from sync.server.authority_tables import attempts
from sync.server.beside import insert_absent

FREE_TRIES = 5
_LONGEST_WAIT_S = 900
_FORGOTTEN_AFTER_MS = 24 * 3600 * 1000


class TooManyTries(Refused):
    """`wait_s` whole seconds must pass before the next try."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(
            f"There were too many wrong tries; the next is possible in {wait_s} s.",
            "Nothing was checked.",
            "Wait, then try again with the right one.",
        )
        self.wait_s = wait_s


def check(connection: Connection, key: str, now_ms: int) -> None:
    """Raises TooManyTries where `key` (who tries what from where) has to wait still."""
    row = connection.execute(select(attempts).where(attempts.c.key == key)).one_or_none()
    if row is None or row.wrong < FREE_TRIES:
        return
    wait_ms = row.last_at + 1000 * min(_LONGEST_WAIT_S, 2 ** min(row.wrong - FREE_TRIES, 20)) - now_ms
    if wait_ms > 0:
        raise TooManyTries(-(-wait_ms // 1000))


def wrong(connection: Connection, key: str, now_ms: int) -> None:
    """Count a wrong try. Tries of yesterday are forgotten."""
    connection.execute(delete(attempts).where(attempts.c.last_at < now_ms - _FORGOTTEN_AFTER_MS))
    insert_absent(connection, attempts, key=key, wrong=0, last_at=now_ms)
    connection.execute(update(attempts).where(attempts.c.key == key).values(wrong=attempts.c.wrong + 1, last_at=now_ms))


def right(connection: Connection, key: str) -> None:
    """Forget what was wrong before."""
    connection.execute(delete(attempts).where(attempts.c.key == key))
