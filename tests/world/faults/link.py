"""One connection through the proxy: two directions that live and die together."""

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

from tests.world.faults.conditions import BOTH, Conditions, Direction, Gate, Verdict

CHUNK_BYTES = 64 * 1024
CHUNKS_UNDER_WAY = 64
# Close at once and with RST: linger on, for no time.
RESET = struct.pack("ii", 1, 0)

# A chunk with the time when it is due; no bytes for the end of the stream, None for a reset.
Arrival = tuple[float, bytes | None]


class Link:
    """The two sockets of one connection, and the tasks that carry bytes between them."""

    def __init__(
        self,
        conditions: Conditions,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        target: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._conditions = conditions
        self._writers = (client[1], target[1])
        self._gates = {direction: Gate() for direction in BOTH}
        self._ends = {
            Direction.TO_TARGET: (client[0], target[1]),
            Direction.TO_CLIENT: (target[0], client[1]),
        }
        self._cut = asyncio.Event()

    async def run(self) -> None:
        """Returns when both directions have ended, or the connection was cut."""
        carrying = asyncio.create_task(self._carry_both())
        ending: list[asyncio.Task[Any]] = [carrying, asyncio.create_task(self._cut.wait())]
        try:
            await asyncio.wait(ending, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
            for writer in self._writers:
                writer.close()

    def cut(self) -> None:
        """Resets both sockets: each end sees `Connection reset by peer`."""
        for writer in self._writers:
            reset(writer)
        self._cut.set()

    def resume(self) -> None:
        """Lets pass what a verdict has held."""
        for gate in self._gates.values():
            gate.open()

    async def _carry_both(self) -> None:
        async with asyncio.TaskGroup() as group:
            for direction in BOTH:
                group.create_task(self._carry(direction))

    async def _carry(self, direction: Direction) -> None:
        reader, writer = self._ends[direction]
        under_way: asyncio.Queue[Arrival] = asyncio.Queue(CHUNKS_UNDER_WAY)
        reading = asyncio.create_task(self._read(reader, under_way))
        try:
            while data := await self._next(under_way):
                await self._hand_on(direction, data, writer)
            # As long as the way is stalled, the other end does not learn of an end or a reset.
            await self._all_gates_open(direction)
            if data is None:
                self.cut()
            else:
                with suppress(OSError, RuntimeError):
                    writer.write_eof()
        except ConnectionError:
            self.cut()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader, under_way: asyncio.Queue[Arrival]) -> None:
        clock = asyncio.get_running_loop().time
        data: bytes | None = None
        while data != b"":
            try:
                data = await reader.read(CHUNK_BYTES)
            except OSError:
                await under_way.put((clock(), None))
                return
            await under_way.put((clock() + self._conditions.latency_seconds, data))

    async def _next(self, under_way: asyncio.Queue[Arrival]) -> bytes | None:
        due, data = await under_way.get()
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        return data

    async def _hand_on(
        self, direction: Direction, data: bytes, writer: asyncio.StreamWriter
    ) -> None:
        verdict = self._conditions.judge(direction, data)
        if verdict is Verdict.CUT:
            self._conditions.saw(self, direction, data)
            self.cut()
            return
        if verdict is Verdict.HOLD:
            self._gates[direction].close()
        held = not self._is_open(direction)
        if held:
            self._conditions.saw(self, direction, data)
            if self._conditions.gates[direction].swallows:
                return
            await self._all_gates_open(direction)
        await self._write(data, writer)
        self._conditions.passed_bytes[direction] += len(data)
        if not held:
            self._conditions.saw(self, direction, data)

    async def _write(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        start = 0
        while start < len(data):
            # Asked before each piece: else a large chunk would drip on after the throttle's end.
            size = self._conditions.piece_bytes or len(data)
            writer.write(data[start : start + size])
            await writer.drain()
            start += size
            if size < len(data):
                await asyncio.sleep(self._conditions.pause_seconds)

    def _is_open(self, direction: Direction) -> bool:
        return self._gates[direction].is_open and self._conditions.gates[direction].is_open

    async def _all_gates_open(self, direction: Direction) -> None:
        while not self._is_open(direction):
            await self._gates[direction].passed()
            await self._conditions.gates[direction].passed()


def reset(writer: asyncio.StreamWriter) -> None:
    """Closes a connection with RST instead of FIN."""
    connection = writer.get_extra_info("socket")
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()
