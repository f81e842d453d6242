"""One connection to the order API: h11 over a socket, with TLS between them for https."""

import asyncio
import select
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import cast

import h11

from service.edges.api.phase import Phase, Progress
from service.edges.api.records import Records


class SpokeFirstError(ConnectionError):
    """The server spoke before it was asked, or hung up."""


class Connection(asyncio.Protocol):
    """Carries one request at a time; whatever comes while there is none closes it."""

    def __init__(self, records: Records | None) -> None:
        self._http = h11.Connection(h11.CLIENT)
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
        """Give the bytes to h11, decrypted."""
        if self._records is None:
            self._http.receive_data(data)
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
        return (self._new() and self._records is not None) or not self._poll.poll(0)

    async def rested(self) -> bool:
        """Whether it is quiet, in the next turn of the loop too: surplus follows its answer."""
        await asyncio.sleep(0)
        return self.quiet()

    async def ask(self, request: h11.Request, body: bytes, progress: Progress) -> h11.Response:
        """Send the request in one write; the head of its answer. Raises OSError, h11's errors."""
        progress.phase = Phase.SECURING
        while self._records is not None and not self._records.secured:
            await self._more()
        if self._new() and not self.quiet():
            raise SpokeFirstError
        parts = (request, h11.Data(data=body), h11.EndOfMessage())
        message = b"".join(self._http.send(part) for part in parts)
        if self._records is not None:
            self._records.encrypt(message)
            message = self._records.leaves()
        self._progress = progress
        # Before the write: from its first byte on an order may exist.
        progress.phase = Phase.SENDING
        self._transport.write(message)
        if not self._transport.get_write_buffer_size():
            progress.phase = Phase.SENT
        while not isinstance(event := await self._event(), h11.Response):
            pass
        progress.phase = Phase.READING
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """The body of the answer, piece by piece. Raises OSError, h11's errors."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)

    def renewed(self) -> bool:
        """Whether another request may follow, for which it is now ready."""
        self._progress = None
        whole = self._http.our_state is self._http.their_state is h11.DONE
        if not whole or self._spoke() or self._transport.get_write_buffer_size():
            return False
        self._http.start_next_cycle()
        return True

    def close(self) -> None:
        """Close it; what waits to be sent is thrown away."""
        self._transport.abort()

    async def _event(self) -> h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._ended and self._error is None:
                return self._last_event()
            await self._more()
        if isinstance(event, type):
            raise h11.RemoteProtocolError("more than an answer")
        return event

    def _last_event(self) -> h11.EndOfMessage:
        # Only now: an error of h11 is then about what came, and not about the end.
        self._http.receive_data(b"")
        with suppress(h11.RemoteProtocolError):
            if isinstance(event := self._http.next_event(), h11.EndOfMessage):
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

    def _new(self) -> bool:
        return self._http.their_http_version is None

    def _spoke(self) -> bool:
        return self._ended or self._error is not None or bool(self._http.trailing_data[0])

    def _decrypt(self, records: Records) -> None:
        try:
            for data in records.plain():
                if not data:
                    self._ended = True
                    break
                self._http.receive_data(data)
        except ssl.SSLError as error:
            self._error = error
        if leaves := records.leaves():
            self._transport.write(leaves)
