"""The link's own HTTP: what it sends, what it reads, and how long it waits."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from sync.link.http import Address, Answer, HttpClient
from sync.link.trouble import LineTrouble, Unreachable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def talk(serve: Serve, ask: Callable[[HttpClient], Awaitable[object]]) -> object:
    """`ask` speaks to a server that does what `serve` does with each connection."""

    async def main() -> object:
        served: list[asyncio.Task[None]] = []

        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            served.append(task)
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await serve(reader, writer)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(welcome, "127.0.0.1", 0)
        client = HttpClient(Address("127.0.0.1", server.sockets[0].getsockname()[1], tls=False), None, {"Who": "A"})
        try:
            return await ask(client)
        finally:
            client.close()
            server.close()
            await asyncio.gather(*served, return_exceptions=True)

    return asyncio.run(main())


async def question(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    size = next((int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length")), 0)
    return head, await reader.readexactly(size)


def test_that_a_question_carries_little_and_an_answer_is_read_whole() -> None:
    heads = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2):
            head, body = await question(reader)
            heads.append(head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nEpoch: e1\r\n\r\n" + body[:2])
            await writer.drain()
            writer.write(body[2:])

    async def ask(client: HttpClient) -> list[Answer]:
        return [await client.ask("POST", "/push", b"hello"), await client.ask("POST", "/push", b"again")]

    answers = talk(serve, ask)
    assert [(answer.status, answer.body, answer.headers["epoch"]) for answer in answers] == [
        (200, b"hello", "e1"),
        (200, b"again", "e1"),
    ]
    assert len(heads[0]) < 120


def test_that_chunks_and_interim_answers_are_understood() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await question(reader)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 Partial\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    pieces: list[bytes] = []
    answer = talk(serve, lambda client: client.ask("GET", "/part", sink=pieces.append))
    assert (answer.status, answer.body, b"".join(pieces)) == (206, b"", b"abcde")


def test_that_a_server_that_says_nothing_is_line_trouble() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    with pytest.raises(LineTrouble):
        talk(serve, lambda client: client.ask("GET", "/pull", patience_s=0.1))


def test_that_patience_is_renewed_by_every_piece() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await question(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for piece in (b"ab", b"cd", b"ef"):
            await asyncio.sleep(0.25)
            writer.write(piece)

    answer = talk(serve, lambda client: client.ask("GET", "/pull", patience_s=0.5))
    assert answer.body == b"abcdef"


def test_that_a_connection_closed_while_resting_is_opened_anew() -> None:
    connections = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await question(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        if len(connections) == 1:
            await question(reader)  # the second question comes, and the connection breaks

    async def ask(client: HttpClient) -> int:
        await client.ask("GET", "/")
        return (await client.ask("GET", "/")).status

    assert talk(serve, ask) == 200
    assert len(connections) == 2


def test_that_no_way_and_no_sense_are_told_apart_from_silence() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await question(reader)
        writer.write(b"SSH-2.0-Server\r\n")

    with pytest.raises(Unreachable, match="language"):
        talk(serve, lambda client: client.ask("GET", "/"))

    async def nobody() -> None:
        await HttpClient(Address("127.0.0.1", 1, tls=False), None).ask("GET", "/")

    with pytest.raises(Unreachable, match="no server listens at port 1"):
        asyncio.run(nobody())


def test_that_questions_share_as_many_connections_as_are_allowed() -> None:
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            while True:
                await question(reader)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        finally:
            open_now -= 1

    async def ask(client: HttpClient) -> list[Answer]:
        client._most = lambda: 2
        return await asyncio.gather(*(client.ask("GET", "/") for _ in range(7)))

    assert [answer.status for answer in talk(serve, ask)] == [200] * 7
    assert most == 2
