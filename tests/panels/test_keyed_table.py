"""The table model: any change of rows ends in the wanted rows, and selections stay with their keys."""

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester

from widgets.panels.keyed_table import Cell, Column, KeyedTable, Row

KEYS = st.lists(st.sampled_from("abcdefghij"), unique=True)


def rows(keys: list[str], text: str = "") -> list[Row]:
    return [Row(key, (Cell(key + text), Cell(text))) for key in keys]


def table() -> KeyedTable:
    return KeyedTable((Column("One"), Column("Two")))


@given(st.lists(st.tuples(KEYS, st.text(max_size=1), st.booleans()), max_size=8))
def test_that_rows_end_as_wanted_whatever_came_before(steps: list[tuple[list[str], str, bool]]) -> None:
    model = table()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for keys, text, hold in steps:
        before = model.keys
        waits = model.show(rows(keys, text), hold=hold)
        if hold:
            assert model.keys[: len(before)] == before, "held rows keep their places"
            assert set(model.keys) == set(before) | set(keys)
        else:
            assert model.keys == tuple(keys)
            assert not waits
        assert all(model.data(model.index(model.row_of(key), 0)) == key + text for key in keys)
    del tester


@given(KEYS.filter(bool), KEYS, st.data())
def test_that_a_selection_stays_with_its_key(first: list[str], then: list[str], data: st.DataObject) -> None:
    model = table()
    model.show(rows(first))
    chosen = data.draw(st.sampled_from(first))
    index = QPersistentModelIndex(model.index(model.row_of(chosen), 0))
    model.show(rows(then))
    if chosen in then:
        assert model.key_at(index.row()) == chosen
    else:
        assert not index.isValid()
