"""Keeps the call in hand and the parked calls in the store at every change, and in memory when the store refuses."""

import secrets

from core.desk import Desk, Draft
from widgets.panels.intake_draft import IntakeForm


class DraftKeeper:
    """`parked` is oldest first. What writes may raise Unavailable; then memory is ahead of the store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._id = ""
        self._started_at = desk.clock.now_ms()
        self.parked: list[Draft] = []

    def find(self) -> int:
        """Take what the store has as parked; returns how many of them were in hand when the program ended."""
        self.parked = sorted(self._desk.store.drafts(), key=lambda draft: draft.started_at)
        return sum(not draft.parked for draft in self.parked)

    def begin(self) -> None:
        """From now on, what is kept belongs to another call."""
        self._id, self._started_at = "", self._desk.clock.now_ms()

    def keep(self, form: IntakeForm) -> None:
        """Save the call in hand as it stands; an empty form leaves no draft behind."""
        if form.empty:
            self.forget()
        else:
            self._desk.save_draft(self._draft(form, parked=False))

    def park(self, form: IntakeForm) -> None:
        """Put the call in hand among the parked ones; it is there even when the store refuses."""
        if form.empty:
            self.forget()
            return
        draft = self._draft(form, parked=True)
        self.parked.append(draft)
        self.begin()
        self._desk.save_draft(draft)

    def park_again(self, form: IntakeForm) -> None:
        """A call whose linking or opening was taken back stands among the parked ones; the one in hand stays."""
        now_ms = self._desk.clock.now_ms()
        started_at = form.answered_at if form.answered_at is not None else now_ms
        draft = Draft(secrets.token_hex(8), started_at, now_ms, self._desk.board.operator, form.fields(), parked=True)
        self.parked.append(draft)
        self._desk.save_draft(draft)

    def take(self, draft_id: str) -> Draft | None:
        """Make a parked call the one in hand."""
        draft = next((draft for draft in self.parked if draft.id == draft_id), None)
        if draft is not None:
            self.parked.remove(draft)
            self._id, self._started_at = draft.id, draft.started_at
        return draft

    def forget(self) -> None:
        """The call in hand became an incident, or was emptied."""
        draft_id = self._id
        self.begin()
        if draft_id:
            self._desk.drop_draft(draft_id)

    def drop(self, draft: Draft) -> None:
        """Delete a parked call."""
        self._desk.drop_draft(draft.id)
        self.parked.remove(draft)

    def _draft(self, form: IntakeForm, *, parked: bool) -> Draft:
        self._id = self._id or secrets.token_hex(8)
        return Draft(
            self._id, self._started_at, self._desk.clock.now_ms(), self._desk.board.operator, form.fields(), parked
        )
