"""A TCP proxy that cuts, refuses, stalls, slows and watches, at the moment a test says."""

import asyncio
import socket
from types import TracebackType
from typing import Self

from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.faults.conditions import (
    BOTH,
    WAIT_SECONDS,
    Conditions,
    Direction,
    OnData,
    Predicate,
    Sighting,
)
from tests.world.faults.link import Link, reset
from tests.world.standin.signals import Signals

CONNECT_SECONDS = 5.0


class Proxy:
    """Between the clients of `port` and the target, inside `async with`."""

    def __init__(self, target_host: str, target_port: int) -> None:
        self.target = (target_host, target_port)
        self.port = free_ports(1)[0]
        self.accepted = 0
        self.unreached = 0
        self._conditions = Conditions()
        self._links: set[Link] = set()
        self._serving: set[asyncio.Task[None]] = set()
        # Accepted, and on the way to the target: none of these may slip through a cut.
        self._dialing: set[asyncio.Task[None]] = set()
        self._signals = Signals()
        self._server: asyncio.Server | None = None
        # Bound and not listening, it keeps the port ours while connections are refused.
        self._reserve: socket.socket | None = None

    @property
    def open_connections(self) -> int:
        """Connections that reach from the client to the target now."""
        return len(self._links)

    def passed_bytes(self, direction: Direction) -> int:
        """What has been handed on so far."""
        return self._conditions.passed_bytes[direction]

    def on_data(self, hook: OnData | None) -> None:
        """Asks the hook about every chunk, as it is about to pass; None asks nobody.

        HOLD keeps the chunk and what follows it that way on that connection, until `resume`.
        """
        self._conditions.on_data = hook

    def cut(self) -> int:
        """How many connections were reset, on both sides, just now."""
        links = list(self._links)
        for link in links:
            link.cut()
        for task in self._dialing:
            task.cancel()
        return len(links)

    async def refuse(self, *, on: bool = True) -> None:
        """Refuses new connections, or takes them again; open ones go on."""
        if on and self._server:
            self._server.close()
            self._server = None
            self._reserve = _bound(self.port)
        elif not on and not self._server:
            await self._listen()

    def stall(self, *directions: Direction, swallow: bool = False) -> None:
        """Lets nothing pass that way (both, if none is named), the ends of connections included.

        Bytes are held for `resume`, and their sender blocks when the buffers are full; swallowed,
        they are lost, and their sender never notices.
        """
        for direction in directions or BOTH:
            self._conditions.gates[direction].close(swallow=swallow)

    def resume(self) -> None:
        """Ends every stall and lets pass what is held."""
        for gate in self._conditions.gates.values():
            gate.open()
        for link in self._links:
            link.resume()

    def throttle(self, piece_bytes: int | None = 1, *, pause_seconds: float = 0.0) -> None:
        """Passes bytes in pieces of this size, with a pause after each; None passes them whole."""
        self._conditions.piece_bytes = piece_bytes
        self._conditions.pause_seconds = pause_seconds

    def latency(self, seconds: float) -> None:
        """Passes what comes from now on so much later, each way."""
        self._conditions.latency_seconds = seconds

    async def connected(self, count: int = 1, *, timeout_seconds: float = WAIT_SECONDS) -> None:
        """Returns once `count` connections have been accepted since the start."""
        await self._signals.wait_for(
            lambda: self.accepted >= count,
            lambda: f"{self.accepted} of {count} connections through the proxy",
            timeout_seconds,
        )

    async def disconnected(self, *, timeout_seconds: float = WAIT_SECONDS) -> None:
        """Returns once no connection is open."""
        await self._signals.wait_for(
            lambda: not self._links, lambda: f"{len(self._links)} are open", timeout_seconds
        )

    def saw(self, predicate: Predicate, *, timeout_seconds: float = WAIT_SECONDS) -> Sighting:
        """To be awaited until the predicate holds for what came since this call.

        It gets a direction, and all the bytes of one connection in that direction, which have
        been handed on when it is called, or are held by a stall or a verdict.
        """
        sighting = Sighting("the bytes looked for", timeout_seconds)
        self._conditions.watch(predicate, sighting)
        return sighting

    async def __aenter__(self) -> Self:
        await self._listen()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._server:
            self._server.close()
        if self._reserve:
            self._reserve.close()
        self.cut()
        serving = list(self._serving)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _listen(self) -> None:
        listener = self._reserve or _bound(self.port)
        self._reserve = None
        self._server = await asyncio.start_server(self._accept, sock=listener)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            # The kernel had taken it before the port was closed.
            reset(writer)
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._dialing.add(task)
        task.add_done_callback(self._dialing.discard)
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target = await asyncio.wait_for(asyncio.open_connection(*self.target), CONNECT_SECONDS)
        except OSError:
            self.unreached += 1
            reset(writer)
            return
        except asyncio.CancelledError:
            reset(writer)
            raise
        if (task := asyncio.current_task()) is not None:
            self._dialing.discard(task)
        link = Link(self._conditions, (reader, writer), target)
        self._links.add(link)
        self.accepted += 1
        self._signals.changed()
        try:
            await link.run()
        finally:
            self._links.discard(link)
            self._signals.changed()


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((LOOPBACK, port))
    return listener
