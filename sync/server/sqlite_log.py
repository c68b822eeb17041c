"""The centre's log in the embedded server's SQLite file: one writer, every batch synced before it is acknowledged.

Synchronous and without threads, so that a simulation can drive it; `sync.server.threaded` serves it to a loop.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from core.merge.run import Run
from core.store.trouble import told_plainly
from sync.protocol.messages import DeskHave, Outcome
from sync.server.admission import Checked, Verdict
from sync.server.claims import ClaimBook, ClaimRow
from sync.server.database import connect_embedded
from sync.server.log import Indexed, Lives, Page, Point, QuarantineRow, SnapshotRow, Wanted, run_of
from sync.server.numbering import Chain, Numbering, Span
from sync.server.settle import Known, KnownEvent, NewRun, Quarantined, Settled, refused_run, settle
from sync.server.upgrade import lay_into

_AT_ONCE = 5000  # parameters of one statement
MEMORY = Path(":memory:")


class SqliteLog:
    """Made by `open_log`. Used from one thread at a time. Methods are those of CentreLog, without waiting."""

    def __init__(self, raw: Any, path: Path, now_ms: int) -> None:
        self.path = path
        self._raw = raw
        with self._writing():
            self._begin_era(now_ms)
        rows = raw.execute("SELECT era, epoch, first_seq FROM eras ORDER BY era").fetchall()
        self.lives = Lives((era, epoch) for era, epoch, _ in rows)
        self._first_seqs = {era: first_seq for era, _, first_seq in rows}

    def _begin_era(self, now_ms: int) -> None:
        """Every start is a new era: a copied-back file cannot be told from one that was merely closed."""
        newest = self._raw.execute("SELECT max(seq) FROM runs").fetchone()[0] or 0
        self._raw.execute(
            "INSERT INTO eras SELECT coalesce(max(era), 0) + 1, ?, '', ?, ? FROM eras",
            (f"{token_hex(8)}", now_ms, newest + 1),
        )

    def append(self, batch: Sequence[Checked], now_ms: int) -> list[list[Outcome]]:
        with self._writing():
            settled = settle(batch, self._known(Wanted.by(batch)))
            self._write(settled, now_ms)
            return settled.outcomes

    def refuse(self, checked: Checked, code: str, detail: str, now_ms: int) -> None:
        settled = Settled()
        refused_run(0, checked, Verdict("refused", code, detail), settled)
        with self._writing():
            self._quarantine(settled.quarantined, now_ms)

    # what is known

    def _known(self, wanted: Wanted) -> Known:
        events = {
            bytes(id_): KnownEvent(bytes(place), flag)
            for id_, place, flag in self._where_in("SELECT id, place, flag FROM events WHERE id IN", wanted.ids)
        }
        chains = {
            desk: Chain(length, bytes(head), top)
            for desk, length, head, top in self._where_in("SELECT * FROM chains WHERE desk IN", wanted.desks)
        }
        claims = {
            row[0]: ClaimRow.of(row)
            for rows in (
                self._where_in("SELECT * FROM claims WHERE NOT ended AND unit IN", wanted.units),
                self._where_in("SELECT * FROM claims WHERE assignment IN", wanted.assignments),
            )
            for row in rows
        }
        return Known(Numbering(chains, self._spans(wanted, chains)), events, ClaimBook(claims.values()))

    def _spans(self, wanted: Wanted, chains: dict[str, Chain]) -> Iterator[tuple[str, Span]]:
        query = "SELECT seq, first_n, last_n, prev_hash, head FROM runs WHERE desk = ? AND first_n BETWEEN ? AND ?"
        for desk, low, high in wanted.near:
            chain = chains.get(desk, Chain())
            if chain.top > chain.length:
                low, high = min(low, chain.length), max(high, chain.top)  # noqa: PLW2901 - the gap may close
            for seq, first_n, last_n, prev_hash, head in self._raw.execute(query, (desk, low, high)).fetchall():
                yield desk, Span(first_n, last_n, bytes(prev_hash), bytes(head), partial(self._run, seq))

    def _run(self, seq: int) -> Run:
        return run_of(self._raw.execute("SELECT payload FROM runs WHERE seq = ?", (seq,)).fetchone()[0])

    def _where_in(self, query: str, values: Sequence[object]) -> Iterator[Any]:
        for start in range(0, len(values), _AT_ONCE):
            some = values[start : start + _AT_ONCE]
            yield from self._raw.execute(f"{query} ({','.join('?' * len(some))})", some).fetchall()

    # writing

    def _write(self, settled: Settled, now_ms: int) -> None:
        for run in settled.runs:
            self._write_run(run, now_ms)
        chains = [(desk, chain.length, chain.head, chain.top) for desk, chain in settled.chains.items()]
        self._raw.executemany("INSERT OR REPLACE INTO chains VALUES (?, ?, ?, ?)", chains)
        # Whoever lets go of a unit comes before whoever then holds it: the index allows one at any moment.
        claims = sorted(settled.claims, key=lambda row: row.holds)
        self._raw.executemany(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (assignment)"
            " DO UPDATE SET turn = excluded.turn, holds = excluded.holds, ended = excluded.ended",
            [row.values() for row in claims],
        )
        self._quarantine(settled.quarantined, now_ms)

    def _write_run(self, run: NewRun, now_ms: int) -> None:
        kept = (run.prev_hash, run.head, run.events, run.marked, run.payload, now_ms)
        written = self._raw.execute(
            "INSERT INTO runs (era, desk, first_n, last_n, prev_hash, head, events, marked, payload, received_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self.lives.era, run.desk, run.first_n, run.last_n, *kept),
        )
        rows = [
            (e.id, e.place, written.lastrowid, e.i, run.desk, e.at, e.kind, e.incident or None, e.unit or None, e.flag)
            for e in run.rows
        ]
        self._raw.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _quarantine(self, refused: Iterable[Quarantined], now_ms: int) -> None:
        self._raw.executemany(
            "INSERT INTO quarantine (key, at, desk, pushed_by, first_n, last_n, event, code, detail, payload, times)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1",
            [
                (q.key, now_ms, q.desk, q.pushed_by, q.first_n, q.last_n, q.event, q.code, q.detail, q.payload)
                for q in refused
            ],
        )

    # reading

    def pull(self, after: Point, limit: int, leave_out: str = "", only: str = "") -> Page:
        query = (
            "SELECT era, seq, payload, near, all_near, upto FROM (SELECT era, seq, events, count(*) OVER () AS near,"
            " sum(events) OVER () AS all_near, sum(events) OVER (ORDER BY seq) AS upto,"
            " CASE WHEN desk = ? AND NOT marked THEN NULL ELSE payload END AS payload FROM"
            " (SELECT * FROM runs WHERE seq > ? AND ? IN ('', desk) ORDER BY seq LIMIT ?))"
            " WHERE upto - events < ? ORDER BY seq"
        )
        start = after.seq
        if after.era < self.lives.era:
            start = min(start, self._first_seqs[after.era + 1] - 1)
        with told_plainly(self.path):
            rows = self._raw.execute(query, (leave_out, start, only, limit, limit)).fetchall()
        if not rows:
            return Page(after, False, [])
        era, seq, _, near, all_near, upto = rows[-1]
        more = near == limit or all_near > upto
        return Page(Point(era, 0, seq), more, [bytes(row[2]) for row in rows if row[2] is not None])

    def end(self) -> Point:
        with told_plainly(self.path):
            row = self._raw.execute("SELECT era, seq FROM runs ORDER BY seq DESC LIMIT 1").fetchone()
        return Point(row[0], 0, row[1]) if row else Point()

    def have(self, desk: str = "") -> list[DeskHave]:
        which, values = ("WHERE desk = ?", (desk,)) if desk else ("", ())
        with told_plainly(self.path):
            chains = self._raw.execute(f"SELECT * FROM chains {which} ORDER BY desk", values).fetchall()
            return [
                DeskHave(name, length, bytes(head), self._beyond(name, length) if top > length else [])
                for name, length, head, top in chains
            ]

    def _beyond(self, desk: str, length: int) -> list[tuple[int, int]]:
        query = "SELECT first_n, last_n FROM runs WHERE desk = ? AND first_n > ? ORDER BY first_n"
        return [(first_n, last_n) for first_n, last_n in self._raw.execute(query, (desk, length))]

    def counted(self) -> int:
        with told_plainly(self.path):
            return int(self._raw.execute("SELECT coalesce(sum(length), 0) FROM chains").fetchone()[0])

    def runs_of(self, incidents: Collection[str], units: Collection[str], after: bytes) -> list[tuple[Indexed, Run]]:
        query = "SELECT place, run, i FROM events WHERE"
        with told_plainly(self.path):
            asked: list[tuple[str, tuple[object, ...]]] = []
            asked += [(f"{query} incident = ? AND place > ?", (name, after)) for name in incidents]
            asked += [(f"{query} unit = ? AND place > ?", (name, after)) for name in units]
            asked = asked or [(f"{query} incident IS NULL AND unit IS NULL AND place > ?", (after,))]
            found = {
                Indexed(bytes(place), run, i)
                for one, values in asked
                for place, run, i in self._raw.execute(one, values).fetchall()
            }
            runs = {seq: self._run(seq) for seq in {indexed.run for indexed in found}}
        return [(indexed, runs[indexed.run]) for indexed in sorted(found, key=lambda indexed: indexed.place)]

    def quarantine(self, *, settled: bool = False, limit: int = 500) -> list[QuarantineRow]:
        which = "" if settled else "WHERE settled_at IS NULL"
        columns = ", ".join(QuarantineRow.__struct_fields__)
        query = f"SELECT {columns} FROM quarantine {which} ORDER BY id DESC LIMIT ?"
        with told_plainly(self.path):
            return [QuarantineRow(*row) for row in self._raw.execute(query, (limit,)).fetchall()]

    def settle_quarantine(self, row: int, now_ms: int, by: str, how: str) -> bool:
        with self._writing():
            statement = (
                "UPDATE quarantine SET settled_at = ?, settled_by = ?, how = ? WHERE id = ? AND settled_at IS NULL"
            )
            return bool(self._raw.execute(statement, (now_ms, by, how, row)).rowcount)

    def save_snapshot(self, row: SnapshotRow, keep: int) -> None:
        with self._writing():
            self._raw.execute(
                "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)",
                (row.sha256, row.at, row.events, row.head, row.body),
            )
            self._raw.execute(
                "DELETE FROM snapshots WHERE sha256 NOT IN (SELECT sha256 FROM snapshots ORDER BY at DESC LIMIT ?)",
                (keep,),
            )

    def snapshot(self, sha256: str = "") -> SnapshotRow | None:
        query = "SELECT * FROM snapshots WHERE ? IN ('', sha256) ORDER BY at DESC LIMIT 1"
        with told_plainly(self.path):
            row = self._raw.execute(query, (sha256,)).fetchone()
        return SnapshotRow(*row) if row else None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with told_plainly(self.path):
            self._raw.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._raw.in_transaction:
                    self._raw.execute("ROLLBACK")
                raise
            self._raw.execute("COMMIT")

    def close(self) -> None:
        with told_plainly(self.path):
            self._raw.close()


def open_log(path: Path, now_ms: int, key: bytes = b"") -> SqliteLog:
    """The log in the server's file, which `bring_up` has brought up to date; MEMORY: one that is gone when closed."""
    with told_plainly(path):
        if path == MEMORY:
            raw = sqlcipher.connect(":memory:", isolation_level=None, check_same_thread=False)
            lay_into(raw)
        else:
            raw = connect_embedded(path, key)
    return SqliteLog(raw, path, now_ms)
