"""One table of keys: free of clashes, all of it wired, all of it told in the overlay, the manual and on the card."""

from collections import Counter
from html import unescape

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication

from core.domain.commandline import VERBS
from resources import resource_path
from widgets.keymap import COMMAND_LINE_KEYS, KEYMAP, PANEL_KEYS, card_html, keys_page, sections
from widgets.window import MainWindow


def sequences() -> list[str]:
    return [QKeySequence(key).toString() for action in KEYMAP for key in action.keys]


def test_that_no_key_means_two_things() -> None:
    counted = Counter(sequences())
    assert [key for key, times in counted.items() if times > 1] == []


def test_that_every_key_is_one_that_keyboards_have() -> None:
    assert all(sequences())


def test_that_action_names_are_unique() -> None:
    assert len({action.id for action in KEYMAP}) == len(KEYMAP)


def test_that_single_letters_are_left_to_typing_and_to_the_panels() -> None:
    assert not [key for key in sequences() if len(key) == 1 and key.isalnum()]


def test_that_every_key_has_its_handler_in_the_window(window: MainWindow) -> None:
    for action in KEYMAP:
        assert not action.handler or callable(window.keys.handler(action.handler))


def test_that_every_handled_key_is_a_shortcut_of_the_window(window: MainWindow) -> None:
    bound = {shortcut.toString() for action in window.findChildren(QAction) for shortcut in action.shortcuts()}
    wanted = {QKeySequence(key).toString() for a in KEYMAP if a.handler and a.id != "out" for key in a.keys}
    assert wanted <= bound


def test_that_the_menu_offers_what_the_keys_do(window: MainWindow) -> None:
    offered = {
        action.text() for menu in window.menu.actions() for action in (menu.menu().actions() if menu.menu() else [])
    }
    expected = {
        action.label
        for action in KEYMAP
        if action.handler and not action.id.startswith("toggle_") and action.id not in ("out", "command_typed")
    }
    assert expected == offered


def test_that_the_manual_page_of_keys_is_current() -> None:
    """Made by: python -c "from widgets.keymap import *; print(keys_page(), end='')" > resources/manual/keys.md"""
    assert resource_path("manual", "keys.md").read_text(encoding="utf-8") == keys_page()


def all_told() -> list[str]:
    """Every key as shown, and every command as typed."""
    keys = [keys for rows in sections().values() for keys, _ in rows]
    return [*keys, *(verb.usage for verb in VERBS)]


def test_that_every_command_and_key_is_in_the_manual() -> None:
    page = keys_page().replace("\\|", "|")
    assert [word for word in all_told() if f"`{word}`" not in page] == []


def test_that_every_command_and_key_is_on_the_card() -> None:
    card = unescape(card_html())
    assert [word for word in all_told() if f"<td>{word}</td>" not in card] == []


def test_that_every_command_and_key_is_in_the_overlay(window: MainWindow) -> None:
    window.overlay.toggle()
    shown = " ".join(sheet.toPlainText() for sheet in window.overlay.sheets)
    assert [word for word in all_told() if word not in shown] == []


def test_that_every_verb_has_an_example_that_uses_it() -> None:
    for verb in VERBS:
        assert verb.example.split()[0].rstrip("0123456789") in verb.names, verb.usage


def test_that_the_table_counts_the_panels_and_the_command_line() -> None:
    told = {row for rows in sections().values() for row in rows}
    assert told >= {*PANEL_KEYS, *COMMAND_LINE_KEYS}


def test_that_the_overlay_gives_the_keyboard_back(window: MainWindow) -> None:
    window.bar.line.setFocus()
    window.overlay.toggle()
    assert QApplication.focusWidget() is window.overlay.sheets[0]
    window.keys.one_level_out()
    assert not window.overlay.isVisible()
    assert QApplication.focusWidget() is window.bar.line
