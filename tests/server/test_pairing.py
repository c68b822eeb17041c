"""How a desk gets in, and how it is kept out: codes, prefixes, tokens, clones, the authority that it trusts."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette

from core.clock import ManualClock
from core.errors import Refused
from core.merge import keys
from sync.protocol import pairing_code
from sync.protocol.joining import AUTHORITY, PAIR, PAIR_AGAIN, PairAgain, Paired, PairRequest, is_vouched
from sync.protocol.messages import Trouble
from sync.protocol.packing import pack, unpack
from sync.protocol.routes import authorization
from sync.server import authority
from sync.server.authority import DatabaseRoll
from sync.server.certificates import certificate_authority, check_own_files, own_names, write_server_certificate
from sync.server.database import Database
from sync.server.pairing import CODE_MS, Pairing, new_code
from sync.server.throttle import FREE_TRIES

KEY = keys.public_key_of(keys.new_private_key())


class Desk:
    """A desk that knows how to be paired, over the real application."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        pairing = Pairing()
        pairing.open(database, clock.now_ms, "Coast")
        app = Starlette(routes=pairing.routes())
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        self._database, self._clock = database, clock

    async def code(self) -> str:
        now_ms = self._clock.now_ms()
        return (await self._database.run(lambda connection: new_code(connection, "ada", now_ms))).text

    async def authority(self) -> bytes:
        pem = (await self._client.get(AUTHORITY)).content
        return x509.load_pem_x509_certificate(pem).public_bytes(pairing_der())

    async def pair(self, secret: str, *, prefix: str = "", key: bytes = KEY) -> Paired | Trouble:
        asked = PairRequest(secret, key, "Console", prefix)
        return self._read(await self._client.post(PAIR, content=pack(asked)))

    async def pair_again(self, paired: Paired, key: bytes) -> Paired | Trouble:
        headers = {"authorization": authorization(paired.desk, paired.token)}
        return self._read(await self._client.post(PAIR_AGAIN, content=pack(PairAgain(key)), headers=headers))

    async def post(self, content: bytes) -> Trouble | Paired:
        return self._read(await self._client.post(PAIR, content=content))

    def _read(self, answer: httpx.Response) -> Paired | Trouble:
        return unpack(answer.content, Paired if answer.status_code == 200 else Trouble, 10_000)


def pairing_der() -> object:
    from cryptography.hazmat.primitives.serialization import Encoding

    return Encoding.DER


async def paired(desk: Desk, **more: object) -> Paired:
    secret, _ = pairing_code.read(await desk.code())
    answer = await desk.pair(secret, **more)
    assert isinstance(answer, Paired), answer
    return answer


def test_that_a_code_lets_one_desk_in_and_proves_the_server(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk = Desk(database, clock)
        secret, check = pairing_code.read((await desk.code()).lower())
        assert pairing_code.is_authority(await desk.authority(), check)
        answer = await desk.pair(secret)
        assert isinstance(answer, Paired)
        assert is_vouched(answer.card, answer.agency_key)
        assert (answer.prefix, answer.agency) == ("A", "Coast")
        entered = await DatabaseRoll(database, clock.now_ms).enter(answer.desk, answer.token)
        assert entered is not None
        assert entered.public_key == KEY

    with_database(body)


def test_that_a_code_is_good_once_and_for_an_hour(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk = Desk(database, clock)
        secret, _ = pairing_code.read(await desk.code())
        assert isinstance(await desk.pair(secret), Paired)
        used = await desk.pair(secret)
        secret, _ = pairing_code.read(await desk.code())
        clock.advance(CODE_MS / 1000)
        late = await desk.pair(secret)
        assert isinstance(used, Trouble)
        assert "was used already" in used.happened
        assert isinstance(late, Trouble)
        assert "has expired" in late.happened

    with_database(body)


def test_that_two_desks_cannot_use_one_code_at_once(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk = Desk(database, clock)
        secret, _ = pairing_code.read(await desk.code())
        answers = await asyncio.gather(*(desk.pair(secret) for _ in range(4)))
        assert sum(isinstance(answer, Paired) for answer in answers) == 1

    with_database(body)


def test_that_guessing_codes_has_to_wait(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk = Desk(database, clock)
        for _ in range(FREE_TRIES):
            assert (await desk.pair("0000000000")).code == "unknown desk"
        assert (await desk.pair("0000000000")).code == "too many tries"
        clock.advance(1)
        assert await paired(desk)

    with_database(body)


def test_that_every_desk_has_a_prefix_of_its_own(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk = Desk(database, clock)
        given = [(await paired(desk, prefix=prefix)).prefix for prefix in ("", "C", "C", "", "api", "x-y")]
        assert given == ["A", "C", "B", "D", "E", "F"]

    with_database(body)


def test_that_prefixes_go_on_after_z() -> None:
    letters = [chr(ord("A") + place) for place in range(26)]
    assert authority.next_prefix(letters) == "AA"
    assert authority.next_prefix([*letters, "AA"]) == "AB"


def test_that_a_revoked_desk_is_out_at_once_and_its_card_says_so(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk, roll = Desk(database, clock), DatabaseRoll(database, clock.now_ms)
        answer = await paired(desk)
        await database.run(lambda connection: authority.revoke(connection, "a", "ada", "stolen", clock.now_ms()))
        entered = await roll.enter(answer.desk, answer.token)
        assert entered is not None
        assert entered.revoked_at == clock.now_ms()
        [card] = await roll.cards()
        assert card.revoked_at == clock.now_ms()
        assert is_vouched(card, answer.agency_key)
        refused = await desk.pair_again(answer, KEY)
        assert isinstance(refused, Trouble)
        assert "stolen" in refused.happened

    with_database(body)


def test_that_a_cloned_desk_gets_an_identity_of_its_own_without_a_code(
    with_database: Callable, clock: ManualClock
) -> None:
    async def body(database: Database) -> None:
        desk, roll = Desk(database, clock), DatabaseRoll(database, clock.now_ms)
        answer = await paired(desk)
        before = await desk.pair_again(answer, KEY)
        assert isinstance(before, Trouble)
        await roll.mark_cloned(answer.desk)
        other = keys.public_key_of(keys.new_private_key())
        again = await desk.pair_again(answer, other)
        assert isinstance(again, Paired)
        assert (again.prefix, again.card.name, again.card.public_key) == ("B", "Console", other)

    with_database(body)


def test_that_a_wrong_token_is_nobody(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk, roll = Desk(database, clock), DatabaseRoll(database, clock.now_ms)
        answer = await paired(desk)
        assert await roll.enter(answer.desk, "wrong") is None
        assert await roll.enter("nobody", answer.token) is None

    with_database(body)


def test_that_what_a_desk_tells_of_itself_is_kept(with_database: Callable, clock: ManualClock) -> None:
    async def body(database: Database) -> None:
        desk, roll = Desk(database, clock), DatabaseRoll(database, clock.now_ms)
        answer = await paired(desk)
        await roll.seen(answer.desk, clock_offset_ms=-700, unsent=3, version="0.2.0", address="10.0.0.7")
        await roll.seen(answer.desk, clock_offset_ms=40, unsent=0)
        await roll.write_sightings()
        row = await database.run(lambda connection: authority.find(connection, "console"))
        assert (row.last_seen_at, row.clock_offset_ms, row.unsent) == (clock.now_ms(), 40, 0)
        assert (row.version, row.address) == ("0.2.0", "10.0.0.7")

    with_database(body)


@pytest.mark.parametrize("content", [b"", b"\x00" * 10, b"x" * 5000, pack(PairRequest("0000000000", b"short", "x"))])
def test_that_nonsense_is_refused_in_words(content: bytes, tmp_path: Path, clock: ManualClock) -> None:
    async def body() -> None:
        from sync.server.database import opened
        from sync.server.upgrade import bring_up

        async with opened("", tmp_path) as database:
            await bring_up(database)
            answer = await Desk(database, clock).post(content)
            assert isinstance(answer, Trouble)
            assert answer.happened.endswith(".")

    asyncio.run(body())


@given(st.text(alphabet=pairing_code._ALPHABET, min_size=20, max_size=20))
def test_that_a_code_is_read_however_it_is_typed(code: str) -> None:
    written = pairing_code.written(code[:10], code[10:])
    sloppy = written.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert pairing_code.read(sloppy) == pairing_code.read(written) == (code[:10], code[10:])


@given(st.text(max_size=30))
def test_that_what_is_no_code_is_refused(text: str) -> None:
    try:
        secret, check = pairing_code.read(text)
    except Refused:
        return
    assert len(secret) == len(check) == 10


def test_that_the_certificate_holds_every_name_and_is_proved_by_the_authority(tmp_path: Path) -> None:
    from sync.server.database import EmbeddedDatabase
    from sync.server.upgrade import bring_up_now

    database = EmbeddedDatabase(tmp_path / "server.db")
    bring_up_now(database)
    now_ms = 1_750_000_000_000
    kept = database.run_now(lambda connection: certificate_authority(connection, now_ms))
    assert kept == database.run_now(lambda connection: certificate_authority(connection, now_ms + 1))
    names = own_names(["dispatch.example.org", "10.1.2.3"], "0.0.0.0")
    files = write_server_certificate(kept, names, tmp_path / "tls", now_ms)
    check_own_files(files)
    assert files.key.stat().st_mode & 0o077 == 0
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(kept.certificate))
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"dispatch.example.org", "localhost"} <= set(alternatives.get_values_for_type(x509.DNSName))
    assert {"10.1.2.3", "127.0.0.1"} <= {str(a) for a in alternatives.get_values_for_type(x509.IPAddress)}
    database.close_now()
