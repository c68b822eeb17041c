"""Status changes from the unit list: two letters and Enter, refusals in place, an override with its reason."""

from collections.abc import Callable, Sequence

from core.domain.commands import Command, Release, SetStatus
from core.domain.statuses import LEGAL_MOVES, UnitStatus
from core.errors import ForedeskError, Refused
from widgets.context import DeskContext
from widgets.panels.chooser import Chooser, Option
from widgets.panels.notice import Notice

FIRST_LETTERS = frozenset(status.code[0] for status in UnitStatus if status is not UnitStatus.DISPATCHED)


class UnitStatusChange:
    """Asks through `chooser`, acts on the desk and answers in `notice`."""

    def __init__(self, context: DeskContext, chooser: Chooser, notice: Notice) -> None:
        self._context = context
        self._chooser = chooser
        self._notice = notice
        self._refused: tuple[tuple[str, ...], UnitStatus] | None = None

    @property
    def overridable(self) -> bool:
        """Whether something was refused that an override would allow."""
        return self._refused is not None

    def ask(self, units: tuple[str, ...], typed: str) -> None:
        """Choose a status for `units`, with the first letter typed already."""
        options = [
            Option(status.code, status.value, self._doubt(units, status))
            for status in UnitStatus
            if status is not UnitStatus.DISPATCHED
        ]
        sound = next((o.code for o in options if not o.doubt), "")
        self._chooser.ask(
            f"Status of {', '.join(units)}:", options, lambda code: self._set(units, code), typed=typed, at=sound
        )

    def ask_override(self) -> None:
        """Ask for the reason, then repeat what was refused."""
        if self._refused is None:
            return
        units, status = self._refused
        self._chooser.ask_text(
            f"Reason for setting {', '.join(units)} to {status.value} all the same:",
            lambda reason: self._carry_out(units, status, reason),
            hint="The reason is logged. Ctrl+Enter does it, Esc goes back.",
        )

    def ask_release(self, units: tuple[str, ...]) -> None:
        """Standing a unit down ends its work, so that it is asked, default No."""
        board = self._context.desk.board
        on = [u for u in units if (unit := board.units.get(u)) and unit.incident]
        if not on:
            self._notice.tell(f"{', '.join(units)} has no incident to be stood down from.", role="warning")
            return
        numbers = {board.short(board.incidents[board.units[u].incident]) for u in on}
        self._chooser.ask(
            f"Stand {', '.join(on)} down from {', '.join(sorted(numbers))}? It becomes available.",
            (Option("N", "No, it stays on it"), Option("Y", "Yes, stand it down")),
            lambda answer: self._each(on, Release) if answer == "Y" else None,
        )

    def _doubt(self, units: tuple[str, ...], status: UnitStatus) -> str:
        known = [unit for u in units if (unit := self._context.desk.board.units.get(u))]
        legal = any(status in LEGAL_MOVES[unit.status] for unit in known)
        return "" if legal else "not from the present status"

    def _set(self, units: tuple[str, ...], code: str) -> None:
        self._carry_out(units, next(status for status in UnitStatus if status.code == code), "")

    def _carry_out(self, units: tuple[str, ...], status: UnitStatus, override: str) -> None:
        refused, overridable = self._each(units, lambda unit: SetStatus(unit, status, override))
        self._refused = (tuple(overridable), status) if overridable else None
        if self._refused and refused:
            self._notice.tell(f"{' '.join(refused)} ! gives a reason and does it all the same.", role="warning")

    def _each(self, units: Sequence[str], command: Callable[[str], Command]) -> tuple[list[str], list[str]]:
        """Do it for each unit; returns the refusals' sentences and the units that an override would allow."""
        sentences: list[str] = []
        overridable: list[str] = []
        self._notice.clear()
        for unit in units:
            try:
                self._context.desk.do(command(unit))
            except Refused as refusal:
                sentences.append(f"{refusal.happened} {refusal.holds}" if refusal.overridable else str(refusal))
                if refusal.overridable:
                    overridable.append(unit)
            except ForedeskError as trouble:
                self._notice.tell_error(trouble)
                return [], []
        if sentences:
            self._notice.tell(" ".join(sentences), role="warning")
        return sentences, overridable
