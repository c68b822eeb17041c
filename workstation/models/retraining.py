"""Carries out retraining: asks whether, trains in a child process, registers the candidate; never approves."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from core.clock import Clock
from core.errors import Unavailable
from core.models.overview import Overview
from core.models.record import Kind, Model
from core.models.registry import AUTOMATIC, FOLDER, TRAINING, Registry
from core.models.retraining import Decision, Policy, Standing, decide
from workstation.models.child import Progress


class Retrainer:
    """For one desk's data folder; every method may take long and is for a thread or a command of its own."""

    def __init__(
        self, folder: Path, clock: Clock, policy: Policy, *, data: str = "history", key: bytes | None = None
    ) -> None:
        self.folder = folder
        self.registry = Registry(folder / FOLDER, clock)
        self.policy = policy
        self._data = data
        self._key = key
        self._clock = clock

    def decide(self, kind: Kind, found: Overview | None = None, open_incidents: int | None = None) -> Decision:
        """Whether to train now; reads the store unless told what there is."""
        if found is None:
            from workstation.models.reading import look

            found = look(self.folder, self._clock, self._key)
        watched = found.watched[kind]
        tried = self.registry.readings(kind, TRAINING)
        trained_at = max((m.made_at for m in found.models if m.kind is kind), default=0)
        standing = Standing(
            kind=kind,
            now_ms=self._clock.now_ms(),
            local_hour=datetime.fromtimestamp(self._clock.now_ms() / 1000).astimezone().hour,
            open_incidents=open_incidents or 0,
            trained_at=trained_at,
            tried_at=tried[-1].at if tried else 0,
            new_outcomes=watched.new_outcomes,
            alerts=watched.alerts,
        )
        return decide(self.policy, standing)

    def train(self, kind: Kind, progress: Progress, wanted: Callable[[], bool] = lambda: True) -> Model:
        """Train a candidate and give it; the attempt is noted first, so that a failure is not repeated every hour."""
        self.registry.note(kind, TRAINING, 0.0, "begun")
        trainer = _response if kind is Kind.RESPONSE else _severity
        return trainer(self._data, self.registry, progress, wanted)


def _response(data: str, registry: Registry, progress: Progress, wanted: Callable[[], bool]) -> Model:
    from workstation.models.response_commands import measure, register, train_file

    with TemporaryDirectory(prefix="foredesk-retrain-") as folder:
        out = Path(folder) / "response.fdmodel"
        train_file(data, out, progress, wanted=wanted)
        model = register(registry, out, made_by=AUTOMATIC)
        champion = registry.champion(Kind.RESPONSE)
        if champion is not None and champion.number != model.number:
            with suppress(Unavailable):  # it may have seen those months, and then nothing can be compared
                measure(registry, champion, data, progress, wanted)
        return model


def _severity(data: str, registry: Registry, progress: Progress, wanted: Callable[[], bool]) -> Model:
    from workstation.models.training import train_candidate

    return train_candidate(data, registry, progress=progress, wanted=wanted, made_by=AUTOMATIC)
