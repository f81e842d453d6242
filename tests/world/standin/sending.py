"""Carrying out what `wire` decided, on aiohttp's connection."""

import asyncio
import socket
import struct
from typing import assert_never

from aiohttp import web

from tests.world.standin.answers import Answer
from tests.world.standin.wire import ByteByByte, CutShort, Endless, Reset, Silence, Whole, Wire

_LINGER_ZERO = struct.pack("ii", 1, 0)
_CHUNK = b"x" * 65_536


class Departures:
    """Which connections are being waited for, so that a hanging call ends with its client."""

    def __init__(self) -> None:
        self._gone: dict[object, asyncio.Event] = {}
        self._stopped = asyncio.Event()

    @property
    def stopping(self) -> bool:
        """Whether the stand-in stops: nothing may hang or be placed any more."""
        return self._stopped.is_set()

    def lost(self, connection: object) -> None:
        """A client has gone."""
        if gone := self._gone.get(connection):
            gone.set()

    def stop(self) -> None:
        """Ends every wait."""
        self._stopped.set()
        for gone in self._gone.values():
            gone.set()

    async def pause(self, seconds: float) -> None:
        """Returns when `seconds` have passed, whether the client has gone or not, or at a stop."""
        await _within(seconds, self._stopped)

    async def until_gone(self, request: web.BaseRequest, seconds: float | None = None) -> None:
        """Returns when the client has gone, at a stop, or when `seconds` have passed."""
        if self.stopping or request.transport is None:
            return
        gone = self._gone[request.protocol] = asyncio.Event()
        try:
            await _within(seconds, gone)
        finally:
            del self._gone[request.protocol]


async def _within(seconds: float | None, event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def send(request: web.BaseRequest, wire: Wire, departures: Departures) -> web.StreamResponse:
    """Does what `wire` says; a client that leaves meanwhile is no error."""
    try:
        match wire:
            case Whole(answer):
                return whole(answer)
            case Silence():
                await departures.until_gone(request)
                return _abort(request)
            case Reset():
                return _reset(request)
            case CutShort():
                return await _cut_short(request, wire)
            case ByteByByte():
                return await _byte_by_byte(request, wire, departures)
            case Endless():
                return await _endless(request, wire)
            case _ as never:
                assert_never(never)
    except ConnectionError:
        return _abort(request)


def whole(answer: Answer) -> web.Response:
    """The answer as aiohttp sends it."""
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def _abort(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    # aiohttp needs a response; on a closing transport it writes nothing of it.
    return web.Response()


def _reset(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        # Without this an abort sends FIN, which a client may take for an orderly end.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    return _abort(request)


async def _begin(
    request: web.BaseRequest, answer: Answer, length: int | None
) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = length
    await response.prepare(request)
    return response


async def _cut_short(request: web.BaseRequest, wire: CutShort) -> web.StreamResponse:
    response = await _begin(request, wire.answer, len(wire.answer.body) + wire.missing_bytes)
    await response.write(wire.answer.body)
    if request.transport is not None:
        request.transport.close()
    return response


async def _byte_by_byte(
    request: web.BaseRequest, wire: ByteByByte, departures: Departures
) -> web.StreamResponse:
    response = await _begin(request, wire.answer, len(wire.answer.body))
    for byte in wire.answer.body:
        await departures.until_gone(request, wire.interval_seconds)
        if departures.stopping:
            return _abort(request)
        await response.write(bytes((byte,)))
    return response


async def _endless(request: web.BaseRequest, wire: Endless) -> web.StreamResponse:
    response = await _begin(request, Answer(200, b""), None)
    await response.write(b'{"padding": "')
    for start in range(0, wire.limit_bytes, len(_CHUNK)):
        await response.write(_CHUNK[: wire.limit_bytes - start])
    # The closing chunk would make it a whole answer.
    if request.transport is not None:
        request.transport.close()
    return response
