"""The suggestion: the most urgent of red flags, the incident type's default and the calibrated model, and why."""

from collections.abc import Sequence

from msgspec import Struct

from core.domain.severity_words import urgency
from core.severity.answer import Answer
from core.severity.red_flags import FlagFound

FLAG, TYPE, MODEL = "red flag", "incident type", "model"
NO_ANSWER = Answer()


class Suggestion(Struct, frozen=True):
    """`level` is "" for no estimate. `why` says which source decided, and by what: "red flag: not breathing"."""

    level: str = ""
    source: str = ""
    why: str = ""
    flags: tuple[FlagFound, ...] = ()
    type_level: str = ""
    answer: Answer = Answer()

    @property
    def possible(self) -> tuple[str, ...]:
        """Levels that the model cannot rule out, where there are several; none below what a flag or the type says."""
        own = self.source == MODEL
        likely = [level for level in self.answer.possible if own or urgency(level) <= urgency(self.level)]
        return tuple(likely) if len(likely) > 1 else ()

    @property
    def words(self) -> tuple[str, ...]:
        """The caller's words that it rests on: those of the red flag, or those that moved the model."""
        if self.source == FLAG:
            return tuple(flag.words for flag in self.flags if flag.level == self.level)
        return self.answer.moved if self.source == MODEL else ()


def suggest(flags: Sequence[FlagFound], type_level: str, answer: Answer = NO_ANSWER) -> Suggestion:
    """The most urgent of the three; among equals the one that is easiest to check: red flag, then type, then model."""
    found = tuple(flags)
    candidates = [(flag.level, FLAG) for flag in found[:1]]
    candidates += [(type_level, TYPE)] if type_level else []
    candidates += [(answer.level, MODEL)] if answer.level else []
    if not candidates:
        return Suggestion(answer=answer)
    level, source = min(candidates, key=lambda candidate: urgency(candidate[0]))
    return Suggestion(level, source, _why(source, found, level, answer), found, type_level, answer)


def _why(source: str, flags: tuple[FlagFound, ...], level: str, answer: Answer) -> str:
    if source == FLAG:
        named = list(dict.fromkeys(flag.name for flag in flags if flag.level == level))
        return f"red flag: {', '.join(named[:3])}"
    if source == MODEL and answer.moved:
        return f"model: {', '.join(answer.moved)}"
    return source
