"""An alert is brought about by its cause, seen to fire, and seen to end when the cause is gone."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass

from tests.trials.observe.expressions import Asker, Key
from tests.trials.observe.groups import CannotBeHereError
from tests.trials.observe.site import Site
from tests.world.load import until

FIRES_SECONDS = 400.0
RESOLVES_SECONDS = 600.0
QUIET_SECONDS = 180.0
POLL_SECONDS = 0.5

Trouble = Callable[[Site], AbstractAsyncContextManager[None]]
"""The fault is there inside the block, and what it left behind is put right at its end."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is done to a site, in words and in earnest, and which alerts come of it.

    Where an alert would go on for hours after its cause, `recovery` goes on until it ends.
    """

    alerts: tuple[Key, ...]
    cause: str
    trouble: Trouble
    recovery: Trouble = lambda _site: nullcontext()


@dataclass(slots=True)
class Sighting:
    """What was seen of one alert; seconds since the trouble began, or began to be put right.

    `impossible` says why this machine cannot bring it about.
    """

    alert: Key
    cause: str
    fired_after: float | None = None
    resolved_after: float | None = None
    answered: bool = False
    impossible: str = ""
    problem: str = ""

    @property
    def good(self) -> bool:
        """It fired, its expression answered meanwhile, and it ended."""
        seen = self.fired_after is not None and self.resolved_after is not None
        return seen and self.answered and not self.problem


@dataclass(frozen=True, slots=True)
class Watch:
    """Looks at the alerts of sites; `expressions` are those that Prometheus evaluates for each."""

    asker: Asker
    expressions: dict[Key, str]
    say: Callable[[str], None]

    async def play(self, site: Site, scene: Scene) -> list[Sighting]:
        """One scene, from the cause to the end of the last alert."""
        sightings = [Sighting(key, scene.cause) for key in scene.alerts]
        names = ", ".join(key.name for key in scene.alerts)
        self.say(f"{site.name}: {scene.cause}, for {names}")
        try:
            await self._through(site, scene, sightings)
        except CannotBeHereError as error:
            for sighting in sightings:
                sighting.impossible = str(error)
        except Exception as error:  # noqa: BLE001 - one that fails must not end the others
            for sighting in sightings:
                if not (sighting.good or sighting.problem):
                    sighting.problem = f"{type(error).__name__}: {error}"
        return sightings

    async def _through(self, site: Site, scene: Scene, sightings: Sequence[Sighting]) -> None:
        await self._until_quiet(site, sightings)
        async with AsyncExitStack() as stack:
            began = time.monotonic()
            await stack.enter_async_context(scene.trouble(site))
            await self._until_all(site, sightings, began, firing=True)
            # Watched while things are put right: that may take longer than the alert lasts.
            began = time.monotonic()
            ending = asyncio.create_task(self._until_all(site, sightings, began, firing=False))
            try:
                async with scene.recovery(site):
                    await stack.aclose()
                    await ending
            finally:
                ending.cancel()
        now = await self._alerts_of(site, "firing")
        for sighting in sightings:
            if sighting.alert in now:
                sighting.problem = "it fires again"

    async def _until_quiet(self, site: Site, sightings: Sequence[Sighting]) -> None:
        """No alert of them is on its way: what came before would make it fire too early."""

        async def quiet() -> bool:
            now = await self._alerts_of(site, "pending", "firing")
            return not any(one.alert in now for one in sightings)

        await until(
            quiet,
            f"{site.name} is quiet before the cause is there",
            timeout_seconds=QUIET_SECONDS,
            poll_seconds=POLL_SECONDS,
        )

    async def _until_all(
        self, site: Site, sightings: Sequence[Sighting], began: float, *, firing: bool
    ) -> None:
        waiting = list(sightings)

        async def all_are() -> bool:
            now = await self._alerts_of(site, "firing")
            for sighting in [one for one in waiting if (one.alert in now) is firing]:
                waiting.remove(sighting)
                await self._note(site, sighting, time.monotonic() - began, firing=firing)
            return not waiting

        names = ", ".join(one.alert.name for one in waiting)
        what = f"{names} of {site.name} {'fires' if firing else 'ends'}"
        seconds = FIRES_SECONDS if firing else RESOLVES_SECONDS
        await until(all_are, what, timeout_seconds=seconds, poll_seconds=POLL_SECONDS)

    async def _note(self, site: Site, sighting: Sighting, seconds: float, *, firing: bool) -> None:
        name = f"{sighting.alert.name} ({sighting.alert.severity})"
        if firing:
            sighting.fired_after = seconds
            answers = await self.asker.now(self.expressions[sighting.alert])
            sighting.answered = any(_is_of(site, one["metric"]) for one in answers)
            self.say(f"  {name} fires after {seconds:.0f} s")
        else:
            sighting.resolved_after = seconds
            self.say(f"  {name} has ended after {seconds:.0f} s")

    async def _alerts_of(self, site: Site, *states: str) -> set[Key]:
        """The alerts of a site in these states; those of its queues name its virtual host."""
        alerts = await self.asker.alerts()
        return {one.key for one in alerts if one.state in states and _is_of(site, one.labels)}


def _is_of(site: Site, labels: Mapping[str, str]) -> bool:
    return labels.get("namespace") == site.name or labels.get("vhost") == site.host.name
