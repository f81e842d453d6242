"""What aiormq writes in one turn of the event loop, in one call of the socket."""

import asyncio


class GatheringWriter(asyncio.StreamWriter):
    """Writes where `writer` does, in the same order, at the end of the turn.

    A turn answers many deliveries, and aiormq writes each frame by itself. Nothing waits longer:
    the loop looks at no socket before it has called what is due.
    """

    def __init__(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        transport, loop = writer.transport, asyncio.get_running_loop()
        super().__init__(transport, transport.get_protocol(), reader, loop)
        # A writer that is collected closes its transport.
        self._writer = writer
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
