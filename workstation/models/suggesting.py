"""The desk's suggestions: models loaded beside the window, asked at each keystroke, and what came of it kept."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from time import perf_counter

from msgspec.structs import replace

from core.desk import Change, Desk
from core.domain.events import SeveritySet
from core.errors import ForedeskError, Unavailable
from core.severity.ages import READ_CHARACTERS, age_in, sex_in
from core.severity.answer import Answer
from core.severity.record import Estimate, FieldValue, SuggestionRecord
from core.severity.red_flags import FlagFound, folded
from core.severity.suggest import Suggestion, suggest
from core.store import Store
from widgets.suggester import Shown
from workstation.models.loading import Loaded, load

log = logging.getLogger(__name__)

LOOK_AGAIN_MS = 30_000  # for a model that was approved meanwhile, or rules that were edited
AT_ONCE_MS = 1.0  # what a keystroke may wait for its suggestion
_LATEST = 0.3  # weight of the newest time among those before


@lru_cache(maxsize=512)
def _who(text: str) -> tuple[float | None, str]:
    """Age and sex; a call that goes on is about the same person."""
    plain = folded(text)
    return age_in(plain), sex_in(plain)


class SuggestingSession:
    """One desk's suggester. `load` is a coroutine for the window's loop; `on_change` is told when it has loaded."""

    def __init__(self, desk: Desk, store: Store, folder: Path, report: Callable[[ForedeskError], None]) -> None:
        self._desk = desk
        self._store = store
        self._folder = folder
        self._report = report
        self.loaded = Loaded()
        self.on_change: list[Callable[[], None]] = []
        self._told: set[str] = set()
        self._took_ms = 0.0
        self._loading = False
        self._looked_at = desk.clock.now_ms()
        self._stop_listening = desk.listen(self._on_change)

    def close(self) -> None:
        self._stop_listening()

    async def load(self) -> None:
        """Bring in what should answer now; what was in use goes on until then, and where that cannot be used."""
        if self._loading:
            return
        self._loading = True
        try:
            rules, clock = self._desk.agency.severity, self._desk.clock
            loaded = await asyncio.to_thread(load, rules, self._folder, clock, self.loaded)
        finally:
            self._loading = False
            self._looked_at = self._desk.clock.now_ms()
        news = loaded.models != self.loaded.models or loaded.flags is not self.loaded.flags
        self.loaded = loaded
        for trouble in loaded.troubles:
            self._tell(trouble)
        if not loaded.troubles:
            self._told.clear()
        if news:
            for told in self.on_change:
                told()

    def due(self, now_ms: int) -> bool:
        """Whether it is time to look again for other models and rules."""
        return not self._loading and now_ms - self._looked_at >= LOOK_AGAIN_MS

    def _tell(self, trouble: ForedeskError) -> None:
        """Once on loss, not at every look."""
        if str(trouble) not in self._told:
            self._told.add(str(trouble))
            log.warning("severity: %s", trouble)
            self._report(trouble)

    # what the call form asks

    @property
    def busy(self) -> bool:
        return self._took_ms > AT_ONCE_MS

    def suggest(self, text: str, type_code: str) -> Suggestion:
        began = perf_counter()
        known = self._desk.agency.types.get(type_code)
        answer = self._ask(text, type_code)
        suggestion = suggest(self._flags(text), known.severity if known else "", answer)
        took_ms = (perf_counter() - began) * 1000
        self._took_ms = took_ms if took_ms < self._took_ms / 4 else _LATEST * took_ms + (1 - _LATEST) * self._took_ms
        return suggestion

    def opened(self, incident: str, shown: Shown) -> None:
        known = self._desk.board.incidents.get(incident)
        suggestion = shown.suggestion
        fields = self.fields(shown.text, known.type if known else "")
        record = SuggestionRecord(
            incident=incident,
            at=self._desk.clock.now_ms(),
            operator=self._desk.board.operator,
            type=known.type if known else "",
            priority=int(known.priority) if known else 0,
            level=suggestion.level,
            source=suggestion.source,
            flags=tuple(flag.code for flag in suggestion.flags),
            own=shown.own,
            own_first=shown.first,
            champion=self._estimate(shadow=False, text=shown.text, fields=fields),
            shadow=self._estimate(shadow=True, text=shown.text, fields=fields),
            fields=fields,
            latency_ms=round(self._took_ms, 3),
        )
        self._keep(record)

    def fields(self, text: str, type_code: str) -> dict[str, FieldValue]:
        """What the models are told beside the words: age and sex where the words tell, the type, the local hour."""
        age, sex = _who(text[:READ_CHARACTERS])
        local = datetime.fromtimestamp(self._desk.clock.now_ms() / 1000).astimezone()
        hour = local.hour + local.minute // 15 / 4
        return {"age": age, "sex": sex or None, "type": type_code or None, "hour": hour}

    def _flags(self, text: str) -> tuple[FlagFound, ...]:
        return self.loaded.flags.find(text) if self.loaded.flags is not None else ()

    def _ask(self, text: str, type_code: str) -> Answer:
        model = self.loaded.champion
        if model is None or not text.strip():
            return Answer()
        from core.severity.features import CallFacts

        call = CallFacts(text, self.fields(text, type_code))
        try:
            return model(call)
        except (RuntimeError, ValueError) as trouble:  # of LiteRT's own: a call must not wait for its remedy
            from core.severity.runtime import run_model

            log.error("LiteRT failed, NumPy answers instead: %s", trouble)
            self.loaded.champion = run_model(model.bundle, fallback=True)
            return self.loaded.champion(call)

    def _estimate(self, *, shadow: bool, text: str, fields: dict[str, FieldValue]) -> Estimate | None:
        model = self.loaded.shadow if shadow else self.loaded.champion
        if model is None:
            return None
        from core.severity.features import CallFacts

        began = perf_counter()
        answer = model(CallFacts(text, fields))
        took_ms = round((perf_counter() - began) * 1000, 3)
        return Estimate(
            model.sha256, answer.probabilities, answer.severe, answer.level, answer.words, answer.unknown, took_ms
        )

    # what became of it

    def _on_change(self, change: Change) -> None:
        """A severity that a person set later is what the person made of the suggestion."""
        for event in change.events:
            if isinstance(event.body, SeveritySet):
                body = event.body
                self._amend(body.incident, body.severity if body.by else "")

    def _amend(self, incident: str, own: str) -> None:
        try:
            known = self._store.suggestion_of(incident)
        except Unavailable as trouble:
            log.warning("a suggestion could not be read: %s", trouble)
            return
        if known is not None:
            self._keep(replace(known, own=own))

    def _keep(self, record: SuggestionRecord) -> None:
        """Telemetry: a full disk is told by what matters more, and must not stop a call."""
        try:
            self._store.save_suggestion(record)
        except Unavailable as trouble:
            log.warning("a suggestion could not be kept: %s", trouble)
