"""httpx2's transport for the one address of the order API: connections, and who has which."""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import lru_cache

import h11
import httpx2

from service.edges.api.connecting import connect
from service.edges.api.connection import Connection, Question
from service.edges.api.phase import Phase, Progress
from service.edges.api.plain import Plain
from service.edges.api.records import Records

IDLE_SECONDS = 4.0
"""Many servers close idle connections after 5 s: an order that is sent just then would be lost."""

_PORTS = {"http": 80, "https": 443}


class Transport(httpx2.AsyncBaseTransport):
    """At most `concurrency` connections to the host of `url`; the one used last is used first.

    Every request has a Progress as the extension `progress`. It is sent once: whatever fails is
    raised as it is, and only the phase tells whether some of it may have left.
    """

    def __init__(
        self,
        url: httpx2.URL,
        trust: ssl.SSLContext,
        concurrency: int,
        *,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._url = url
        self._trust = trust
        self._idle_seconds = idle_seconds
        self._free = asyncio.Semaphore(concurrency)
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, with its whole body as the extension `body` where that is there.

        Else the body is unread, and its connection is free again when the answer is closed.
        """
        if self._url.scheme not in _PORTS or not self._url.host:
            raise httpx2.UnsupportedProtocol("neither http nor https, or no host")
        progress: Progress = request.extensions["progress"]
        asked = _asked(request.method, request.url.raw_path, tuple(request.headers.raw))
        await self._free.acquire()
        connection = None
        try:
            while (connection := self._unused()) and not await connection.rested():
                # What came would be read as the answer to this request.
                connection.close()
            connection = connection or await self._open(progress)
            self._busy.add(connection)
            if self._closed:
                # It was closed while this one connected: nothing may leave any more.
                connection.close()
            answer = await connection.ask(asked, await request.aread(), progress)
        except BaseException:
            self._give_back(connection)
            raise
        # Nobody reads the peer's reason; without one the client would look up the usual words.
        extensions: dict[str, object] = {"reason_phrase": b""}
        stream: httpx2.AsyncByteStream = _Body(connection, self._give_back)
        headers: httpx2.Headers | list[tuple[bytes, bytes]]
        if isinstance(answer, Plain):
            self._give_back(connection)
            headers, stream = answer.headers, httpx2.ByteStream(answer.body)
            extensions["body"] = answer.body
        else:
            headers = list(answer.headers)
        return httpx2.Response(
            answer.status_code, headers=headers, stream=stream, extensions=extensions
        )

    async def aclose(self) -> None:
        """Close every connection; what is in flight is cut off."""
        self._closed = True
        for connection in (*self._idle, *self._busy):
            connection.close()

    def _unused(self) -> Connection | None:
        oldest_seconds = asyncio.get_running_loop().time() - self._idle_seconds
        while self._idle and self._idle[0].idle_since_seconds <= oldest_seconds:
            self._idle.popleft().close()
        return self._idle.pop() if self._idle else None

    async def _open(self, progress: Progress) -> Connection:
        url, host = self._url, self._url.raw_host.decode()
        progress.phase = Phase.CONNECTING
        return await connect(
            host,
            url.port or _PORTS[url.scheme],
            lambda: Connection(Records(self._trust, host) if url.scheme == "https" else None),
        )

    def _give_back(self, connection: Connection | None) -> None:
        self._free.release()
        if connection is None:
            return
        self._busy.discard(connection)
        if connection.renewed():
            connection.idle_since_seconds = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.close()


# Most differ in their length alone, and h11 looks at every character of a head.
@lru_cache(maxsize=256)
def _asked(method: str, target: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> Question:
    return Question(h11.Request(method=method, target=target, headers=list(headers)))


class _Body(httpx2.AsyncByteStream):
    """The body of an answer on `connection`, which is given back when the answer is closed."""

    def __init__(self, connection: Connection, give_back: Callable[[Connection], None]) -> None:
        self._connection = connection
        self._give_back = give_back

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body()

    async def aclose(self) -> None:
        """Give the connection back; an answer that was not read to its end closes it."""
        self._give_back(self._connection)
