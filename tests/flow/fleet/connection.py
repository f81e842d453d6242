"""Connections between replicas and the simulated broker, which can be cut and closed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.flow.fleet.simulated import Process

WAY_SECONDS = 0.002
SILENT_THERE_SECONDS = 20.0
SILENT_HERE_SECONDS = 33.0
"""Heartbeats of 10 s: so long until the broker, and the client, take silence for the end."""

Do = Callable[[], object]


class Connection:
    """What is sent arrives in its order; not while it is cut, and never after it was closed."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._cut = False
        self._up: list[Do] = []
        self._down: list[Do] = []
        self._last_up = self._last_down = 0.0
        self._open = True
        self.on_close: Do = lambda: None
        self.on_lost: Do = lambda: None
        self.lost = asyncio.Event()

    def up(self, what: Do) -> None:
        """Let the broker do it."""
        if self._cut:
            self._up.append(what)
            return
        self._last_up = max(self._loop.time() + WAY_SECONDS, self._last_up + 1e-7)
        self._loop.call_at(self._last_up, lambda: self._open and what())

    def down(self, what: Do) -> None:
        """Let the replica do it."""
        if self._cut:
            self._down.append(what)
            return
        now = self._loop.time()
        self._last_down = max(now + WAY_SECONDS, self._last_down + 1e-7)
        self._process.after(self._last_down - now, lambda: self.lost.is_set() or what())

    def cut(self) -> None:
        """Let nothing through; both sides find out for themselves."""
        self._cut = True
        self._loop.call_later(SILENT_THERE_SECONDS, self._if_cut, self.close)
        self._process.after(SILENT_HERE_SECONDS, lambda: self._if_cut(self._lose))

    def heal(self) -> None:
        """Let through what has waited."""
        self._cut, up, down = False, self._up, self._down
        self._up, self._down = [], []
        for what in up:
            self.up(what)
        for what in down:
            self.down(what)

    def close(self) -> None:
        """The broker ends it."""
        if self._open:
            self._open = False
            self.on_close()
            self.down(self._lose)

    def leave(self) -> None:
        """The replica ends it."""
        self._lose()
        self.up(self.close)

    def _if_cut(self, what: Do) -> None:
        if self._cut:
            what()

    def _lose(self) -> None:
        self.lost.set()
        self.on_lost()


@dataclass
class Link:
    """The way to the broker for one of the connections."""

    connection: Connection | None = None
    reachable: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.reachable.set()

    def cut(self) -> None:
        """Let nothing through."""
        self.reachable.clear()
        if self.connection is not None:
            self.connection.cut()

    def heal(self) -> None:
        """Let everything through again."""
        if self.connection is not None:
            self.connection.heal()
        self.reachable.set()

    def close(self) -> None:
        """The broker ends the connection."""
        if self.connection is not None:
            self.connection.close()
