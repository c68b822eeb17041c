"""What the window needs of the models' life, so that it knows no training: implemented where everything is composed."""

from collections.abc import Callable
from typing import Protocol

from core.models.overview import Overview
from core.models.record import Kind


class ModelsControl(Protocol):
    """A function put into `on_change` is told of every change; what acts may raise Refused and Unavailable."""

    on_change: list[Callable[[], None]]

    @property
    def overview(self) -> Overview | None:
        """What was found at the last look; None until there was one."""
        ...

    @property
    def trouble(self) -> str:
        """Why the last look found nothing, or the last training gave nothing; "" for none."""
        ...

    @property
    def training(self) -> str:
        """How far a training is, in words; "" while none runs."""
        ...

    def look(self) -> None:
        """Look again, beside the window; `on_change` follows."""
        ...

    def shadow(self, number: int, reason: str) -> None: ...
    def approve(self, number: int, reason: str, override: str = "") -> None: ...
    def retire(self, number: int, reason: str) -> None: ...
    def roll_back(self, kind: Kind, reason: str) -> None: ...
    def train(self, kind: Kind) -> None:
        """Train a candidate from the desk's own history in a child process; it is a candidate and nothing more."""
        ...

    def stop_training(self) -> None: ...
