"""Whatever a desk or an attacker sends: checked, answered, and never a crash. Older desks' events are still read."""

import contextlib
import struct

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from core.clock import ManualClock
from core.domain import events as e
from core.errors import Refused
from core.merge import schema
from core.merge.run import AHEAD_MS, MOST_EVENTS, REFUSED, SCHEMA, Run, WireEvent
from sync.protocol import messages as m
from sync.protocol.messages import Hello, LiveFrame, Push
from sync.protocol.packing import compress, decode, decompress, encode, pack, unpack
from sync.protocol.routes import MOST_EVENT_BYTES, MOST_EVENTS_A_RUN, authorization, read_authorization
from sync.server import admission
from sync.server.admission import Checked, examine
from sync.server.centre import Centre
from sync.server.places import PlaceMaker
from sync.server.roll import DISPATCH, FixedRoll
from sync.server.sqlite_log import MEMORY, open_log
from tests.server.desks import Origin

CLOCK = ManualClock()
DESK = Origin("A", CLOCK)


def checked(run: Run, desk: Origin = DESK) -> Checked:
    return examine(run, desk.desk_pass, CLOCK.now_ms(), lambda: bytes(16), pushed_by="B")


def code_of(run: Run, desk: Origin = DESK) -> str:
    verdict = checked(run, desk).verdict
    return verdict.code if verdict else ""


WIRES = st.builds(
    WireEvent,
    id=st.binary(max_size=20),
    operator=st.text(max_size=5),
    at=st.integers(-(2**63), 2**64 - 1),
    command=st.binary(max_size=20),
    undoes=st.binary(max_size=20),
    body=st.binary(max_size=40),
    place=st.binary(max_size=20),
    flag=st.sampled_from(["", "clock", "refused", "again", "other"]),
)
RUNS = st.builds(
    Run,
    desk=st.text(max_size=5),
    first_n=st.integers(-(2**63), 2**64 - 1),
    prev_hash=st.sampled_from([bytes(32), bytes(31), b"x" * 32]),
    events=st.lists(WIRES, max_size=4).map(tuple),
    signature=st.binary(max_size=70),
    schema=st.integers(-3, SCHEMA + 3),
)


@given(RUNS)
def test_that_no_run_breaks_the_centre(run: Run) -> None:
    centre = Centre(open_log(MEMORY, CLOCK.now_ms()), FixedRoll([structs.replace(DESK.desk_pass, id=run.desk)]))
    before = centre.have().desks
    answer = centre.push([run], CLOCK.now_ms(), pushed_by="B")
    assert [(o.id, o.kind in {"refused", "later"}) for o in answer.outcomes] == [(b"", True)]
    assert centre.have().desks == before


@given(st.lists(st.binary(max_size=60) | st.just(b'{"what":"unit.contacted","unit":"M1"}'), min_size=1, max_size=4))
def test_that_no_signed_body_breaks_the_centre(bodies: list[bytes]) -> None:
    desk = Origin("A", CLOCK)
    centre = Centre(open_log(MEMORY, CLOCK.now_ms()), FixedRoll([desk.desk_pass]))
    answer = centre.push([desk.run(*bodies), desk.run(e.UnitContacted("M9"))], CLOCK.now_ms())
    readable = [
        not any(outcome.id == event.id for outcome in answer.outcomes) for event in centre.pull().runs[0].events
    ]
    assert readable == [b"M1" in body for body in bodies]
    assert centre.have().desks[0].length == len(bodies) + 1, "the one behind them is taken"
    assert centre.board() is not None


@given(st.binary(max_size=200))
def test_that_bytes_of_any_kind_are_a_message_or_refused(noise: bytes) -> None:
    for packed in (noise, compress(noise)):
        for kind in (Push, LiveFrame, m.PullAnswer):
            with contextlib.suppress(Refused):
                unpack(packed, kind, 1000)  # type: ignore[arg-type]


@given(st.binary(max_size=5000), st.booleans())
def test_that_what_was_packed_comes_out_again(plain: bytes, thin: bool) -> None:
    assert decompress(compress(plain, thin=thin), len(plain)) == plain
    if plain:
        with pytest.raises(Refused, match="unpacks to more"):
            decompress(compress(plain), len(plain) - 1)


def test_that_a_frames_own_word_for_its_size_is_not_believed() -> None:
    liar = zstandard.ZstdCompressor().compress(bytes(1 << 20))
    with pytest.raises(Refused):
        decompress(liar, 1000)
    wide = b"\x28\xb5\x2f\xfd" + bytes([0b00000000, 0xB8]) + struct.pack("<I", 1)
    with pytest.raises(Refused):
        decompress(wide, 1000)


def test_that_a_newer_ends_further_fields_are_passed_over() -> None:
    plain = msgspec.msgpack.decode(encode(Hello(cursor="c")))
    assert decode(msgspec.msgpack.encode([*plain, "of a later version"]), Hello) == Hello(cursor="c")


def test_that_an_event_alone_travels_in_few_bytes() -> None:
    desk = Origin("A", CLOCK)
    one = desk.run(e.UnitContacted("M12"))
    assert len(pack(Push([one]), thin=True)) < 200
    many = [desk.run(*(e.NarrativeAdded("i1", f"Line {n}: water is on") for n in range(MOST_EVENTS))) for _ in range(5)]
    assert len(pack(Push(many))) / (5 * MOST_EVENTS) < 60


def test_that_a_run_is_refused_as_a_whole_for_what_it_is() -> None:
    good = Origin("A", CLOCK).run(e.UnitContacted("M1"))
    wire = good.events[0]
    unsigned = {
        m.FORM: [
            structs.replace(good, events=()),
            structs.replace(good, events=good.events * 2),
            structs.replace(good, events=(structs.replace(wire, id=b"short"),)),
            structs.replace(good, first_n=0),
            structs.replace(good, first_n=2),
            structs.replace(good, desk="A\nB"),
            structs.replace(good, desk=""),
            structs.replace(good, prev_hash=b"x" * 32),
            structs.replace(good, events=(structs.replace(wire, command=b""),)),
            structs.replace(good, events=(structs.replace(wire, body=b"", flag=REFUSED),)),
        ],
        m.NEWER: [structs.replace(good, schema=SCHEMA + 1)],
        m.OLDER: [structs.replace(good, schema=schema.oldest() - 1)],
        m.SIGNATURE: [good, structs.replace(good, events=(structs.replace(wire, at=wire.at + 1),))],
    }
    assert {code: {code_of(run) for run in runs} for code, runs in unsigned.items()} == {
        code: {code} for code in unsigned
    }
    many = tuple(structs.replace(wire, id=n.to_bytes(16, "big")) for n in range(MOST_EVENTS_A_RUN + 1))
    assert code_of(structs.replace(good, events=many)) == m.FORM


def test_that_an_event_is_refused_for_what_it_is() -> None:
    desk = Origin("A", CLOCK, may=frozenset({DISPATCH}))
    wires = [
        *desk.wire([e.OperatorSignedOn("Kim"), e.UnitEnrolled("M1", "ambulance"), e.UnitContacted("M\x001")]),
        *desk.wire([e.NarrativeAdded("i" * 300, "text"), e.NarrativeAdded("i1", "x" * MOST_EVENT_BYTES)]),
        *desk.wire([e.UnitContacted("M1")], operator="Kim\n"),
    ]
    wires.append(structs.replace(desk.wire([e.UnitContacted("M1")])[0], at=-1))
    found = checked(desk.seal(wires), desk)
    assert [entry.verdict.code if entry.verdict else "" for entry in found.entries] == [
        *("", m.PERMISSION, m.FORM, m.FORM, m.FORM, m.FORM, m.FORM)
    ]


def test_that_what_a_post_said_of_an_event_is_not_taken_from_it() -> None:
    desk = Origin("A", CLOCK)
    run = desk.run(e.UnitContacted("M1"), e.UnitContacted("M2"))
    told = (
        structs.replace(run.events[0], place=b"p" * 16, flag="clock"),
        structs.replace(run.events[1], place=b"p" * 16),
    )
    found = checked(structs.replace(run, events=told), desk)
    assert found.verdict is None
    assert found.run == run


def test_that_what_a_post_refused_stays_refused() -> None:
    desk = Origin("A", CLOCK)
    run = desk.run(e.UnitContacted("M1"), e.UnitContacted("M2"))
    hash_ = checked(run, desk).entries[0].hash
    relayed = structs.replace(run, events=(structs.replace(run.events[0], body=hash_, flag=REFUSED), run.events[1]))
    found = checked(relayed, desk)
    assert found.verdict is None
    assert [entry.verdict is None for entry in found.entries] == [False, True]


def test_that_places_only_go_forward() -> None:
    places = PlaceMaker()
    made = [places.next(now_ms) for now_ms in (5, 5, 4, 6, 1)]
    assert made == sorted(made)
    assert len(set(made)) == 5
    assert made[3][:6] == (6 + AHEAD_MS).to_bytes(6, "big")


def test_that_a_desks_authorization_is_read_back() -> None:
    assert read_authorization(authorization("A-1", "to:ken")) == ("A-1", "to:ken")
    for nothing in ("", "Desk", "Desk A", "Desk :x", "Desk A:", "Basic A:x"):
        assert read_authorization(nothing) is None


class _Upgraded:
    """A Foredesk two releases on: contacts were once called pars, and units crews."""

    @staticmethod
    def install(monkeypatch: pytest.MonkeyPatch) -> None:
        steps = {
            SCHEMA: lambda body: body | {"what": "unit.heard"} if body["what"] == "unit.par" else body,
            SCHEMA + 1: lambda body: {"what": "unit.contacted", "unit": body["crew"]} if "crew" in body else body,
        }
        for module in (schema, admission):
            monkeypatch.setattr(module, "SCHEMA", SCHEMA + 2)
        monkeypatch.setattr(schema, "UPGRADES", steps)


def test_that_events_of_two_releases_before_are_brought_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    _Upgraded.install(monkeypatch)
    desk = Origin("A", CLOCK)
    runs = [
        desk.seal(desk.wire([e.UnitEnrolled("M1", "ambulance")])),
        desk.seal(desk.wire([b'{"what":"unit.par","crew":"M1"}'])),
        desk.seal(desk.wire([b'{"what":"unit.heard","crew":"M1"}']), schema=SCHEMA + 1),
        desk.seal(desk.wire([e.UnitContacted("M1")]), schema=SCHEMA + 2),
        desk.seal(desk.wire([b'{"what":"unit.par","crew":"M1"}']), schema=SCHEMA + 2),
    ]
    centre = Centre(open_log(MEMORY, CLOCK.now_ms()), FixedRoll([desk.desk_pass]))
    outcomes = centre.push(runs, CLOCK.now_ms()).outcomes
    assert [(outcome.run, outcome.code) for outcome in outcomes] == [(4, m.FORM)]
    assert [run.events for run in centre.pull().runs[:4]] == [run.events for run in runs[:4]], (
        "kept as they were signed"
    )
    assert centre.board().units["M1"].contacted_at
    assert code_of(desk.seal(desk.wire([e.UnitContacted("M1")]), schema=SCHEMA - 1)) == m.OLDER
