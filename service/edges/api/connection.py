"""One connection to the order API: HTTP over a socket, with TLS between them for https."""

import asyncio
import select
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import cast

import h11

from service.edges.api.phase import Phase, Progress
from service.edges.api.plain import Plain, plain
from service.edges.api.records import Records


class SpokeFirstError(ConnectionError):
    """The server spoke before it was asked, or hung up."""


class Question:
    """A request without its body, and its head as h11 writes it; h11.LocalProtocolError if bad."""

    def __init__(self, request: h11.Request) -> None:
        self._request = request
        self.head = h11.Connection(h11.CLIENT).send(request) or b""

    def asked(self, body: bytes) -> h11.Connection:
        """h11 behind this question: it reads the answer."""
        http = h11.Connection(h11.CLIENT)
        for part in (self._request, h11.Data(data=body), h11.EndOfMessage()):
            http.send(part)
        return http


class Connection(asyncio.Protocol):
    """Carries one request at a time; whatever comes while there is none closes it.

    Only an answer that is not plain gets an h11 of its own, and with it all that came.
    """

    def __init__(self, records: Records | None) -> None:
        self._http: h11.Connection | None = None
        self._came = b""
        self._answered = self._used = False
        self._records = records
        self._progress: Progress | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._error: Exception | None = None
        self.idle_since_seconds = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with the handshake under TLS."""
        self._transport = cast("asyncio.Transport", transport)
        # So that resume_writing says when the last byte of a request has left.
        self._transport.set_write_buffer_limits(high=0)
        self._poll = select.poll()
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        if self._records is not None:
            self._decrypt(self._records)

    def data_received(self, data: bytes) -> None:
        """Take the bytes, decrypted."""
        if self._records is None:
            self._take(data)
        else:
            self._records.came(data)
            self._decrypt(self._records)
        self._wake()

    def eof_received(self) -> None:
        """Take note of the end; asyncio then closes the socket."""
        if self._records is None:
            self._ended = True
        else:
            self._records.ended()
            self._decrypt(self._records)
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note of the end, and of what broke the connection."""
        self._ended, self._error = True, self._error or exc
        self._wake()

    def resume_writing(self) -> None:
        """Take note that the whole request has left."""
        if self._progress is not None and self._progress.phase is Phase.SENDING:
            self._progress.phase = Phase.SENT

    def quiet(self) -> bool:
        """Whether nothing has come that nobody asked for: no bytes, no end, no error."""
        if self._spoke() or self._transport.is_closing():
            return False
        # What waits under a new TLS connection are session tickets.
        return (not self._used and self._records is not None) or not self._poll.poll(0)

    async def rested(self) -> bool:
        """Whether it is quiet, in the next turn of the loop too: surplus follows its answer."""
        await asyncio.sleep(0)
        return self.quiet()

    async def ask(
        self, question: Question, body: bytes, progress: Progress
    ) -> Plain | h11.Response:
        """Send it in one write; the answer, or its head. Raises OSError, h11's errors."""
        self._answered = False
        progress.phase = Phase.SECURING
        while self._records is not None and not self._records.secured:
            await self._more()
        if not (self._used or self.quiet()):
            raise SpokeFirstError
        message = question.head + body
        if self._records is not None:
            self._records.encrypt(message)
            message = self._records.leaves()
        self._progress = progress
        # Before the write: from its first byte on an order may exist.
        progress.phase = Phase.SENDING
        self._transport.write(message)
        if not self._transport.get_write_buffer_size():
            progress.phase = Phase.SENT
        while not (self._came or self._ended):
            await self._more()
        came, self._came = self._came, b""
        answer: Plain | h11.Response | None = plain(came)
        if answer is None:
            self._http = question.asked(body)
            answer = await self._head(self._http, came)
        else:
            self._answered = True
        progress.phase = Phase.READING
        return answer

    async def body(self) -> AsyncIterator[bytes]:
        """The body behind h11's head, piece by piece. Raises OSError, h11's errors."""
        while self._http and isinstance(event := await self._event(self._http), h11.Data):
            yield bytes(event.data)

    def renewed(self) -> bool:
        """Whether another request may follow, for which it is now ready."""
        self._progress = None
        if (http := self._http) is not None:
            self._answered = http.our_state is http.their_state is h11.DONE
        if not self._answered or self._spoke() or self._transport.get_write_buffer_size():
            return False
        self._http, self._used = None, True
        return True

    def close(self) -> None:
        """Close it; what waits to be sent is thrown away."""
        self._transport.abort()

    async def _head(self, http: h11.Connection, came: bytes) -> h11.Response:
        if came:
            http.receive_data(came)
        while not isinstance(event := await self._event(http), h11.Response):
            pass
        return event

    async def _event(self, http: h11.Connection) -> h11.Event:
        while (event := http.next_event()) is h11.NEED_DATA:
            if self._ended and self._error is None:
                return self._last_event(http)
            await self._more()
        if isinstance(event, type):
            raise h11.RemoteProtocolError("more than an answer")
        return event

    def _last_event(self, http: h11.Connection) -> h11.EndOfMessage:
        # Only now: an error of h11 is then about what came, and not about the end.
        http.receive_data(b"")
        with suppress(h11.RemoteProtocolError):
            if isinstance(event := http.next_event(), h11.EndOfMessage):
                return event
        raise ConnectionError

    async def _more(self) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        elif self._progress is None and self._spoke():
            self.close()

    def _spoke(self) -> bool:
        surplus = self._http.trailing_data[0] if self._http is not None else self._came
        return self._ended or self._error is not None or bool(surplus)

    def _take(self, data: bytes) -> None:
        if self._http is None:
            self._came += data
        else:
            self._http.receive_data(data)

    def _decrypt(self, records: Records) -> None:
        try:
            for data in records.plain():
                if not data:
                    self._ended = True
                    break
                self._take(data)
        except ssl.SSLError as error:
            self._error = error
        if leaves := records.leaves():
            self._transport.write(leaves)
