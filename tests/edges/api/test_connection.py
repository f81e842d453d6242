"""One connection without a server: what may follow on it, and that no split changes an answer."""

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.edges.api.connection import Connection, Question, SpokeFirstError
from service.edges.api.phase import Phase, Progress
from service.edges.api.plain import Plain
from service.edges.api.records import Records
from service.edges.tls import client_context
from tests.edges.api.clients import ANSWER
from tests.edges.api.server import answer
from tests.edges.api.tls import Authority
from tests.edges.api.wired import Wire, connected

HEADERS = [("Host", "a"), ("Content-Length", "4")]
REQUEST = Question(h11.Request(method="POST", target="/", headers=HEADERS))
BODY = b"body"


@dataclass(frozen=True)
class Told:
    """What became of one request."""

    answer: tuple[int, bytes] | str
    phase: Phase
    may_follow: bool


async def exchange(connection: Connection, progress: Progress) -> tuple[int, bytes] | str:
    """The answer, or the name of what broke it."""
    try:
        head = await connection.ask(REQUEST, BODY, progress)
        if isinstance(head, Plain):
            return head.status_code, head.body
        return head.status_code, b"".join([piece async for piece in connection.body()])
    except (OSError, h11.RemoteProtocolError) as error:
        return type(error).__name__


async def told(parts: Iterable[bytes], *, ends: bool) -> Told:
    """What a connection makes of an answer that comes in these parts."""
    with connected() as (connection, _, _):
        progress = Progress()
        asking = asyncio.create_task(exchange(connection, progress))
        await asyncio.sleep(0)
        for part in parts:
            connection.data_received(part)
            await asyncio.sleep(0)
        if ends:
            connection.eof_received()
            connection.connection_lost(None)
        said = await asking
        return Told(said, progress.phase, connection.renewed())


class Far:
    """The server's end of TLS, without I/O."""

    def __init__(self, authority: Authority) -> None:
        self._came, self._leaves = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = authority.server().wrap_bio(self._came, self._leaves, server_side=True)

    def shake(self, connection: Connection, wire: Wire) -> None:
        """Carry the handshake to and fro."""
        shaken = False
        while not shaken:
            self._came.write(b"".join(wire.sent))
            wire.sent.clear()
            try:
                self._tls.do_handshake()
                shaken = True
            except ssl.SSLWantReadError:
                pass
            connection.data_received(self._leaves.read())

    def records(self, content: bytes) -> bytes:
        """The content as it goes over the wire."""
        self._tls.write(content)
        return self._leaves.read()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

SCRIPTS = {
    "answer": answer(ANSWER),
    "two answers": answer(ANSWER) + answer(b'{"order": "ord_of_another"}'),
    "chunks": CHUNKED + b"5\r\n{1234\r\n1\r\n}\r\n0\r\n\r\n",
    "informed": b"HTTP/1.1 102 Wait\r\n\r\n" + answer(ANSWER, "429 Wait"),
    "no body": answer(b"", "204 No Content"),
    "closing": answer(ANSWER, headers=[b"Connection: close"]),
    "to the end": b"HTTP/1.0 200 OK\r\n\r\n" + ANSWER,
    "short head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "short": answer(ANSWER)[:-1],
    "nothing": b"",
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "garbage chunk": CHUNKED + b"zz\r\n",
}
ENDLESS = {"answer", "two answers", "chunks", "informed", "no body", "closing"}
"""Those that are whole without the end of the connection."""


def split(content: bytes, places: Iterable[int]) -> list[bytes]:
    """The content, cut at these places."""
    cuts = [0, *sorted({place % (len(content) + 1) for place in places}), len(content)]
    return [content[start:end] for start, end in pairwise(cuts) if end > start]


@pytest.mark.parametrize("name", SCRIPTS)
@settings(max_examples=25, deadline=None)
@given(places=st.lists(st.integers(0, 500), max_size=8), ends=st.booleans())
def test_no_split_changes_an_answer(name: str, places: list[int], *, ends: bool) -> None:
    """Wherever the bytes are cut, the answer, the phase and what may follow are the same."""
    content, ends = SCRIPTS[name], ends or name not in ENDLESS
    whole = asyncio.run(told([content] if content else [], ends=ends))
    assert asyncio.run(told(split(content, places), ends=ends)) == whole
    assert whole.may_follow is (name in {"answer", "chunks", "informed", "no body"} and not ends)


@pytest.mark.parametrize("places", [[], [1], [5, 6], range(0, 500, 7)], ids=str)
@pytest.mark.parametrize("behind", [b"", b"no TLS record"], ids=["whole", "broken behind it"])
async def test_no_split_of_records_changes_an_answer(
    authority: Authority, places: Iterable[int], behind: bytes
) -> None:
    """Under TLS neither; and what came before a broken record counts, even from the same read."""
    records = Records(client_context(authority.file), "127.0.0.1")
    with connected(records) as (connection, wire, _):
        far, progress = Far(authority), Progress()
        far.shake(connection, wire)
        asking = asyncio.create_task(exchange(connection, progress))
        await asyncio.sleep(0)
        for part in split(far.records(answer(ANSWER)) + behind, places):
            connection.data_received(part)
        assert await asking == (200, ANSWER)
        assert connection.renewed() is not bool(behind)


async def test_head_and_body_leave_in_one_write() -> None:
    """One packet, where it fits: a server may answer a head that comes alone."""
    with connected() as (connection, wire, _):
        asking = asyncio.create_task(exchange(connection, Progress()))
        await asyncio.sleep(0)
        assert wire.sent == [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"]
        connection.data_received(answer(ANSWER))
        assert await asking == (200, ANSWER)


async def test_a_request_has_left_when_its_last_byte_has() -> None:
    """Before the write nothing is sent, then some of it may be, then all of it is."""
    with connected() as (connection, wire, _):
        progress, wire.waiting_bytes = Progress(), 1
        asking = asyncio.create_task(exchange(connection, progress))
        before = progress.phase
        await asyncio.sleep(0)
        during, wire.waiting_bytes = progress.phase, 0
        connection.resume_writing()
        phases = [before, during, progress.phase]
        assert phases == [Phase.WAITING, Phase.SENDING, Phase.SENT]
        connection.data_received(answer(ANSWER))
        assert await asking == (200, ANSWER)
        assert progress.phase is Phase.READING


async def test_an_answer_before_the_request_is_whole_counts_and_nothing_follows() -> None:
    """A server may refuse a request by its head: the rest would be read as another request."""
    with connected() as (connection, wire, _):
        wire.waiting_bytes = 1
        asking = asyncio.create_task(exchange(connection, Progress()))
        await asyncio.sleep(0)
        connection.data_received(answer(ANSWER))
        assert await asking == (200, ANSWER)
        assert not connection.renewed()


async def test_bytes_that_wait_are_seen_before_the_loop_reads_them() -> None:
    """On a new connection and on a used one: they are no answer to the next request."""
    with connected() as (connection, _, far):
        assert connection.quiet()
        asking = asyncio.create_task(exchange(connection, Progress()))
        await asyncio.sleep(0)
        connection.data_received(answer(ANSWER))
        assert await asking == (200, ANSWER)
        assert connection.renewed()
        assert connection.quiet()
        far.send(answer(ANSWER))
        assert not connection.quiet()
    with connected() as (connection, _, far):
        far.send(answer(ANSWER))
        progress = Progress()
        with pytest.raises(SpokeFirstError):
            await connection.ask(REQUEST, BODY, progress)
        assert progress.phase < Phase.SENDING


@pytest.mark.parametrize("ending", ["bytes", "the end", "an error"])
async def test_what_comes_while_nobody_asks_closes_the_connection(ending: str) -> None:
    """At once: a peer that never stops would fill the memory."""
    with connected() as (connection, wire, _):
        match ending:
            case "bytes":
                connection.data_received(b"x")
            case "the end":
                connection.eof_received()
            case _:
                connection.connection_lost(ConnectionResetError())
        assert wire.closed
        assert not connection.quiet()


async def test_new_session_tickets_close_nothing(authority: Authority) -> None:
    """They come behind the handshake of TLS 1.3, and are no answer."""
    with connected(Records(client_context(authority.file), "127.0.0.1")) as (connection, wire, far):
        Far(authority).shake(connection, wire)
        far.send(b"tickets, say")
        assert connection.quiet()
        assert not wire.closed
