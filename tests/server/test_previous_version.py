"""A desk of the previous version beside a newer server: what it writes is read, and what it cannot read waits."""

import msgspec
import pytest

from core.clock import ManualClock
from core.domain import events as e
from core.domain.statuses import Priority
from core.domain.values import Location
from core.merge import schema
from core.merge.run import SCHEMA
from sync.server import admission
from sync.server.centre import Centre
from sync.server.roll import FixedRoll
from sync.server.sqlite_log import MEMORY, open_log
from tests.server.desks import Origin

OPENED = e.IncidentOpened("i1", "26-A-00001", "MED", Priority.P2, "", Location("Balmaceda 120"))


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> int:
    """Foredesk one version on: a narrative line's text, which the older one calls `line`, is now called `text`."""

    def step(body: dict[str, object]) -> dict[str, object]:
        if body["what"] == "incident.narrative_added":
            body["text"] = body.pop("line")
        return body

    monkeypatch.setitem(schema.UPGRADES, SCHEMA, step)
    for module in (schema, admission):
        monkeypatch.setattr(module, "SCHEMA", SCHEMA + 1)
    return SCHEMA + 1


def test_that_a_desk_of_the_previous_version_syncs_with_a_newer_server(newer: int) -> None:
    clock = ManualClock()
    old, new = Origin("A", clock), Origin("B", clock)
    centre = Centre(open_log(MEMORY, clock.now_ms()), FixedRoll([old.desk_pass, new.desk_pass]))
    line = msgspec.json.encode({"what": "incident.narrative_added", "incident": "i1", "line": "Door is locked"})
    runs = [old.seal(old.wire((OPENED, line)), schema=SCHEMA)]
    clock.advance(1)
    runs.append(new.seal(new.wire((e.NarrativeAdded("i1", "Key is at number 7"),)), schema=newer))

    answer = centre.push(runs, clock.now_ms())

    assert not answer.outcomes, "both are taken, each as its own version wrote it"
    told = [entry.text for entry in centre.board().incidents["i1"].narrative]
    assert told == ["Door is locked", "Key is at number 7"]
    schemas = [(run.desk, run.schema) for run in centre.pull().runs]
    assert schemas == [("A", SCHEMA), ("B", newer)], "desks are told which version wrote what they get"
