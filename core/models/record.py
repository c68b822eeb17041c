"""What the registry knows of a model: its kind, its state, how it was evaluated, and every step of its life."""

from enum import StrEnum

from msgspec import Struct, field


class Kind(StrEnum):
    SEVERITY = "severity"
    RESPONSE = "response"


class State(StrEnum):
    """`candidate`: trained; `shadow`: answers beside the champion, unseen; `champion`: answers; `retired`: kept."""

    CANDIDATE = "candidate"
    SHADOW = "shadow"
    CHAMPION = "champion"
    RETIRED = "retired"


class Act(StrEnum):
    """What made a model change its state."""

    REGISTERED = "registered"
    SHADOWED = "shadowed"
    APPROVED = "approved"
    REPLACED = "replaced"  # another one was approved, or put into the shadow, in its place
    RETIRED = "retired"
    ROLLED_BACK = "rolled back"  # it was the champion and is not to be trusted
    RESTORED = "restored"  # the champion after it was rolled back


class Measure(Struct, frozen=True):
    """A measured value with its 95 % interval, None where none was estimated."""

    value: float
    low: float | None = None
    high: float | None = None


class Evaluation(Struct, frozen=True):
    """How a model did on data it had not seen. `measures` are named as in `core.models.gates`; times are UTC ms.

    `data_hash` tells which data: only evaluations on the same data are compared.
    """

    data: str
    data_hash: str
    rows: int
    at: int
    measures: dict[str, Measure]
    baselines: dict[str, dict[str, float]] = field(default_factory=dict)  # by baseline, by measure
    note: str = ""


class Origin(Struct, frozen=True):
    """What it takes to make the model again. `came` says from where, where it was not made here."""

    data: str = ""
    data_hash: str = ""
    rows: int = 0
    seed: int = 0
    code_version: str = ""
    architecture: str = ""
    newest_at: int = 0  # of what it was trained on, UTC ms
    came: str = ""  # "handed out by the server NAME"


class Model(Struct, frozen=True):
    """One registered model. `number` is how people name it; `sha256` is of the file, in hex."""

    number: int
    kind: Kind
    name: str
    sha256: str
    size: int
    state: State
    made_at: int
    made_by: str
    origin: Origin = Origin()
    evaluations: tuple[Evaluation, ...] = ()  # oldest first

    @property
    def title(self) -> str:
        return f"{self.kind} model {self.number}"

    @property
    def evaluation(self) -> Evaluation | None:
        """The newest."""
        return self.evaluations[-1] if self.evaluations else None


class Reading(Struct, frozen=True):
    """A figure that was noted at a time (UTC ms), with words where it needs some."""

    at: int
    value: float
    words: str = ""


class Step(Struct, frozen=True):
    """A step of a model's life: who took it, when (UTC ms) and why; `gates` are the sentences that were shown then."""

    model: int
    act: Act
    state: State  # from then on
    who: str
    at: int
    reason: str
    gates: tuple[str, ...] = ()
    overridden: bool = False
