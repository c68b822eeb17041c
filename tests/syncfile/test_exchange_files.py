"""Events carried on a stick: both ways, once each, and nothing from a file that is not what a desk of ours wrote."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from core.errors import Refused, Unavailable
from core.merge import keys
from core.merge.run import Run
from sync.file import Brought, Written, bring_in, open_exchange, write_exchange, writing
from sync.file.form import FileHead, FileRuns, SectionReader, SectionWriter, signed_bytes
from sync.protocol.packing import pack, unpack
from tests.link.real import RealDesk
from tests.link.rig import Agency

NewDesk = Callable[..., RealDesk]


def export(desk: RealDesk, path: Path, **how: object) -> Written:
    found = desk.ask(lambda: write_exchange(desk.store, path, desk.member, desk.clock.now_ms(), **how))
    assert isinstance(found, Written)
    return found


def bring(desk: RealDesk, path: Path) -> Brought:
    found = desk.ask(lambda: bring_in(desk.desk, desk.store, open_exchange(path, desk.member)))
    assert isinstance(found, Brought)
    return found


def parts(path: Path) -> tuple[FileHead, list[list[Run]]]:
    with path.open("rb") as file:
        head, *runs = SectionReader(file, path.name).sections()
    return unpack(head, FileHead, 1 << 24), [unpack(each, FileRuns, 1 << 24).runs for each in runs]


def forge(path: Path, head: FileHead, sections: list[list[Run]], sign: Callable[[bytes], bytes]) -> None:
    with path.open("wb") as file:
        writer = SectionWriter(file)
        writer.add(pack(head))
        for runs in sections:
            writer.add(pack(FileRuns(runs)))
        file.write(sign(signed_bytes(writer.end())))


def test_that_a_file_brings_one_desks_events_to_the_other_and_taking_it_twice_changes_nothing(
    a: RealDesk, b: RealDesk, tmp_path: Path
) -> None:
    written = export(a, tmp_path / "a.fdsync")
    first = bring(b, tmp_path / "a.fdsync")
    assert (first.events, first.new) == (written.events, written.events)
    assert a.picture() == b.picture()
    assert f"{written.events} are new here." in first.sentence()
    again = bring(b, tmp_path / "a.fdsync")
    assert again.new == 0
    assert "had them all" in again.sentence()
    assert a.picture() == b.picture()


def test_that_a_file_given_up_half_way_leaves_nothing_behind(a: RealDesk, tmp_path: Path) -> None:
    path = tmp_path / "a.fdsync"

    def begin_and_give_up() -> list[Path]:
        steps = writing(a.store, path, a.member, a.clock.now_ms(), to="North")
        next(steps)
        begun = list(tmp_path.glob("a.fdsync*"))
        steps.close()
        return begun

    assert a.ask(begin_and_give_up) == [path.with_name("a.fdsync.part")]
    assert not list(tmp_path.glob("a.fdsync*"))
    assert export(a, path, to="North").new_only is False


def test_that_files_go_both_ways_and_tell_of_conflicts(a: RealDesk, b: RealDesk, tmp_path: Path) -> None:
    export(a, tmp_path / "a.fdsync")
    bring(b, tmp_path / "a.fdsync")
    unit = next(iter(a.desk.board.units))
    a.assign(a.open_incident("1 Elm"), unit)
    b.assign(b.open_incident("2 Elm"), unit)
    export(a, tmp_path / "a2.fdsync")
    export(b, tmp_path / "b.fdsync")
    brought = bring(b, tmp_path / "a2.fdsync")
    bring(a, tmp_path / "b.fdsync")
    assert a.picture() == b.picture()
    assert len(a.picture()["conflicts"]) == 1
    assert "settled by somebody" in brought.sentence()


def test_that_the_next_file_for_the_same_people_holds_what_came_since(a: RealDesk, b: RealDesk, tmp_path: Path) -> None:
    first = export(a, tmp_path / "1.fdsync", to="North")
    with pytest.raises(Refused, match="nothing new for North"):
        export(a, tmp_path / "2.fdsync", to="North")
    assert not (tmp_path / "2.fdsync").exists()
    a.open_incident("99 Late Lane")
    second = export(a, tmp_path / "2.fdsync", to="North")
    assert 0 < second.events < 10
    assert export(a, tmp_path / "3.fdsync", to="South").events == first.events + second.events
    assert export(a, tmp_path / "4.fdsync", to="North", everything=True).events == first.events + second.events
    bring(b, tmp_path / "1.fdsync")
    bring(b, tmp_path / "2.fdsync")
    assert a.picture() == b.picture()


def test_that_a_relay_carries_a_third_desks_events_with_its_own_signature(
    a: RealDesk, b: RealDesk, new_desk: NewDesk, tmp_path: Path
) -> None:
    export(a, tmp_path / "a.fdsync")
    bring(b, tmp_path / "a.fdsync")
    b.open_incident("1 Relay Road")
    written = export(b, tmp_path / "b.fdsync")
    assert written.desks == 2
    c = new_desk("C")
    bring(c, tmp_path / "b.fdsync")
    assert c.picture() == b.picture()


def test_that_what_came_by_file_still_goes_to_the_centre(a: RealDesk, b: RealDesk, tmp_path: Path) -> None:
    written = export(a, tmp_path / "a.fdsync")
    bring(b, tmp_path / "a.fdsync")
    assert len(b.ask(b.store.waiting)) == written.events


def refused(desk: RealDesk, path: Path, match: str) -> None:
    """The file is not taken, and the desk is as it was."""
    before = desk.ids()
    with pytest.raises(Refused, match=match):
        bring(desk, path)
    assert desk.ids() == before


def test_that_another_agencys_file_is_refused(b: RealDesk, new_desk: NewDesk, tmp_path: Path) -> None:
    stranger = new_desk("S", of=Agency())
    stranger.open_incident("1 Elsewhere")
    export(stranger, tmp_path / "s.fdsync")
    refused(b, tmp_path / "s.fdsync", "another agency")


def test_that_a_newer_foredesks_file_is_refused(a: RealDesk, b: RealDesk, tmp_path: Path) -> None:
    path = tmp_path / "a.fdsync"
    export(a, path)
    data = bytearray(path.read_bytes())
    data[9] += 1
    path.write_bytes(data)
    refused(b, path, "newer Foredesk")


def test_that_a_file_that_is_cut_short_is_refused_wherever_it_ends(a: RealDesk, b: RealDesk, tmp_path: Path) -> None:
    path = tmp_path / "a.fdsync"
    export(a, path)
    whole = path.read_bytes()
    for size in (9, 12, 100, len(whole) // 2, len(whole) - 65, len(whole) - 1):
        path.write_bytes(whole[:size])
        refused(b, path, "cut short|damaged")
    path.write_bytes(whole[:5])
    refused(b, path, "not a file of events")
    path.write_bytes(b"")
    refused(b, path, "not a file of events")


@pytest.fixture
def exported(a: RealDesk, tmp_path: Path) -> Path:
    export(a, tmp_path / "a.fdsync")
    return tmp_path / "a.fdsync"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_that_a_file_with_any_bit_changed_is_refused(data: st.DataObject, exported: Path, b: RealDesk) -> None:
    whole = exported.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    tampered = exported.with_name("tampered.fdsync")
    tampered.write_bytes(changed)
    with pytest.raises(Refused):
        open_exchange(tampered, b.member)


def test_that_a_file_signed_by_another_key_is_refused(b: RealDesk, exported: Path) -> None:
    head, sections = parts(exported)
    thief = keys.new_private_key()
    forge(exported, head, sections, lambda message: keys.sign(thief, message))
    refused(b, exported, "not signed by the desk it names")


def test_that_a_desk_nobody_let_in_writes_no_file(b: RealDesk, exported: Path) -> None:
    head, sections = parts(exported)
    thief = keys.new_private_key()
    card = structs.replace(head.desk, public_key=keys.public_key_of(thief))
    forge(exported, structs.replace(head, desk=card), sections, lambda message: keys.sign(thief, message))
    refused(b, exported, "has not let in")


def test_that_a_desk_cannot_pass_off_events_as_anothers(a: RealDesk, b: RealDesk, exported: Path) -> None:
    """A signs the file rightly, but an event in it is not what B signed."""
    b.open_incident("1 True Street")
    runs = b.ask(lambda: b.store.outgoing(200)).runs
    event = structs.replace(runs[0].events[0], operator="Somebody else")
    forged = structs.replace(runs[0], events=(event, *runs[0].events[1:]))
    head, sections = parts(exported)
    forge(exported, structs.replace(head, cards=[a.card, b.card]), [*sections, [forged]], a.sign)
    refused(b, exported, "not its own")


def test_that_a_desk_whose_key_was_taken_away_is_no_longer_believed(
    a: RealDesk, b: RealDesk, agency: Agency, exported: Path
) -> None:
    """The file's own copy of the card is from before that."""
    revoked = agency.vouch(structs.replace(a.card, revoked_at=a.clock.now_ms()))
    with pytest.raises(Refused, match="taken away"):
        open_exchange(exported, b.member, (revoked,))


def test_that_a_missing_file_and_a_full_disk_are_sentences(a: RealDesk, b: RealDesk, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        bring(b, tmp_path / "none.fdsync")
    with pytest.raises(Unavailable, match="cannot be read or written"):
        export(a, tmp_path / "no such folder" / "a.fdsync")
