"""What the call form needs of the severity models, so that it knows no model file; implemented in workstation."""

from dataclasses import dataclass
from typing import Protocol

from core.severity.suggest import Suggestion


@dataclass(frozen=True, slots=True)
class Shown:
    """How a call's severity stood when its incident was opened.

    `own` is the person's own value, "" while the suggestion stands; `first` the one from before it was shown.
    """

    suggestion: Suggestion
    own: str = ""
    first: str = ""
    text: str = ""


class Suggester(Protocol):
    """Asked at each keystroke on the window's thread; neither raises."""

    @property
    def busy(self) -> bool:
        """Whether a suggestion took so long of late that one should do for several keys."""
        ...

    def suggest(self, text: str, type_code: str) -> Suggestion: ...
    def opened(self, incident: str, shown: Shown) -> None:
        """Keep what was suggested for an incident, for watching the models."""
        ...
