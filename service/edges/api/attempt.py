"""How far one attempt got: whether any of the request may have left, and what must be closed."""

from collections.abc import AsyncIterator, Mapping
from enum import IntEnum
from typing import Any, Protocol

import httpx2

from service.edges.api.surplus import has_surplus
from service.edges.api.watched import NOTHING_SENT


class Phase(IntEnum):
    """The phases of an attempt, in their order."""

    WAITING = 0
    CONNECTING = 1
    SECURING = 2
    SENDING_HEAD = 3
    SENDING_BODY = 4
    READING = 5


class _Closable(Protocol):
    async def aclose(self) -> None: ...


class Attempt:
    """The body of one request, which records when it is read, and a listener to the trace.

    Nothing has left while `phase` is below SENDING_HEAD, and no order while it is below
    SENDING_BODY: httpcore2 cannot send a body that it has not read.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._without_tls: _Closable | None = None
        self.phase = Phase.WAITING
        self.response: httpx2.Response | None = None

    @property
    def size_bytes(self) -> int:
        """How long the body is."""
        return len(self._body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._reach(Phase.SENDING_BODY)
        yield self._body

    async def trace(self, name: str, info: Mapping[str, Any]) -> None:
        """Record a step of httpcore2; `name` is like `connection.connect_tcp.started`."""
        match name.split("."):
            case ["connection", "connect_tcp", "complete"]:
                self._without_tls = info["return_value"]
            case ["connection", "connect_tcp", _]:
                self._reach(Phase.CONNECTING)
            case ["connection", "start_tls", "complete"]:
                self._without_tls = None
            case ["connection", "start_tls", _]:
                self._reach(Phase.SECURING)
            case ["connection", *_]:
                pass
            case ["http11", "send_request_headers", "failed"] if _nothing_sent(info):
                self.phase = Phase.WAITING
            case ["http11", "response_closed", _]:
                pass
            case ["http11", "receive_response_body", "complete"]:
                await self._throw_away_surplus()
            case ["http11", "receive_response_headers" | "receive_response_body", _]:
                self._reach(Phase.READING)
            case _:
                # An unknown step must count as sent: "unsent" is a promise to the producer.
                self._reach(Phase.SENDING_HEAD)

    async def aclose(self) -> None:
        """Close a connection whose TLS handshake was cut off.

        httpcore2 forgets it, and the event loop holds the socket open until the peer closes.
        """
        if self.phase is Phase.SECURING and self._without_tls is not None:
            await self._without_tls.aclose()

    async def _throw_away_surplus(self) -> None:
        if self.response is not None and has_surplus(self.response):
            # Closed before httpcore2 returns the connection to the pool for the next order.
            await self.response.extensions["network_stream"].aclose()

    def _reach(self, phase: Phase) -> None:
        self.phase = max(self.phase, phase)


def _nothing_sent(info: Mapping[str, Any]) -> bool:
    return isinstance(info["exception"], NOTHING_SENT)
