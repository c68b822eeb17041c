"""Carries out retraining: asks whether, trains in a child process, registers the candidate; never approves."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import Clock
from core.domain.agency import Agency, ModelRules
from core.errors import Unavailable
from core.models.overview import Overview, Seen
from core.models.record import Kind, Model
from core.models.registry import AUTOMATIC, FOLDER, TRAINING, Registry
from core.models.retraining import Decision, Standing, decide
from workstation.models.child import Progress, run_in_child

HISTORY = "history"
_ALL_DAYS = 20 * 366


class Retrainer:
    """For one desk's data folder; every method may take long and is for a thread or a command of its own.

    `data` is a CSV file, or "history" for what this desk's store holds; `key` opens the store, None for its own.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        agency: Agency,
        rules: ModelRules,
        *,
        data: str = HISTORY,
        key: bytes | None = None,
    ) -> None:
        self.folder = folder
        self.registry = Registry(folder / FOLDER, clock)
        self.rules = rules
        self._agency, self._clock = agency, clock
        self._data, self._key = data, key

    def decide(self, kind: Kind, found: Overview | None = None, open_incidents: int = 0) -> Decision:
        """Whether to train now; reads the store unless told what there is."""
        if found is None:
            from workstation.models.reading import look

            found = look(self.folder, self._clock, self._key)
        watched = found.watched[kind]
        tried = self.registry.readings(kind, TRAINING)
        now_ms = self._clock.now_ms()
        standing = Standing(
            kind=kind,
            now_ms=now_ms,
            local_hour=datetime.fromtimestamp(now_ms / 1000).astimezone().hour,
            open_incidents=open_incidents,
            trained_at=max((m.made_at for m in found.models if m.kind is kind), default=0),
            tried_at=tried[-1].at if tried else 0,
            new_outcomes=watched.new_outcomes,
            alerts=watched.alerts,
        )
        return decide(self.rules, standing)

    def train(
        self, kind: Kind, progress: Progress, wanted: Callable[[], bool] = lambda: True, *, by: str = AUTOMATIC
    ) -> Model:
        """Train a candidate and give it; the attempt is noted first, so that a failure is not repeated every hour.

        Where there is a champion, it is measured on the same unseen rows, so that the gates can compare both. Raises
        Refused, Unavailable and Stopped.
        """
        self.registry.note(kind, TRAINING, 0.0, by)
        with TemporaryDirectory(prefix="foredesk-retrain-") as folder:
            data = self._write(kind, Path(folder))
            make, beside = (_response, _beside_response) if kind is Kind.RESPONSE else (_severity, _beside_severity)
            model = make(data, self.registry, progress, wanted, by)
            champion = self.registry.champion(kind)
            if champion is not None and champion.number != model.number:
                with suppress(Unavailable):  # it may have seen those months, and then nothing can be compared
                    beside(data, self.registry, champion, progress, wanted)
        return self.registry.model(model.number)

    def _write(self, kind: Kind, folder: Path) -> str:
        """The data to train on, as a file."""
        if self._data != HISTORY:
            return self._data
        from workstation.models.reading import read_seen

        seen = read_seen(self.folder, self._clock, self._key, _ALL_DAYS)
        columns, rows = _response_rows(seen) if kind is Kind.RESPONSE else _call_rows(seen, self._agency)
        if not rows:
            what = "that a unit reached" if kind is Kind.RESPONSE else "whose severity is known"
            raise Unavailable(f"This desk has no closed incident {what}.", "Nothing was trained.", "Train on a file.")
        path = folder / "history.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        return str(path)


Rows = tuple[Sequence[str], Sequence[Mapping[str, object]]]


def _response_rows(seen: Seen) -> Rows:
    from core.response.history import COLUMNS, responses_of, table_rows

    openings: Iterable[int] = (incident.opened_at for incident in seen.incidents)
    return COLUMNS, list(table_rows(responses_of(seen.incidents, seen.units), openings))


def _call_rows(seen: Seen, agency: Agency) -> Rows:
    from workstation.models.own_calls import COLUMNS, call_rows

    return COLUMNS, list(call_rows(iter(seen.incidents), agency))


def _response(data: str, registry: Registry, progress: Progress, wanted: Callable[[], bool], by: str) -> Model:
    from workstation.models.response_commands import register, train_file

    with TemporaryDirectory(prefix="foredesk-response-") as folder:
        out = Path(folder) / "response.fdmodel"
        train_file(data, out, progress, wanted=wanted)
        return register(registry, out, made_by=by)


def _beside_response(
    data: str, registry: Registry, champion: Model, progress: Progress, wanted: Callable[[], bool]
) -> None:
    from workstation.models.response_commands import measure

    measure(registry, champion, data, progress, wanted)


def _severity(data: str, registry: Registry, progress: Progress, wanted: Callable[[], bool], by: str) -> Model:
    from workstation.models.training import train_candidate

    return train_candidate(data, registry, progress=progress, wanted=wanted, made_by=by)


def _beside_severity(
    data: str, registry: Registry, champion: Model, progress: Progress, wanted: Callable[[], bool]
) -> None:
    from argparse import Namespace

    from core.learning.jobs import EvaluateSeverity
    from workstation.models.training import JOBS, ROLES, evaluation_of, find_recipe, red_flags

    path = Path(data)
    recipe, _ = find_recipe(Namespace(**dict.fromkeys(ROLES), recipe="", test_from=""), path)
    file = registry.files.verified(champion.sha256, champion.title)
    request = EvaluateSeverity(data=data, recipe=recipe, model=str(file), flags=red_flags())
    outcome = run_in_child(f"{JOBS}:evaluate_severity", request, progress, wanted=wanted)
    registry.evaluated(champion.number, evaluation_of(outcome))
