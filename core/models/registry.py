"""Which models there are and which one answers: every change of it by a named person, for a reason, kept for good.

One plain SQLite file and a folder of files named by their content, in the desk's data folder. Several processes may use
them at once; a crash at any moment leaves them as they were before the step, or after it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from core.clock import Clock
from core.errors import Refused, Unavailable
from core.models.files import ModelFiles
from core.models.gates import Verdict, judge
from core.models.record import Act, Evaluation, Kind, Model, Origin, Reading, State, Step
from core.models.tables import reading, writing

FOLDER = "models"
MEMORY, TRAINING = "memory", "training"  # what is noted
AUTOMATIC = "retraining"  # who made what nobody asked for; it never approves
_FILE = "registry.sqlite"
_COLUMNS = "number, kind, name, sha256, size, state, made_at, made_by, origin"


class Registry:
    """The models of one desk. Raises Refused for what may not be, Unavailable where the disk is to blame."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.path = folder / _FILE
        self.files = ModelFiles(folder / "files")
        self._clock = clock

    # what there is

    def models(self, kind: Kind | None = None) -> tuple[Model, ...]:
        """Newest first."""
        with reading(self.path) as connection:
            return tuple(m for m in reversed(_models(connection)) if kind is None or m.kind is kind)

    def model(self, number: int) -> Model:
        with reading(self.path) as connection:
            return _model(connection, number)

    def named(self, text: str, kind: Kind | None = None) -> Model:
        """The model that a person means: its number, the beginning of its hash, or a state such as "champion"."""
        wanted = text.strip().lower()
        models = self.models(kind)
        by_number = [m for m in models if wanted == str(m.number)]
        by_state = [m for m in models if m.state == wanted]
        by_hash = [m for m in models if len(wanted) >= 6 and m.sha256.startswith(wanted)]
        found = by_number or by_state or by_hash
        if not found:
            raise Refused(f"There is no model {text!r}.", do="`foredesk model list` shows their numbers.")
        if len(found) > 1 and not by_state:
            raise Refused(f"{text!r} could be any of {len(found)} models.", do="Name it by its number.")
        if len({m.kind for m in found}) > 1:
            raise Refused(f"There is a {text} of more than one kind.", do="Name the model by its number, or its kind.")
        return found[0]

    def in_state(self, kind: Kind, state: State) -> Model | None:
        """The newest model in that state."""
        return next((m for m in self.models(kind) if m.state is state), None)

    def champion(self, kind: Kind) -> Model | None:
        return self.in_state(kind, State.CHAMPION)

    def current(self, kind: Kind) -> Path | None:
        """The file of the model that answers, its content checked; None where no model was approved."""
        return self._file_of(self.champion(kind))

    def shadow(self, kind: Kind) -> Path | None:
        """The file of the model that answers unseen beside it, its content checked; None where there is none."""
        return self._file_of(self.in_state(kind, State.SHADOW))

    def _file_of(self, model: Model | None) -> Path | None:
        return self.files.verified(model.sha256, model.title) if model else None

    def last_good(self, kind: Kind) -> Model | None:
        """The champion, or the one before it whose file is whole where the champion's is not; None where none is."""
        with reading(self.path) as connection:
            models = {m.number: m for m in _models(connection)}
            line = _line(_steps(connection, kind))
        return next((models[number] for number in reversed(line) if self._is_whole(models[number])), None)

    def _is_whole(self, model: Model) -> bool:
        try:
            self.files.verified(model.sha256, model.title)
        except Unavailable:
            return False
        return True

    def history(self, number: int | None = None) -> tuple[Step, ...]:
        """Every step, oldest first; of one model, or of all."""
        with reading(self.path) as connection:
            return tuple(step for step in _steps(connection) if number in (None, step.model))

    def readings(self, kind: Kind, what: str, from_ms: int = 0) -> tuple[Reading, ...]:
        """What was noted by `note` since `from_ms`, oldest first."""
        with reading(self.path) as connection:
            query = "SELECT at, value, words FROM readings WHERE kind = ? AND what = ? AND at >= ? ORDER BY at, row"
            return tuple(Reading(*row) for row in connection.execute(query, (kind, what, from_ms)))

    # what is done

    def note(self, kind: Kind, what: str, value: float, words: str = "") -> None:
        """Keep a figure of the present moment: MEMORY of the models, a TRAINING that was tried."""
        with writing(self.path) as connection:
            row = (kind, what, self._clock.now_ms(), value, words)
            connection.execute("INSERT INTO readings (kind, what, at, value, words) VALUES (?, ?, ?, ?, ?)", row)

    def add(
        self, kind: Kind, file: Path, *, name: str, made_by: str, origin: Origin, evaluations: Iterable[Evaluation] = ()
    ) -> Model:
        """Take a model file in as a candidate. One that is known already by its content is given back as it stands."""
        _named(made_by, "made the model")
        try:
            incoming, digest, size = self.files.take_in(file)
        except OSError as error:
            raise Unavailable(
                f"The model file {file} cannot be taken in: {error.strerror or error}.",
                "Nothing was registered.",
                "Check the path and the disk's free space.",
            ) from error
        try:
            with writing(self.path) as connection:
                known = [m for m in _models(connection) if (m.kind, m.sha256) == (kind, digest)]
                number = (
                    known[0].number if known else self._insert(connection, kind, digest, size, name, made_by, origin)
                )
                self.files.settle(incoming, digest)
                self.files.tidy({m.sha256 for m in _models(connection)}, self._clock.now_ms())
                have = {e.data_hash for e in known[0].evaluations} if known else set()
                for evaluation in evaluations:
                    if evaluation.data_hash not in have:
                        _insert_evaluation(connection, number, evaluation)
                return _model(connection, number)
        finally:
            incoming.unlink(missing_ok=True)

    def _insert(
        self, connection: Any, kind: Kind, digest: str, size: int, name: str, made_by: str, origin: Origin
    ) -> int:
        now_ms = self._clock.now_ms()
        row = (kind, name, digest, size, State.CANDIDATE, now_ms, made_by.strip(), msgspec.json.encode(origin).decode())
        number = int(
            connection.execute(
                "INSERT INTO models (kind, name, sha256, size, state, made_at, made_by, origin) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
        )
        _write_step(connection, Step(number, Act.REGISTERED, State.CANDIDATE, made_by.strip(), now_ms, name))
        return number

    def evaluated(self, number: int, evaluation: Evaluation) -> Model:
        """Keep a further evaluation of a model."""
        with writing(self.path) as connection:
            _model(connection, number)
            _insert_evaluation(connection, number, evaluation)
            return _model(connection, number)

    def verdict(self, number: int) -> Verdict:
        """What the gates say of a model beside the champion."""
        with reading(self.path) as connection:
            model = _model(connection, number)
            return judge(model, _in_state(connection, model.kind, State.CHAMPION))

    def put_in_shadow(self, number: int, *, who: str, reason: str) -> Model:
        """Let a model answer unseen beside the champion; one that did so before becomes a candidate again."""
        _named(who, "puts it into the shadow")
        _given(reason)
        with writing(self.path) as connection:
            model = _model(connection, number)
            if model.state in (State.SHADOW, State.CHAMPION):
                raise Refused(f"The {model.title} is the {model.state} already.")
            self.files.verified(model.sha256, model.title)
            before = _in_state(connection, model.kind, State.SHADOW)
            if before is not None:
                why = f"the {model.title} took its place"
                self._step(connection, before, Act.REPLACED, State.CANDIDATE, who, why)
            self._step(connection, model, Act.SHADOWED, State.SHADOW, who, reason)
            return _model(connection, number)

    def approve(self, number: int, *, who: str, reason: str, override: str = "") -> Model:
        """Make a model the champion. Refused where a gate fails, unless `override` says why it may all the same."""
        _named(who, "approves it")
        if who.strip() == AUTOMATIC:
            raise Refused("Only a person approves a model.", "The champion is who it was.")
        _given(reason)
        with writing(self.path) as connection:
            model = _model(connection, number)
            champion = _in_state(connection, model.kind, State.CHAMPION)
            if champion is not None and champion.number == number:
                raise Refused(f"The {model.title} is the champion already.")
            self.files.verified(model.sha256, model.title)
            verdict = judge(model, champion)
            if not verdict.passed and not override.strip():
                raise Refused(
                    f"The {model.title} does not pass its gates. {' '.join(verdict.failures)}",
                    "The champion is who it was.",
                    "Evaluate it, or approve it against the gates with a reason for that.",
                    overridable=True,
                )
            if champion is not None:
                why = f"the {model.title} took its place"
                self._step(connection, champion, Act.REPLACED, State.RETIRED, who, why)
            overridden = not verdict.passed
            why = f"{reason.strip()} Against the gates: {override.strip()}" if overridden else reason
            gates = verdict.sentences
            self._step(connection, model, Act.APPROVED, State.CHAMPION, who, why, gates=gates, overridden=overridden)
            return _model(connection, number)

    def retire(self, number: int, *, who: str, reason: str) -> Model:
        """Put a candidate or shadow away; a champion goes by approving another or by rolling back."""
        _named(who, "retires it")
        _given(reason)
        with writing(self.path) as connection:
            model = _model(connection, number)
            if model.state is State.CHAMPION:
                raise Refused(f"The {model.title} is the champion.", do="Approve another model, or roll back.")
            if model.state is State.RETIRED:
                raise Refused(f"The {model.title} is retired already.")
            self._step(connection, model, Act.RETIRED, State.RETIRED, who, reason)
            return _model(connection, number)

    def roll_back(self, kind: Kind, *, who: str, reason: str) -> Model | None:
        """Retire the champion and put the one before it back, whose file must be whole; None where there was none."""
        _named(who, "rolls it back")
        _given(reason)
        with writing(self.path) as connection:
            champion = _in_state(connection, kind, State.CHAMPION)
            if champion is None:
                raise Refused(f"There is no champion of the kind {kind}, so there is nothing to roll back.")
            line = _line(_steps(connection, kind))[:-1]
            before = next((m for n in reversed(line) if self._is_whole(m := _model(connection, n))), None)
            self._step(connection, champion, Act.ROLLED_BACK, State.RETIRED, who, reason)
            if before is None:
                return None
            why = f"the {champion.title} was rolled back"
            self._step(connection, before, Act.RESTORED, State.CHAMPION, who, why)
            return _model(connection, before.number)

    def _step(
        self,
        connection: Any,
        model: Model,
        act: Act,
        state: State,
        who: str,
        reason: str,
        *,
        gates: tuple[str, ...] = (),
        overridden: bool = False,
    ) -> None:
        connection.execute("UPDATE models SET state = ? WHERE number = ?", (state, model.number))
        step = Step(model.number, act, state, who.strip(), self._clock.now_ms(), reason.strip(), gates, overridden)
        _write_step(connection, step)


def _named(who: str, does: str) -> None:
    if not who.strip():
        raise Refused(f"Nobody was named who {does}.", do="Give a name: it is kept with the model.")


def _given(reason: str) -> None:
    if not reason.strip():
        raise Refused("No reason was given.", do="Say why, in a few words: it is kept with the model.")


def _models(connection: Any) -> list[Model]:
    evaluations: dict[int, list[Evaluation]] = {}
    for number, body in connection.execute("SELECT model, body FROM evaluations ORDER BY row"):
        evaluations.setdefault(number, []).append(msgspec.json.decode(body, type=Evaluation))
    rows = connection.execute(f"SELECT {_COLUMNS} FROM models ORDER BY number").fetchall()
    return [
        Model(
            number,
            Kind(kind),
            name,
            digest,
            size,
            State(state),
            made_at,
            made_by,
            msgspec.json.decode(origin, type=Origin),
            tuple(evaluations.get(number, ())),
        )
        for number, kind, name, digest, size, state, made_at, made_by, origin in rows
    ]


def _model(connection: Any, number: int) -> Model:
    found = next((m for m in _models(connection) if m.number == number), None)
    if found is None:
        raise Refused(f"There is no model {number}.", do="`foredesk model list` shows their numbers.")
    return found


def _in_state(connection: Any, kind: Kind, state: State) -> Model | None:
    return next((m for m in reversed(_models(connection)) if (m.kind, m.state) == (kind, state)), None)


def _steps(connection: Any, kind: Kind | None = None) -> list[Step]:
    rows = connection.execute(
        "SELECT s.model, s.act, s.state, s.who, s.at, s.reason, s.gates, s.overridden FROM steps s "
        "JOIN models m ON m.number = s.model WHERE ? IS NULL OR m.kind = ? ORDER BY s.row",
        (kind, kind),
    )
    return [
        Step(model, Act(act), State(state), who, at, reason, tuple(msgspec.json.decode(gates)), bool(overridden))
        for model, act, state, who, at, reason, gates, overridden in rows
    ]


def _line(steps: list[Step]) -> list[int]:
    """The champions on top of one another, the present one last: approving adds one, a rollback takes it off."""
    line: list[int] = []
    for step in steps:
        if step.act is Act.APPROVED:
            line.append(step.model)
        elif step.act is Act.ROLLED_BACK:
            line.pop()
        elif step.act is Act.RESTORED:
            while line[-1] != step.model:  # those between had damaged files
                line.pop()
    return line


def _write_step(connection: Any, step: Step) -> None:
    connection.execute(
        "INSERT INTO steps (model, act, state, who, at, reason, gates, overridden) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            step.model,
            step.act,
            step.state,
            step.who,
            step.at,
            step.reason,
            msgspec.json.encode(step.gates).decode(),
            step.overridden,
        ),
    )


def _insert_evaluation(connection: Any, number: int, evaluation: Evaluation) -> None:
    body = msgspec.json.encode(evaluation).decode()
    connection.execute("INSERT INTO evaluations (model, body) VALUES (?, ?)", (number, body))
