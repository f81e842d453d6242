"""The runs: all alerts side by side and every expression, a few of them in short, or one alert."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import time

from service.app.settings import RetrySettings
from tests.shipping.rules.promtool import Missing, find_promtool
from tests.shipping.rules.reading import FILE, rules
from tests.trials.observe.cardinality import Cardinality, measured
from tests.trials.observe.expressions import Asker, Expected, Key, Run, ask_all, named
from tests.trials.observe.programme import (
    ACTS,
    BLOCKED,
    CALM,
    OUTAGE,
    PARKED,
    SHOP,
    UNSURE,
    Act,
    scenes_of,
)
from tests.trials.observe.report import Report
from tests.trials.observe.scenes import Scene, Sighting, Watch
from tests.trials.observe.scraping import Scraping
from tests.trials.observe.shortened import FACTOR, shortened
from tests.trials.observe.site import Site, Stage
from tests.world.load import until
from tests.world.load.processes import client

TIERS = len(RetrySettings().delays_seconds)
NO_LIMIT = dict.fromkeys(
    ("Memory used, A", "Memory against the limit, B"), "no control group here may have a limit"
)
"""By where they stand, expressions that may have no series on any machine."""
_SETTLED_SCRAPES = 5
_SCRAPED_SECONDS = 120.0

Say = Callable[[str], None]


def written_rules(directory: Path, factor: int = FACTOR) -> Path:
    """A file with the shortened rules."""
    file = directory / "rules.yaml"
    file.write_text(shortened(FILE.read_text(encoding="utf-8"), factor), encoding="utf-8")
    return file


def scraping(directory: Path, factor: int = FACTOR) -> Scraping:
    """Every second, with the shortened rules."""
    return Scraping(1, [written_rules(directory, factor)])


@dataclass(frozen=True)
class Observer:
    """Runs on a stage; what it sees is told as it comes."""

    stage: Stage
    say: Say

    @property
    def asker(self) -> Asker:
        """Of the stage's Prometheus."""
        return Asker(self.stage.prometheus.url)

    @property
    def watch(self) -> Watch:
        """With the expressions of the rules that this Prometheus has loaded."""
        (file,) = self.stage.scraping.rules
        loaded = [rule for rule in rules(file.read_text(encoding="utf-8")) if rule.is_alert]
        expressions = {
            Key(rule.name, rule.fields["labels.severity"]): rule.expression for rule in loaded
        }
        return Watch(self.asker, expressions, self.say)

    async def everything(self, messages: int) -> Report:
        """All alerts, all expressions, and `messages` hostile messages."""
        began = time()
        async with self.stage.site("shop", SHOP) as shop, self.stage.site("calm", CALM) as calm:
            async with asyncio.TaskGroup() as group:
                # It takes the longest, and most of it is waiting: the rest is done meanwhile.
                unsure = group.create_task(self._act(UNSURE))
                others = [group.create_task(self._act(act)) for act in ACTS if act is not UNSURE]
                outage = group.create_task(self._play(shop, OUTAGE))
                done = [one for act in [*others, outage] for one in await act]
                series = await self._strangers(calm, messages)
                blocked = await self._play(shop, BLOCKED)
            played = [*done, *blocked, *unsure.result()]
            run = Run(began, time(), self.stage.scraping.every_seconds)
            return await self._report(played, shop, run, series, Expected(either=NO_LIMIT))

    async def in_short(self, messages: int, expected: Expected) -> Report:
        """An outage of the API and some messages that nobody can read; all expressions."""
        began = time()
        async with self.stage.site("shop", SHOP) as shop, self.stage.site("calm", CALM) as calm:
            async with asyncio.TaskGroup() as group:
                outage = group.create_task(self._play(shop, OUTAGE))
                parked = group.create_task(self._play(calm, PARKED))
            series = await self._strangers(calm, messages)
            played = [*outage.result(), *parked.result()]
            run = Run(began, time(), self.stage.scraping.every_seconds)
            return await self._report(played, shop, run, series, expected)

    async def only(self, name: str) -> Report:
        """What brings about one alert, and nothing else."""
        return Report([one for act in scenes_of(name) for one in await self._act(act)])

    async def _act(self, act: Act) -> list[Sighting]:
        async with self.stage.site(act.name, act.plan) as site:
            return [one for scene in act.scenes for one in await self._play(site, scene)]

    async def _play(self, site: Site, scene: Scene) -> list[Sighting]:
        await self._settled(site)
        return await self.watch.play(site, scene)

    async def _settled(self, site: Site) -> None:
        """Prometheus has seen every relay of the site often enough for a rate."""
        expression = f'count_over_time(order_relay_build_info{{namespace="{site.name}"}}[1h])'

        async def often() -> bool:
            found = await self.asker.now(f"{expression} >= {_SETTLED_SCRAPES}")
            return len(found) >= len(site.relays)

        await until(often, f"{site.name} is scraped", timeout_seconds=_SCRAPED_SECONDS)

    async def _strangers(self, site: Site, count: int) -> Cardinality:
        self.say(f"{site.name}: {count:,} hostile messages come")
        return await measured(self.asker, site, count, TIERS)

    async def _report(
        self, played: Sequence[Sighting], site: Site, run: Run, series: Cardinality, more: Expected
    ) -> Report:
        self.say("all expressions are asked")
        expected = replace(
            more,
            fired=frozenset(one.alert for one in played if one.answered),
            empty={
                **more.empty,
                **{named(one.alert): one.impossible for one in played if one.impossible},
            },
        )
        verdicts = await ask_all(self.asker, run, expected)
        page = await _page(site)
        return Report(played, verdicts, series, await asyncio.to_thread(_lint, page))


async def _page(site: Site) -> str:
    address = f"{site.relays[0].process.admin_url}/metrics"
    headers = {"Accept": "text/plain"}
    async with client() as http:
        return (await http.get(address, headers=headers)).raise_for_status().text


def _lint(page: str) -> str:
    """What promtool says against a page of metrics."""
    promtool = find_promtool()
    if isinstance(promtool, Missing):
        return str(promtool)
    done = promtool.run("check", "metrics", given=page)
    return done.stdout.strip() or ("" if done.returncode == 0 else f"ended with {done.returncode}")
