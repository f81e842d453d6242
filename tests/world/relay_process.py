"""A relay as a process of its own, and its log as something to wait on."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.world.load.processes import without_ours

Line = dict[str, Any]
KEY = "canary-key-7f3a91"


def environment(**settings: object) -> dict[str, str]:
    """A process environment with just these settings: `API__URL=...` and so on."""
    ours = {f"ORDER_RELAY_{name}": str(value) for name, value in settings.items()}
    return without_ours(os.environ) | ours


class RelayProcess:
    """`order-relay run`, its parsed log lines, and what else it printed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[Line] = []
        self.raw: list[str] = []
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def start(
        cls, settings: Mapping[str, object], *, cwd: Path | None = None, code: str | None = None
    ) -> AsyncIterator["RelayProcess"]:
        """Start it, or Python `code` that does; it is killed if it runs still after the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(("-m", "service") if code is None else ("-c", code)),
            "run",
            env=environment(**{"ADMIN__HOST": "127.0.0.1", "ADMIN__PORT": 0} | dict(settings)),
            cwd=cwd,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        relay = cls(process)
        try:
            yield relay
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await relay._reading

    async def until(self, wanted: Callable[[Line], bool], *, timeout_seconds: float = 50.0) -> Line:
        """The first line, past or to come, for which `wanted` holds."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    changed = self._changed
                    if (found := next(filter(wanted, self.lines), None)) is not None:
                        return found
                    await changed.wait()
        except TimeoutError:
            tail = "\n".join(self.raw[-30:])
            raise AssertionError(f"no such line within {timeout_seconds} s:\n{tail}") from None

    async def event(self, event: str, **fields: object) -> Line:
        """The first line of `event` with these fields."""
        return await self.until(
            lambda line: line.get("event") == event and fields.items() <= line.items()
        )

    async def exit_code(self, timeout_seconds: float = 50.0) -> int:
        """Wait for its end."""
        return await asyncio.wait_for(self.process.wait(), timeout_seconds)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for data in self.process.stdout:
            text = data.decode().rstrip("\n")
            self.raw.append(text)
            try:
                self.lines.append(json.loads(text))
            except ValueError:
                continue
            self._changed.set()
            self._changed = asyncio.Event()
