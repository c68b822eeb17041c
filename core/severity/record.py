"""What was suggested for one incident and what became of it: kept by the store, read by whoever watches the models."""

from msgspec import Struct

FieldValue = str | float | int | None


class Estimate(Struct, frozen=True):
    """One model's answer to one call."""

    model: str  # the model file's sha256
    probabilities: tuple[float, ...]  # of the model's own classes, most urgent first; () where it gave no estimate
    severe: float  # probability of its severe classes, 0 where it gave no estimate
    level: str  # its level, "" for no estimate
    words: int = 0  # in the text
    unknown: int = 0  # of them, those that its vocabulary does not hold
    latency_ms: float = 0.0


class SuggestionRecord(Struct, frozen=True, kw_only=True):
    """No text of the caller's is in it. `own` is the person's own severity, "" while the suggestion stands."""

    incident: str
    at: int  # UTC ms
    operator: str = ""
    type: str = ""
    priority: int = 0
    level: str = ""  # what was suggested, "" for no estimate
    source: str = ""  # "red flag", "incident type", "model", "" for none
    flags: tuple[str, ...] = ()  # codes of the red flags found
    own: str = ""
    own_first: str = ""  # the person's own value from before the suggestion was shown, where the agency asks for it
    champion: Estimate | None = None
    shadow: Estimate | None = None
    fields: dict[str, FieldValue] = {}  # what the models were told beside the words
    latency_ms: float = 0.0  # of the whole suggestion: rules, champion, words that moved it
    outcome: str = ""  # what it turned out to be, a level; "" while not known
    outcome_at: int = 0
