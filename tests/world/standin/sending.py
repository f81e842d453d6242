"""What a fault does to an answer, and to aiohttp's connection that carries it."""

import asyncio
import json
import socket
import struct
from http import HTTPStatus
from typing import assert_never

from aiohttp import web

from tests.world.standin import faults
from tests.world.standin.answers import Answer, error_answer, json_answer
from tests.world.standin.faults import Fault

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


def instead_of(fault: Fault, usual: Answer) -> Answer | None:
    """What is answered for `fault` in the place of `usual`; None where nothing is."""
    match fault:
        case faults.HangBefore() | faults.HangAfter() | faults.ResetBefore() | faults.ResetAfter():
            return None
        case faults.Delay() | faults.Short() | faults.Drip():
            return usual
        case faults.BrokenJson():
            return Answer(usual.status, usual.body[: len(usual.body) // 2], usual.headers)
        case faults.HugeJson(size_bytes=size_bytes):
            fields = {**json.loads(usual.body), "padding": ""}
            missing = max(0, size_bytes - len(json.dumps(fields)))
            return json_answer(usual.status, {**fields, "padding": "x" * missing})
        case faults.EndlessJson():
            return Answer(200, b"")
        case _:
            return _replacement(fault)


def _replacement(fault: faults.Replacement) -> Answer:
    match fault:
        case faults.Status():
            return _status_answer(fault)
        case faults.Redirect(location=location, status=status):
            return Answer(status, b"", (("Location", location),))
        case faults.OkWithError(error=error):
            return error_answer(200, error)
        case faults.OkWithNeither():
            return json_answer(200, {})
        case faults.NotObject(value=value):
            return json_answer(200, value)
        case faults.ErrorNamingKey(error=error):
            return error_answer(400, error)
        case faults.Unauthorized():
            return error_answer(401, "Unauthorized")
        case _ as never:
            assert_never(never)


def _status_answer(fault: faults.Status) -> Answer:
    headers = tuple(fault.headers.items())
    if fault.body is not None:
        return Answer(fault.status, fault.body.encode(), headers)
    known = fault.status in HTTPStatus.__members__.values()
    phrase = HTTPStatus(fault.status).phrase if known else f"Status {fault.status}"
    return error_answer(fault.status, phrase, *headers)


async def send(
    request: web.BaseRequest, answer: Answer | None, fault: Fault | None, departures: Departures
) -> web.StreamResponse:
    """Sends the answer, or nothing, as the fault has it; a client that leaves is no error."""
    try:
        match fault:
            case faults.ResetBefore() | faults.ResetAfter():
                return _reset(request)
            case _ if answer is None:
                await departures.until_gone(request)
                return _abort(request)
            case faults.Short(missing_bytes=missing_bytes):
                return await _cut_short(request, answer, missing_bytes)
            case faults.Drip(interval_seconds=interval_seconds):
                return await _byte_by_byte(request, answer, interval_seconds, departures)
            case faults.EndlessJson(limit_bytes=limit_bytes):
                return await _endless(request, answer, limit_bytes)
            case _:
                return whole(answer)
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


async def _cut_short(
    request: web.BaseRequest, answer: Answer, missing_bytes: int
) -> web.StreamResponse:
    response = await _begin(request, answer, len(answer.body) + missing_bytes)
    await response.write(answer.body)
    return _closed(request, response)


async def _byte_by_byte(
    request: web.BaseRequest, answer: Answer, interval_seconds: float, departures: Departures
) -> web.StreamResponse:
    response = await _begin(request, answer, len(answer.body))
    for byte in answer.body:
        await departures.until_gone(request, interval_seconds)
        if departures.stopping:
            return _abort(request)
        await response.write(bytes((byte,)))
    return response


async def _endless(
    request: web.BaseRequest, answer: Answer, limit_bytes: int
) -> web.StreamResponse:
    response = await _begin(request, answer, None)
    await response.write(b'{"padding": "')
    for start in range(0, limit_bytes, len(_CHUNK)):
        await response.write(_CHUNK[: limit_bytes - start])
    # The closing chunk would make it a whole answer.
    return _closed(request, response)


def _closed(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response
