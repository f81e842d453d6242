"""Where log lines leave the process: whole lines, from any thread, and never an exception."""

import io
import threading
from contextlib import suppress
from typing import TextIO


class LineWriter:
    """Writes lines to `stream`, or nowhere where there is none; has the methods structlog calls.

    A stream with a file descriptor is written to directly: otherwise what a full or broken pipe
    did not take would stay in Python's buffer and change the exit code to 120.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._raw = _unbuffered(stream)
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._lock = threading.Lock()
        self._torn = False

    def write(self, line: str) -> None:
        """Write `line` and its end; a line that cannot be written is dropped."""
        # Read every time: the number of a closed descriptor may be a broker's socket now.
        if self._stream is None or self._stream.closed:
            return
        encoded = f"{line}\n".encode(self._encoding, "backslashreplace")
        with suppress(OSError, ValueError), self._lock:
            if self._raw is not None:
                self._write_all(self._raw, encoded)
            else:
                self._stream.write(encoded.decode(self._encoding))
                self._stream.flush()

    debug = info = warning = error = critical = write

    def _write_all(self, raw: io.FileIO, encoded: bytes) -> None:
        # The line before was cut off by a full pipe: end it, or two lines would be one.
        data = memoryview(b"\n" + encoded if self._torn else encoded)
        rest = data
        while rest:
            # A non-blocking descriptor that takes nothing answers None, whatever its type says.
            written = raw.write(rest) or 0
            if not written:
                self._torn = self._torn or len(rest) < len(data)
                return
            rest = rest[written:]
        self._torn = False


def _unbuffered(stream: TextIO | None) -> io.FileIO | None:
    if stream is None:
        return None
    try:
        stream.flush()
        return io.FileIO(stream.fileno(), "wb", closefd=False)
    except (OSError, ValueError):
        return None
