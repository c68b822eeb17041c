"""Severity in the call form: suggested at each keystroke, told with its source, and a person's value stays."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.desk import Desk
from core.domain.agency import SeverityRules
from core.domain.severity_words import severity_sentence
from core.severity.answer import Answer
from core.severity.red_flag_file import read_red_flags
from core.severity.red_flags import RedFlags
from core.severity.suggest import Suggestion, suggest
from resources import resource_path
from widgets.context import DeskContext
from widgets.panels.intake import IntakePanel
from widgets.suggester import Shown

Show = Callable[[QWidget], None]
Press = Callable[..., int]


class RulesAndWords:
    """The shipped red flags, and a model that knows two words."""

    def __init__(self, desk: Desk) -> None:
        self.busy = False
        self.asked: list[str] = []
        self.kept: list[tuple[str, Shown]] = []
        self._flags = RedFlags(read_red_flags(resource_path("severity", "red_flags.toml")))
        self._types = desk.agency.types

    def suggest(self, text: str, type_code: str) -> Suggestion:
        self.asked.append(text)
        known = self._types.get(type_code)
        answer = Answer()
        if "dizzy" in text:
            answer = Answer("moderate", (0.3, 0.7), 0.3, ("high", "moderate"), moved=("dizzy",), words=3)
        return suggest(self._flags.find(text), known.severity if known else "", answer)

    def opened(self, incident: str, shown: Shown) -> None:
        self.kept.append((incident, shown))


@pytest.fixture
def suggester(context: DeskContext) -> RulesAndWords:
    context.suggester = RulesAndWords(context.desk)
    return context.suggester


@pytest.fixture
def panel(context: DeskContext, suggester: RulesAndWords, show: Show) -> IntakePanel:
    panel = IntakePanel(context)
    panel.resize(520, 700)
    show(panel)
    panel.begin()
    return panel


@pytest.fixture
def say(panel: IntakePanel, press: Press) -> Callable[[str], None]:
    def type_it(text: str) -> None:
        panel.fields.narrative.setFocus()
        press(text)

    return type_it


def open_it(panel: IntakePanel, press: Press, desk: Desk, type_: str = "EMS-CHE"):
    panel.focus_location()
    press("behind the mill", Qt.Key.Key_Tab)
    panel.fields.type.set_text(type_)
    panel.fields._follow_type()
    press("", Qt.Key.Key_Return, ctrl=True)
    return next(reversed(desk.board.incidents.values()))


def test_that_each_keystroke_is_suggested_for_and_told_with_its_words(panel, say, suggester) -> None:
    assert panel.fields.severity.said.text().startswith("No estimate")
    say("he is dizzy")
    assert suggester.asked[-3:] == ["he is diz", "he is dizz", "he is dizzy"]
    row = panel.fields.severity
    assert row.field.stands == "moderate"
    told = "by the model, for “dizzy” (30 % of such calls are severe; it warns from 50 %). It could also be high."
    assert told in row.said.text()
    say(" and not breathing")
    assert row.field.stands == "critical"
    assert "red flag: not breathing (“not breathing”)" in row.said.text()


def test_that_nothing_in_the_form_moves_while_the_suggestion_comes(panel, say) -> None:
    def places() -> list[tuple[int, int, int, int]]:
        for _ in range(3):  # labels that wrap take their height in a second round
            QApplication.processEvents()
        fields = panel.fields
        return [widget.geometry().getRect() for widget in (fields.narrative, fields.severity, fields.type)]

    panel.resize(400, 700)
    before = places()
    assert panel.fields.severity.said.text().startswith("No estimate")
    say("he is dizzy")
    assert "It could also be high" in panel.fields.severity.said.text()
    assert places() == before


def test_that_a_persons_severity_stays_and_the_suggestion_stands_beside_it(panel, say, press, desk) -> None:
    say("he is dizzy")
    panel.fields.severity.field.setFocus()
    press("l")
    say(" and not breathing")
    row = panel.fields.severity
    assert (row.own, row.field.stands, row.suggestion.level) == ("low", "low", "critical")
    assert row.said.text().startswith("Set by you: low. Suggested: critical")
    incident = open_it(panel, press, desk)
    told = "severity low, set by mreyes; suggestion critical (red flag: not breathing)"
    assert severity_sentence(incident) == told


def test_that_one_key_takes_the_suggestion_and_backspace_gives_it_back(panel, say, press) -> None:
    say("not breathing")
    press("", Qt.Key.Key_S, ctrl=True)
    row = panel.fields.severity
    assert row.own == "critical"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    assert QApplication.focusWidget() is row.field
    press("", Qt.Key.Key_Backspace)
    assert (row.own, row.field.stands) == ("", "critical")


def test_that_taking_a_suggestion_that_is_not_there_is_told(panel, press) -> None:
    press("", Qt.Key.Key_S, ctrl=True)
    assert "No severity is suggested" in panel.notice.text


def test_that_severity_leaves_the_priority_to_the_person(panel, say, press) -> None:
    panel.fields.type.set_text("EMS-CHE")
    panel.fields._follow_type()
    before = panel.fields.priority.priority
    say("not breathing")
    assert panel.fields.priority.priority is before
    assert panel.fields.priority.chosen is None


def test_that_what_was_suggested_is_handed_on_when_the_incident_opens(panel, say, press, desk, suggester) -> None:
    say("no respira")
    incident = open_it(panel, press, desk)
    ((kept, shown),) = suggester.kept
    assert (kept, shown.suggestion.level, shown.own) == (incident.id, "critical", "")
    assert (incident.severity, incident.suggested_why) == ("critical", "red flag: not breathing")
    assert panel.fields.severity.suggestion.level == ""


def test_that_a_linked_call_that_tells_of_worse_says_so(panel, say, press, desk) -> None:
    open_it(panel, press, desk)
    first = next(iter(desk.board.incidents))
    sentences: list[str] = []
    panel.said.connect(sentences.append)
    for text in ("he is not breathing any more", "is anybody coming"):
        panel.begin()
        press("at the mill", Qt.Key.Key_Tab)
        say(text)
        panel.link_to(first)
    assert "Its words suggest severity critical (red flag: not breathing); sv critical sets it." in sentences[0]
    assert "suggest" not in sentences[1]


def test_that_a_slow_suggestion_waits_for_a_pause_and_never_for_the_opening(panel, say, press, desk, suggester) -> None:
    suggester.busy = True
    say("not breathing")
    assert suggester.asked == []
    incident = open_it(panel, press, desk)
    assert incident.suggested_why == "red flag: not breathing"


def test_that_the_form_suggests_by_type_alone_until_the_models_are_there(context, show, press) -> None:
    panel = IntakePanel(context)
    show(panel)
    panel.begin()
    panel.fields.narrative.setFocus()
    press("not breathing")
    panel.fields.type.set_text("EMS-CHE")
    panel.fields._follow_type()
    assert panel.fields.severity.said.text() == "Suggested: high, the incident type's default."
    context.suggester = RulesAndWords(context.desk)
    panel.fields.severity.look_again()
    assert panel.fields.severity.field.stands == "critical"


def test_that_a_draft_keeps_the_persons_severity(panel, say, press, context) -> None:
    say("he is dizzy")
    panel.fields.severity.field.setFocus()
    press("h")
    assert context.desk.store.drafts()[0].fields["severity"] == "high"
    panel.park()
    panel.begin()
    assert panel.fields.severity.own == ""
    panel.resume_oldest()
    assert panel.fields.severity.own == "high"


def test_that_an_agency_may_ask_for_the_persons_own_value_first(panel, say, press, context, desk, suggester) -> None:
    desk.agency = replace(desk.agency, severity=SeverityRules(person_first=True))
    panel.begin()
    say("not breathing")
    row = panel.fields.severity
    assert row.field.stands == ""
    assert "Your own first" in row.said.text()
    press("", Qt.Key.Key_S, ctrl=True)
    assert row.own == ""
    stored: list[str] = []
    row.changed.connect(lambda: stored.append(f"{desk.store.drafts()[0].fields.get('severity_first')} {row.hidden}"))
    row.field.setFocus()
    press("m")
    assert stored == ["moderate True"]  # kept on disk while the suggestion was still hidden
    assert row.said.text().startswith("Set by you: moderate. Suggested: critical")
    press("c")
    open_it(panel, press, desk)
    assert (suggester.kept[0][1].own, suggester.kept[0][1].first) == ("critical", "moderate")
