"""Where log lines leave the process: whole lines, from any thread, never late for who writes them.

Whoever reads the log may stop reading. A write to a full pipe would then stop the event loop, with
it the heartbeats, and in the end the health checks: so a thread writes, and lines beyond a bound
are dropped and counted.
"""

import atexit
import io
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import TextIO

MOST_WAITING_BYTES = 4 * 1024 * 1024
BATCH_BYTES = 64 * 1024
LAST_LINES_SECONDS = 2.0
"""How long the end of the process may wait for whoever reads the log."""


class LineWriter:
    """Writes lines to `stream`, or nowhere where there is none.

    A stream with a file descriptor is written to directly, and by a thread: what a full or broken
    pipe did not take would otherwise stay in Python's buffer and change the exit code to 120.
    `dropped` is called with a number of lines.
    """

    def __init__(
        self,
        stream: TextIO | None,
        dropped: Callable[[int], None] = lambda _: None,
        *,
        most_waiting_bytes: int = MOST_WAITING_BYTES,
    ) -> None:
        self._stream = stream
        self._raw = _unbuffered(stream)
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
        self._dropped = dropped
        self._most_waiting_bytes = most_waiting_bytes
        self._changed = threading.Condition()
        # In C: a condition that is waited for costs as much as the line.
        self._lines: SimpleQueue[bytes] = SimpleQueue()
        self._waiting_bytes = 0
        self._thread: threading.Thread | None = None

    def write(self, line: str) -> None:
        """Take `line` and its end; one that cannot be written is dropped. Never waits."""
        # Read every time: the number of a closed descriptor may be a broker's socket now.
        if self._stream is None or self._stream.closed:
            return
        encoded = f"{line}\n".encode(self._encoding, "backslashreplace")
        if self._raw is None:
            with suppress(OSError, ValueError), self._changed:
                self._stream.write(encoded.decode(self._encoding))
                self._stream.flush()
        elif not self._take(encoded):
            self._dropped(1)

    def flush(self, within_seconds: float) -> bool:
        """Whether all that was taken is written, or lost with its reader, in this time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting_bytes, within_seconds)

    def _take(self, encoded: bytes) -> bool:
        with self._changed:
            if self._waiting_bytes + len(encoded) > self._most_waiting_bytes:
                return False
            self._waiting_bytes += len(encoded)
            if self._thread is None:
                # A daemon: a reader that does not read must not keep the process alive.
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
                atexit.register(self.flush, LAST_LINES_SECONDS)
        self._lines.put(encoded)
        return True

    def _run(self) -> None:
        while True:
            batch = self._batch()
            data = b"".join(batch)
            if not self._write_all(data):
                self._dropped(len(batch))
            with self._changed:
                self._waiting_bytes -= len(data)
                self._changed.notify_all()

    def _batch(self) -> list[bytes]:
        batch, room = [self._lines.get()], BATCH_BYTES
        # No other thread takes any.
        while not self._lines.empty() and (room := room - len(batch[-1])) > 0:
            batch.append(self._lines.get())
        return batch

    def _write_all(self, data: bytes) -> bool:
        rest = memoryview(data)
        with suppress(OSError, ValueError):
            while rest and self._raw is not None and self._stream and not self._stream.closed:
                # A non-blocking descriptor that takes nothing answers None, whatever its type says.
                written = self._raw.write(rest) or 0
                rest = rest[written:]
                if not written:
                    _until_writable(self._raw)
        return not rest


def _until_writable(raw: io.FileIO) -> None:
    poll = select.poll()
    poll.register(raw, select.POLLOUT)
    poll.poll()


def _unbuffered(stream: TextIO | None) -> io.FileIO | None:
    if stream is None:
        return None
    try:
        stream.flush()
        return io.FileIO(stream.fileno(), "wb", closefd=False)
    except (OSError, ValueError):
        return None
