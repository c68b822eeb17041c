"""What cannot be read or passed on yet is kept, is taken as soon as it can be, and holds nothing else up."""

import itertools
from collections.abc import Callable

import pytest
from msgspec import structs

from core.domain.agency import Agency
from core.domain.agency_file import roster_commands
from core.domain.commands import AddNarrative
from core.domain.events import Body
from core.errors import Refused
from core.merge import schema
from core.merge.run import REFUSED, Run, hashes
from tests.merge.sites import Site, assert_alike, reconcile

Sites = Callable[..., Site]


def without_narrative(body: bytes, version: int) -> Body:
    """As an older Foredesk reads, that knows of no narrative."""
    if b"incident.narrative_added" in body:
        raise Refused("This Foredesk does not know that event.")
    return schema._newest.decode(body)


def test_that_an_updated_desk_takes_what_it_could_not_read_before(
    new_site: Sites, agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = new_site("A"), new_site("B")
    a.desk.roster(roster_commands(agency, a.board))
    incident = a.open()
    a.do(AddNarrative(incident.id, "from a newer desk"))
    a.set("M3")
    with monkeypatch.context() as older:
        older.setattr(schema, "decode_body", without_narrative)
        a.tell(b)
        a.do(AddNarrative(incident.id, "and another one"))
        a.tell(b)
        assert b.store.read_newer() == 0
    assert b.incident(incident).narrative == []
    b.store.close()
    updated = new_site("B")
    assert [line.text for line in updated.incident(incident).narrative] == ["from a newer desk", "and another one"]
    assert updated.store.quarantined() == ()
    assert set(updated.store.waiting()) == {entry.event.id for entry in updated.placed()}
    reconcile(a, updated)
    assert_alike(a, updated)
    assert updated.store.read_newer() == 0


def test_that_what_cannot_be_passed_on_holds_up_nothing_behind_it(new_site: Sites, agency: Agency) -> None:
    a, b = new_site("A"), new_site("B")
    a.desk.roster(itertools.islice(roster_commands(agency, a.board), 6))
    [run] = a.store.outgoing(100).runs
    first = structs.replace(run.events[0], body=hashes(run)[0], flag=REFUSED)  # by a post: nobody here has its body
    holed = Run(run.desk, run.first_n, run.prev_hash, (first, *run.events[1:]), run.signature, run.schema)
    b.desk.receive((holed,), source="post", centre=False)
    own = b.open()
    sent = b.store.outgoing(2)
    assert [run.desk for run in sent.runs] == ["B"]
    assert b.store.waiting().keys() >= {event.id for event in b.store.events_of_incident(own.id)}
