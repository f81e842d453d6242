"""`order-relay top`: reading relays and their queues, once or until a person has seen enough."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from service.app.certificates import tls_files
from service.app.exit_codes import ExitCode
from service.app.settings import SeenSettings
from service.commands.top.figures import Scrape, View, seconds_of
from service.commands.top.scraping import ScrapeFailedError, scrape
from service.commands.top.screen import Picture, console
from service.core.depths import Queues, Unreadable
from service.core.topology import build_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.depths import QueueDepths

CONNECT_SECONDS = 3.0
DEPTHS_WITHIN_SECONDS = 5.0
"""How long a single picture waits for the broker; the live view shows the last that it said."""


def top(
    settings: SeenSettings, urls: Sequence[str], interval_seconds: float, *, once: bool
) -> ExitCode:
    """Show the relays at `urls`, again and again where there is a terminal to do it in."""
    topology = build_topology(settings.amqp.namespace, settings.retry.delays_seconds)
    tls = tls_files(settings.amqp)
    broker = Broker(settings.amqp.urls, tls, connect_timeout_seconds=CONNECT_SECONDS)
    readings = Readings(urls, QueueDepths(broker, topology))
    run = _live if console().is_interactive and not once else _once
    return asyncio.run(run(readings, interval_seconds))


class Readings:
    """What was read lately of each relay, and of the queues at the broker."""

    window_seconds = 10.0

    def __init__(self, urls: Sequence[str], depths: QueueDepths) -> None:
        self.depths = depths
        self._queues: Queues = Unreadable("the broker was not asked yet")
        self._urls: dict[str, str] = {}
        for url in urls:
            parts = urlsplit(url)
            self._urls[f"{parts.netloc}{parts.path}".removesuffix("/metrics")] = url
        self._scrapes: dict[str, list[Scrape]] = {address: [] for address in self._urls}
        self._silent = dict.fromkeys(self._urls, "not asked yet")

    async def read_queues(self) -> None:
        """Read the depths of the queues."""
        self._queues = await self.depths.read()

    async def read_relays(self) -> None:
        """Read all relays at once; one that does not answer holds up none but the next round."""

        async def read(address: str, url: str) -> None:
            scrapes = self._scrapes[address]
            try:
                scrapes.append(await scrape(url))
            except ScrapeFailedError as error:
                scrapes.clear()
                self._silent[address] = str(error)
            while scrapes[2:] and seconds_of(scrapes) > self.window_seconds:
                del scrapes[0]

        await asyncio.gather(*(read(*pair) for pair in self._urls.items()))

    def view(self) -> View:
        """What is known now."""
        relays = {address: tuple(found) for address, found in self._scrapes.items() if found}
        silent = {address: why for address, why in self._silent.items() if address not in relays}
        return View(datetime.now(UTC), relays, silent, self._queues)


async def _once(readings: Readings, interval_seconds: float) -> ExitCode:
    reading = asyncio.create_task(readings.read_queues())
    await readings.read_relays()
    if readings.view().relays:
        await asyncio.sleep(interval_seconds)
        await readings.read_relays()
    await asyncio.wait({reading}, timeout=DEPTHS_WITHIN_SECONDS)
    reading.cancel()
    await readings.depths.close()
    view = readings.view()
    console().print(Picture(view))
    return ExitCode.OK if view.relays else ExitCode.CHECK_FAILED


async def _live(readings: Readings, interval_seconds: float) -> ExitCode:
    terminal, keys, loop = console(), sys.stdin.fileno(), asyncio.get_running_loop()

    def draw() -> None:
        terminal.update_screen(Picture(readings.view()))

    async def again(read: Callable[[], Awaitable[None]], then: Callable[[], None]) -> None:
        while True:
            await read()
            then()
            await asyncio.sleep(interval_seconds)

    # A defect in either ends the view: a picture that stands still would hide it.
    queues, relays = again(readings.read_queues, lambda: None), again(readings.read_relays, draw)
    reading = asyncio.gather(queues, relays)

    def pressed() -> None:
        # Nothing at all is read where the terminal is gone.
        if (typed := os.read(keys, 64)) == b"" or b"q" in typed.lower():
            reading.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, reading.cancel)
    before = termios.tcgetattr(keys) if os.isatty(keys) else None
    with terminal.screen(), suppress(asyncio.CancelledError):
        loop.add_signal_handler(signal.SIGWINCH, draw)
        try:
            if before:
                tty.setcbreak(keys)
                loop.add_reader(keys, pressed)
            await reading
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
            if before:
                loop.remove_reader(keys)
                termios.tcsetattr(keys, termios.TCSADRAIN, before)
    await readings.depths.close()
    return ExitCode.OK
