"""Brings the severity models and the red flags in, off the window's thread; what cannot be used is told, not raised."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.clock import Clock
from core.domain.agency import SeverityRules
from core.errors import Unavailable
from core.severity.red_flag_file import read_red_flags
from core.severity.red_flags import RedFlags
from resources import resource_path

if TYPE_CHECKING:
    from core.models.registry import Registry
    from core.models.shipped import ShippedModel
    from core.severity.runtime import SeverityModel

log = logging.getLogger(__name__)

SHIPPED_MODELS = "severity"  # the folder of the resources


@dataclass(slots=True)
class Loaded:
    """What is in use. `troubles` tells what was asked for and could not be used this time."""

    flags: RedFlags | None = None
    champion: "SeverityModel | None" = None
    shadow: "SeverityModel | None" = None
    troubles: list[Unavailable] = field(default_factory=list)
    rules_at: tuple[int, ...] = ()  # when the rules' files were changed
    shipped_at: tuple[int, ...] = ()  # of the shipped model's file, where that is the champion: when changed, bytes

    @property
    def models(self) -> tuple[str, str]:
        """The sha256 of champion and shadow, "" for none."""
        return (self.champion.sha256 if self.champion else "", self.shadow.sha256 if self.shadow else "")


def shipped_model() -> Path | None:
    """The model that ships with the application; None in an installation that has none."""
    return next(iter(sorted(resource_path(SHIPPED_MODELS).glob("*.fdmodel"))), None)


def load(rules: SeverityRules, folder: Path, clock: Clock, before: Loaded | None = None) -> Loaded:
    """What should be in use now. Each part that cannot be used stays as it was in `before`; from any thread."""
    before = before or Loaded()
    now = Loaded(rules_at=_changed_at(rules))
    now.flags = before.flags if before.flags and before.rules_at == now.rules_at else _flags(rules, before, now)
    _load_models(folder, clock, before, now)
    if now.models != before.models or now.flags is not before.flags:
        _warm_up(now)
    return now


def _warm_up(now: Loaded) -> None:
    """The first answer takes longest: here, where nobody waits for it."""
    from core.severity.features import CallFacts

    text = "he fell from the roof and is not breathing"
    if now.flags is not None:
        now.flags.find(text)
    for model in (now.champion, now.shadow):
        if model is not None:
            model(CallFacts(text, {"age": 40}))


def _flags(rules: SeverityRules, before: Loaded, now: Loaded) -> RedFlags | None:
    shipped = resource_path("severity", "red_flags.toml")
    for own in dict.fromkeys((Path(rules.red_flags) if rules.red_flags else None, None)):
        try:
            return RedFlags(read_red_flags(shipped, own))
        except Unavailable as trouble:
            now.troubles.append(trouble)
            if before.flags is not None:
                return before.flags
    return None


def _changed_at(rules: SeverityRules) -> tuple[int, ...]:
    paths = [resource_path("severity", "red_flags.toml"), *([Path(rules.red_flags)] if rules.red_flags else [])]
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)


def _load_models(folder: Path, clock: Clock, before: Loaded, now: Loaded) -> None:
    """Champion and shadow by the registry; where none was approved, the model that ships answers."""
    from core.models.record import Kind, State
    from core.models.registry import FOLDER, Registry

    registry = Registry(folder / FOLDER, clock)
    try:
        champion, shadow = registry.champion(Kind.SEVERITY), registry.in_state(Kind.SEVERITY, State.SHADOW)
    except Unavailable as trouble:
        now.troubles.append(trouble)
        champion = shadow = None
        if before.champion is not None:
            now.champion, now.shadow = before.champion, before.shadow
            return
    if champion is not None:
        now.champion = _model(registry.files.path_of(champion.sha256), champion.sha256, before.champion, now)
        if now.champion is None and (good := registry.last_good(Kind.SEVERITY)) is not None:
            now.champion = _model(registry.files.path_of(good.sha256), good.sha256, None, now)
    if now.champion is None and (shipped := shipped_model()) is not None:
        now.champion = _shipped(shipped, before, now)
    if shadow is not None:
        now.shadow = _model(registry.files.path_of(shadow.sha256), shadow.sha256, before.shadow, now)


def _shipped(path: Path, before: Loaded, now: Loaded) -> "SeverityModel | None":
    """The model that ships: read again only when its file is another."""
    stat = path.stat()
    stamp = (stat.st_mtime_ns, stat.st_size)
    if before.champion is not None and before.shipped_at == stamp:
        now.shipped_at = stamp
        return before.champion
    model = _model(path, _sum_beside(path), before.champion, now)
    if model is not None and model is not before.champion:
        now.shipped_at = stamp
    return model


def shipped_in(registry: "Registry") -> "ShippedModel | None":
    """The model that ships, as people are told of it; None where there is none or it cannot be read."""
    from core.models.record import Kind
    from core.models.shipped import read_shipped

    path = shipped_model()
    if path is None:
        return None
    try:
        return read_shipped(path, in_use=registry.champion(Kind.SEVERITY) is None)
    except Unavailable as trouble:
        log.warning("the shipped model: %s", trouble)
        return None


def _sum_beside(path: Path) -> str:
    """The sum that ships beside a model, "" where there is none."""
    beside = path.with_suffix(".sha256")
    return beside.read_text("utf-8").split()[0] if beside.exists() else ""


def _model(path: Path, sha256: str, before: "SeverityModel | None", now: Loaded) -> "SeverityModel | None":
    """The model of that file, checked; the one in use before where it is that one or where the file is refused."""
    from core.severity.loading import load_bundle
    from core.severity.runtime import run_model

    if before is not None and sha256 and before.sha256 == sha256:
        return before
    try:
        model = run_model(load_bundle(path, sha256))
    except Unavailable as trouble:
        now.troubles.append(trouble)
        return before
    log.info("severity model %s answers by %s", model.sha256[:12], model.engine)
    return model
