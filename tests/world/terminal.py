"""A pseudo terminal with the program in it, as a person at a keyboard has it."""

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

COLUMNS, LINES = 80, 24


class Terminal:
    """What the program wrote, and the terminal's modes."""

    def __init__(self, process: asyncio.subprocess.Process, master: int, slave: int) -> None:
        self._process = process
        self._master = master
        self._slave = slave
        self._changed = asyncio.Event()
        self.text = ""
        asyncio.get_running_loop().add_reader(master, self._read)

    @classmethod
    @asynccontextmanager
    async def run(
        cls, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> AsyncIterator["Terminal"]:
        """One command in a terminal of 80 columns and 24 lines; killed if it runs still."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        sizeless = {k: v for k, v in environment.items() if k not in ("COLUMNS", "LINES")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "service",
            *arguments,
            env=sizeless,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        terminal = cls(process, master, slave)
        try:
            yield terminal
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            terminal._close()

    def modes(self) -> list[Any]:
        """How the terminal treats what is typed."""
        return termios.tcgetattr(self._slave)

    async def shows(self, words: str, *, timeout_seconds: float = 60.0) -> None:
        """Returns once the program has written `words`."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while words not in self.text:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"no {words!r} in:\n{self.text[-4000:]}") from None

    async def end(self, how: str) -> None:
        """By a signal's name, or by a key."""
        if how.startswith("SIG"):
            self._process.send_signal(signal.Signals[how])
        else:
            os.write(self._master, how.encode())

    async def exit_code(self) -> int:
        """Wait for the end."""
        return await asyncio.wait_for(self._process.wait(), 60)

    def _read(self) -> None:
        data = b""
        with contextlib.suppress(OSError):
            data = os.read(self._master, 65_536)
        self.text += data.decode("utf-8", errors="replace")
        self._changed.set()

    def _close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        self._read_rest()
        os.close(self._master)
        os.close(self._slave)

    def _read_rest(self) -> None:
        os.set_blocking(self._master, False)
        before = None
        while before != self.text:
            before = self.text
            self._read()
