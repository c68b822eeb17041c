"""Whatever happens, in whatever order: the store's board is the fold of every event it took."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.clock import ManualClock
from core.desk import Draft
from core.domain import events as happened
from core.domain.board import Board
from core.domain.events import Event
from core.domain.fold import apply_event
from core.domain.ids import IdMaker
from core.domain.statuses import Priority, UnitStatus
from core.domain.values import Caller, Location
from core.store import open_store

KEY = b"k" * 32
TEXT = st.text(st.characters(codec="utf-8"), max_size=20)


class StoreMachine(RuleBasedStateMachine):
    """Commits, repeats, snapshots, drafts, proper closings and kills on one store, beside a plain list of events."""

    @initialize()
    def open_a_new_store(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="foredesk-store-"))
        self.path = self.folder / "0" / "s.store"
        self.clock = ManualClock()
        self.ids = IdMaker(self.clock)
        self.taken: list[Event] = []
        self.drafts: dict[str, Draft] = {}
        self.incidents: list[str] = []
        self.kills = 0
        self.store = open_store(self.path, KEY, self.clock)

    def commit(self, *bodies: happened.Body) -> None:
        self.clock.advance(1)
        command = self.ids.next()
        events = tuple(Event(self.ids.next(), "A", "kim", self.clock.now_ms(), command, body) for body in bodies)
        self.store.commit(events)
        self.taken += events

    @rule(text=TEXT, callback=TEXT, unit=st.sampled_from(["M1", "E2"]))
    def open_an_incident(self, text: str, callback: str, unit: str) -> None:
        incident = self.ids.next()
        self.incidents.append(incident)
        number, where = f"26-A-{len(self.incidents):05}", Location(text, 1.0, 2.0)
        self.commit(
            happened.UnitEnrolled(unit, "AMB", ("als",)),
            happened.IncidentOpened(incident, number, "MED", Priority.P1, "", where),
            happened.CallTaken(self.ids.next(), incident, Caller("", callback), where, 1),
            happened.UnitAssigned(self.ids.next(), incident, unit),
        )

    @precondition(lambda self: self.incidents)
    @rule(data=st.data(), text=TEXT)
    def add_to_an_incident(self, data: st.DataObject, text: str) -> None:
        self.commit(happened.NarrativeAdded(data.draw(st.sampled_from(self.incidents)), text))

    @precondition(lambda self: self.incidents)
    @rule(data=st.data())
    def close_or_reopen_an_incident(self, data: st.DataObject) -> None:
        incident = data.draw(st.sampled_from(self.incidents))
        body = data.draw(
            st.sampled_from([happened.IncidentClosed(incident, "DONE"), happened.IncidentReopened(incident)])
        )
        self.commit(body)

    @rule(status=st.sampled_from(UnitStatus))
    def change_a_status(self, status: UnitStatus) -> None:
        self.commit(happened.UnitStatusChanged("M1", status))

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def deliver_some_again(self, data: st.DataObject) -> None:
        first = data.draw(st.integers(0, len(self.taken) - 1))
        self.store.commit(tuple(self.taken[first : first + 5]))

    @rule()
    def keep_a_snapshot(self) -> None:
        self.store.save_snapshot(self.store.load_board())

    @rule(id_=st.sampled_from("ab"), text=TEXT)
    def type_a_draft(self, id_: str, text: str) -> None:
        self.drafts[id_] = Draft(id_, 1, 1, "kim", {"address": text})
        self.store.save_draft(self.drafts[id_])

    @rule(id_=st.sampled_from("ab"))
    def drop_a_draft(self, id_: str) -> None:
        self.drafts.pop(id_, None)
        self.store.drop_draft(id_)

    @rule(many=st.integers(1, 5))
    def acknowledge(self, many: int) -> None:
        self.store.acknowledge([event.id for event in self.store.unsent(many)])

    @rule()
    def close_and_open(self) -> None:
        self.store.close()
        self.store = open_store(self.path, KEY, self.clock)

    @rule()
    def be_killed_and_open(self) -> None:
        self.kills += 1
        found = self.folder / str(self.kills) / "s.store"
        found.parent.mkdir()
        for name in ("s.store", "s.store-wal"):
            if (self.path.parent / name).exists():
                shutil.copyfile(self.path.parent / name, found.parent / name)
        self.store.close()
        self.path = found
        self.store = open_store(self.path, KEY, self.clock)

    @invariant()
    def the_board_is_the_fold_of_every_event(self) -> None:
        board = Board()
        for event in self.taken:
            apply_event(board, event)
        assert self.store.load_board() == board

    @invariant()
    def drafts_are_what_was_typed(self) -> None:
        assert {d.id: d for d in self.store.drafts()} == self.drafts

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert self.store.verify() == []
            assert len(self.store.history(limit=999)) == len(self.incidents)
            self.store.close()
            shutil.rmtree(self.folder)


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
