"""What is written in one turn of the event loop, in one call of the socket."""

import asyncio


class GatheringWriter(asyncio.StreamWriter):
    """Writes what is written to it in the same order, at the end of the turn.

    A turn answers many deliveries, and each frame is written by itself. Nothing waits longer: the
    loop looks at no socket before it has called what is due.
    """

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        protocol: asyncio.BaseProtocol,
        reader: asyncio.StreamReader,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(transport, protocol, reader, loop)
        self._due = loop.call_soon
        self._gathered: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write it at the end of this turn."""
        if not self._gathered:
            self._due(self._flush)
        self._gathered.append(bytes(data))

    async def drain(self) -> None:
        """Write what is gathered, and wait for room."""
        self._flush()
        await super().drain()

    def write_eof(self) -> None:
        """Say the end, behind what is gathered."""
        self._flush()
        super().write_eof()

    def close(self) -> None:
        """Close, behind what is gathered."""
        self._flush()
        super().close()

    def _flush(self) -> None:
        if self._gathered:
            gathered = b"".join(self._gathered)
            self._gathered.clear()
            super().write(gathered)
