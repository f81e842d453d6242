"""Plays the story with real relays and a real RabbitMQ while a real Prometheus looks on."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import assert_never

from tests.shipping.pictures import mail
from tests.shipping.pictures.recording import Moment, Recording, data_of
from tests.shipping.pictures.story import STORY, Act, Happening, faults, orders_per_second
from tests.shipping.rules.reading import FILE as RULES
from tests.trials.chaos.processes import Replica
from tests.trials.observe.scraping import Scraping
from tests.trials.observe.site import Site, SitePlan, staged

SCRAPE_SECONDS = 5
ORDERS_PER_SECOND = 8.0
BUDGET_PER_SECOND = 20
NEXT_VERSION = "0.2.0"
_RATE_SECONDS = 5.0
_LAST_SCRAPES_SECONDS = 2.0 * SCRAPE_SECONDS
Say = Callable[[str], None]


async def record(folder: Path, minutes: float, say: Say) -> Recording:
    """A run of so many minutes, kept in the folder, which exists."""
    plan = SitePlan(2, ORDERS_PER_SECOND, {"API__RATE_PER_SECOND": str(BUDGET_PER_SECOND)})
    scraping = Scraping(SCRAPE_SECONDS, [RULES])
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="pictures-")))
        stage = await stack.enter_async_context(
            staged(directory, scraping, data=data_of(folder).resolve())
        )
        site = await stack.enter_async_context(stage.site("shop", plan))
        await site.api.ask("PUT", "/faults", json=faults(None))
        start = time.time()
        player = _Player(site, directory, start, minutes * 60, say)
        async with _meanwhile(mail.send(site.host.url), player.vary_the_rate()):
            for act in STORY:
                await player.play(act)
            await player.until(1.0)
        end = time.time()
        await asyncio.sleep(_LAST_SCRAPES_SECONDS)
    recording = Recording(folder, round(start), round(end), player.moments)
    recording.write()
    return recording


class _Player:
    """Knows how far the recording is."""

    def __init__(self, site: Site, directory: Path, start: float, seconds: float, say: Say) -> None:
        self.moments: list[Moment] = []
        self._site = site
        self._directory = directory
        self._start = start
        self._seconds = seconds
        self._say = say

    async def play(self, act: Act) -> None:
        """Waits for its time, and returns when it is over."""
        await self.until(act.begins)
        self._note(act.words)
        await self._happen(act)
        await self.until(act.ends)
        await self._site.api.ask("PUT", "/faults", json=faults(None))

    async def until(self, share: float) -> None:
        """Returns when this share of the recording is over."""
        await asyncio.sleep(max(0.0, self._start + share * self._seconds - time.time()))

    async def vary_the_rate(self) -> None:
        """Until it is cancelled."""
        while True:
            share = (time.time() - self._start) / self._seconds
            self._site.load.per_second = orders_per_second(share, ORDERS_PER_SECOND)
            await asyncio.sleep(_RATE_SECONDS)

    def _note(self, words: str) -> None:
        self.moments.append(Moment(time.time(), words))
        self._say(words)

    async def _happen(self, act: Act) -> None:
        first, second = self._site.relays
        match act.happening:
            case Happening.ERRORS | Happening.HANGING | Happening.THROTTLED:
                await self._site.api.ask("PUT", "/faults", json=faults(act.happening))
            case Happening.REFUSED:
                async with first.api_link.refusing(), second.api_link.refusing():
                    await self.until(act.ends)
                self._note("the API is back")
            case Happening.DEPLOYMENT:
                with _installed_as(NEXT_VERSION, self._directory):
                    await self._replace(first, first.stop)
                    await self.until((act.begins + act.ends) / 2)
                    await self._replace(second, second.stop)
            case Happening.KILLED:
                second.kill()
                await self.until(act.ends)
                with _installed_as(NEXT_VERSION, self._directory):
                    await self._site.restart(second)
            case _ as never:
                assert_never(never)

    async def _replace(self, relay: Replica, end: Callable[[], Awaitable[object]]) -> None:
        await end()
        await self._site.restart(relay)


@asynccontextmanager
async def _meanwhile(*jobs: Awaitable[None]) -> AsyncIterator[None]:
    """The jobs run inside the block; what one fails with is raised at its end."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [one for one in ended if isinstance(one, Exception)]
    if failures:
        raise failures[0]


@contextmanager
def _installed_as(version: str, directory: Path) -> Iterator[None]:
    """Processes that begin inside the block are of this version, by what they are told of it."""
    told = directory / version / f"order_relay-{version}.dist-info"
    told.mkdir(parents=True, exist_ok=True)
    text = f"Metadata-Version: 2.1\nName: order-relay\nVersion: {version}\n"
    (told / "METADATA").write_text(text, encoding="utf-8")
    before = os.environ.get("PYTHONPATH")
    known = [str(told.parent), *([before] if before else [])]
    os.environ["PYTHONPATH"] = os.pathsep.join(known)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
