"""The list of conflicts as table rows: open ones first, the most pressing on top; settled ones below as history."""

from collections.abc import Sequence

from PySide6.QtCore import QObject

from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row, Tone
from widgets.panels.times import age_text, minute_text
from widgets.sync.matter import Matter, MatterKind

SUBJECT, KIND, BETWEEN, SINCE = range(4)
COLUMNS = (
    Column("Unit or no.", "RESC12"),
    Column("What", "closed, still worked", drop=1),
    Column("Between", "1041, 1052", stretch=True, least="1041"),
    Column("Since", "59 min", right=True),
)
_RANK = {kind: rank for rank, kind in enumerate(MatterKind)}


class ConflictModel(KeyedTable):
    """`refresh` brings the rows to the matters given."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent)
        self._matters: dict[str, Matter] = {}

    def refresh(self, matters: Sequence[Matter], *, hold: bool) -> None:
        ordered = sorted(matters, key=_order)
        self._matters = {matter.id: matter for matter in ordered}
        self.show([_row(matter) for matter in ordered], hold=hold)

    def live_cell(self, key: str, column: int) -> Cell | None:
        matter = self._matters.get(key) if column == SINCE else None
        if matter is None or not matter.open:
            return None
        age = age_text((self.now_ms - matter.at) / 1000)
        return Cell(age, f"since {age}", right=True)


def _order(matter: Matter) -> tuple[bool, bool, int, int]:
    """Open before settled, this desk's own before others', by kind, the newest first."""
    return not matter.open, not matter.mine, _RANK[matter.kind] if matter.open else 0, -(matter.settled_at or matter.at)


def _row(matter: Matter) -> Row:
    tone = Tone.STRONG if matter.open else Tone.MUTED
    kind = Tone.ALARM if matter.open and matter.kind is MatterKind.DOUBLE else Tone.PLAIN if matter.open else Tone.MUTED
    cells = (
        Cell(matter.subject, tone=tone),
        Cell(matter.kind.value, tone=kind),
        Cell(matter.between, tone=Tone.PLAIN if matter.open else Tone.MUTED),
        Cell("" if matter.open else minute_text(matter.settled_at), tone=Tone.MUTED, right=True),
    )
    second = Cell(matter.settled or matter.sides, tone=Tone.MUTED)
    return Row(matter.id, cells, f"{matter.heading} {matter.settled or matter.sides}", second=(second,))
