"""`order-relay top`: looking at relays and their queues, once or until a person has seen enough."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from service.app.checks import check_api_url
from service.app.exit_codes import ExitCode
from service.app.settings import PREFIX, AdminSettings, SeenSettings
from service.app.wiring import tls_files
from service.commands.top.keys import quit_key
from service.commands.top.samples import Scrape
from service.commands.top.scraping import ScrapeFailedError, scrape
from service.commands.top.screen import Screen
from service.commands.top.view import View, build_view, kept
from service.core.depths import NotAsked, Queues
from service.core.topology import build_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.depths import QueueDepths
from service.edges.system_clock import SystemClock
from service.flow.ports import Clock

WINDOW_SECONDS = 10.0
CONNECT_SECONDS = 3.0
DEPTHS_WITHIN_SECONDS = 5.0
"""How long a single picture waits for the broker; the live view shows the last that it said."""


class UnusableAddressError(Exception):
    """There is no relay to ask at this address; the text says why."""


def addresses(given: Sequence[str], admin: AdminSettings) -> list[str]:
    """Where the metrics are: at the given addresses, else at the relay of these settings.

    Raises UnusableAddressError.
    """
    if not given and not admin.port:
        raise UnusableAddressError(f"{PREFIX}ADMIN__PORT is 0, any port: say which with --url")
    # Each once: the same relay would be counted twice.
    return list(dict.fromkeys(map(_metrics_url, given or [_own_url(admin)])))


def _own_url(admin: AdminSettings) -> str:
    # What listens on every address is reached on this machine's own.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(admin.host, admin.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{admin.port}"


def _metrics_url(text: str) -> str:
    if not text.isascii():
        raise UnusableAddressError(f"{text!a} must have ASCII characters only")
    try:
        check_api_url(text)
    except ValueError as error:
        raise UnusableAddressError(f"{text!a} {error}") from None
    parts = urlsplit(text)
    return text if parts.path.strip("/") else parts._replace(path="/metrics").geturl()


class Looking:
    """What was seen of each relay lately, and what the broker said last."""

    def __init__(self, urls: Sequence[str], depths: QueueDepths, clock: Clock) -> None:
        self._answers: dict[str, list[Scrape] | str] = dict.fromkeys(urls, "not asked yet")
        self._depths = depths
        self._clock = clock
        self._queues: Queues = NotAsked("the broker was not asked yet")

    async def relays(self) -> None:
        """Ask all relays at once; one that does not answer holds up none but the next round."""
        await asyncio.gather(*map(self._relay, self._answers))

    async def queues(self) -> None:
        """Ask the broker."""
        self._queues = await self._depths.ask()

    def view(self) -> View:
        """What is known now."""
        shown = {_address(url): answer for url, answer in self._answers.items()}
        return build_view(shown, self._queues, self._clock.now())

    async def _relay(self, url: str) -> None:
        before = self._answers[url]
        try:
            latest = await scrape(url, self._clock)
        except ScrapeFailedError as error:
            self._answers[url] = str(error)
        else:
            earlier = [] if isinstance(before, str) else before
            self._answers[url] = kept([*earlier, latest], WINDOW_SECONDS)


def _address(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc if parts.path == "/metrics" else f"{parts.netloc}{parts.path}"


def top(
    settings: SeenSettings, urls: Sequence[str], interval_seconds: float, *, once: bool
) -> ExitCode:
    """Show the relays at `urls`, again and again where there is a terminal to do it in."""
    topology = build_topology(settings.amqp.namespace, settings.retry.delays_seconds)
    broker = Broker(
        settings.amqp.urls, tls_files(settings.amqp), connect_timeout_seconds=CONNECT_SECONDS
    )
    screen = Screen()
    run = _once if once or not screen.can_live else _live
    return asyncio.run(run(urls, QueueDepths(broker, topology), screen, interval_seconds))


async def _once(
    urls: Sequence[str], depths: QueueDepths, screen: Screen, interval_seconds: float
) -> ExitCode:
    clock = SystemClock()
    looking = Looking(urls, depths, clock)
    asking = asyncio.create_task(looking.queues())
    await looking.relays()
    if looking.view().figures is not None:
        await clock.wait(asyncio.Event(), interval_seconds)
        await looking.relays()
    await asyncio.wait({asking}, timeout=DEPTHS_WITHIN_SECONDS)
    asking.cancel()
    await depths.close()
    view = looking.view()
    screen.print(view)
    return ExitCode.CHECK_FAILED if view.figures is None else ExitCode.OK


async def _live(
    urls: Sequence[str], depths: QueueDepths, screen: Screen, interval_seconds: float
) -> ExitCode:
    clock, stop = SystemClock(), asyncio.Event()
    looking = Looking(urls, depths, clock)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    never = asyncio.Event()

    async def ask_broker() -> None:
        while True:
            await looking.queues()
            await clock.wait(never, interval_seconds)

    async def ask_relays() -> None:
        while True:
            await looking.relays()
            show(looking.view())
            await clock.wait(never, interval_seconds)

    with quit_key(sys.stdin, stop.set), screen.live() as show:
        loop.add_signal_handler(signal.SIGWINCH, lambda: show(looking.view()))
        tasks = [asyncio.create_task(each()) for each in (ask_broker, ask_relays)]
        stopping = asyncio.create_task(stop.wait())
        try:
            # A defect in either ends the view: a picture that stands still would hide it.
            await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            results = await asyncio.gather(*tasks, stopping, return_exceptions=True)
    await depths.close()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return ExitCode.OK
