"""The relays and the API of a run as processes that can be killed, frozen and replaced."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.chaos.plan import UNKNOWN_SERVICE
from tests.trials.chaos.scenario import RelaySettings
from tests.trials.chaos.wire import Wire
from tests.world.broker.ports import LOOPBACK
from tests.world.faults import Proxy
from tests.world.load import ApiProcess, ProcessFailedError, RelayProcess
from tests.world.load.processes import CONSUMING, KEY

ALL_CALLS = 10_000_000
ORDERLY = {0, 75}
"""How a relay that consumes may end on SIGTERM: drained, or out of time."""


class Replica:
    """One relay behind links of its own; while it is dead, nobody is in its place.

    `lock` is held by who kills, freezes or replaces it. `problems` tells of ends that nobody here
    had caused. `kind` is what its next process is.
    """

    def __init__(
        self,
        number: int,
        directory: Path,
        settings: dict[str, str],
        links: Sequence[Wire],
        api_link: Wire,
    ) -> None:
        self.number = number
        self.links = links
        self.api_link = api_link
        self.lock = asyncio.Lock()
        self.problems: list[str] = []
        self.logs: list[Path] = []
        self.kind = RelayProcess
        self._directory = directory
        self._settings = settings
        self._process: RelayProcess | None = None
        self._killed = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """A relay runs inside the block, and none after it."""
        self.start()
        try:
            yield
        finally:
            if self._process is not None:
                self._process.__exit__(None, None, None)

    def start(self) -> None:
        """A new process with the same settings."""
        name = f"relay-{self.number}-{len(self.logs) + 1:03d}"
        settings = dict(self._settings)
        amqp, api = settings.pop("AMQP__URL"), settings.pop("API__URL")
        self._killed = False
        self._process = self.kind(self._directory, amqp, api, name, **settings)
        self.logs.append(self._process.log)

    def kill(self) -> bool:
        """Ends it with SIGKILL, at once; whether it was alive."""
        if not self.alive():
            return False
        self._killed = True
        self.process.send_signal(signal.SIGKILL)
        return True

    def freeze(self) -> None:
        """Stops it in its tracks."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> int | None:
        """Asks it to end and waits; its exit code, or None where it was dead before or killed."""
        if not self.alive():
            return None
        # Before it is set up, a process ends as any does on SIGTERM.
        orderly = ORDERLY if self._consumed() else {*ORDERLY, -signal.SIGTERM}
        code = await self.process.stop()
        if self._killed:
            return None
        if code not in orderly:
            self.problems.append(f"{self.process.name} ended with {code} on SIGTERM")
        return code

    def _consumed(self) -> bool:
        return CONSUMING in self.process.log.read_text(encoding="utf-8", errors="replace")

    def alive(self) -> bool:
        """Whether its process runs; an end that nobody here has caused is a problem."""
        if self._killed:
            # The kernel may need a while to end it, and until then it seems to run.
            return False
        try:
            self.process.check()
        except ProcessFailedError as error:
            self.problems.append(str(error))
            self._killed = True
            return False
        return True

    async def replace(self) -> None:
        """A new process in the place of one that has ended, or is about to."""
        process = self.process
        await asyncio.to_thread(process.__exit__, None, None, None)
        self.start()

    async def consuming(self) -> None:
        """Returns once it consumes, or when that takes too long, or it was killed meanwhile."""
        with suppress(TimeoutError, ProcessFailedError):
            await asyncio.wait_for(self.process.consuming(poll_seconds=0.1), 30)

    @property
    def process(self) -> RelayProcess:
        """The present process, dead or alive."""
        if self._process is None:
            raise ProcessFailedError("the relay was never started")
        return self._process


async def linked(
    stack: AsyncExitStack,
    number: int,
    directory: Path,
    broker_ports: Sequence[int],
    api: "ChaosApi",
    settings: Callable[[Sequence[Wire], str], dict[str, str]],
) -> Replica:
    """A relay that was started behind links of its own; `settings` get them, and the API's URL."""

    async def wire(port: int) -> Wire:
        return Wire(await stack.enter_async_context(Proxy(LOOPBACK, port)))

    links = [await wire(port) for port in broker_ports]
    api_link = await wire(int(api.base_url.rpartition(":")[2]))
    ours = settings(links, f"http://{LOOPBACK}:{api_link.proxy.port}/api/v2")
    replica = Replica(number, directory, ours, links, api_link)
    stack.enter_context(replica.running())
    return replica


class ChaosApi(ApiProcess):
    """The stand-in of a run; what misbehaves at a time is a set of rules that come and go."""

    def __init__(self, directory: Path) -> None:
        more = ["--unknown", str(UNKNOWN_SERVICE)]
        super().__init__(directory, keep_calls=ALL_CALLS, more=more)
        self._rules: list[dict[str, Any]] = []
        self._told: list[dict[str, Any]] = []
        self._telling = asyncio.Lock()

    async def add_rule(self, rule: dict[str, Any]) -> None:
        """A fault for all calls that it matches, until it is removed."""
        self._rules.append(rule)
        await self._tell_rules()

    async def remove_rule(self, rule: dict[str, Any]) -> None:
        """Ends the fault."""
        self._rules = [other for other in self._rules if other is not rule]
        await self._tell_rules()

    @asynccontextmanager
    async def following(self, **rule: Any) -> AsyncIterator[None]:
        """The fault is there inside the block."""
        await self.add_rule(rule)
        try:
            yield
        finally:
            await self.remove_rule(rule)

    @asynccontextmanager
    async def refusing_the_key(self) -> AsyncIterator[None]:
        """Another key is accepted inside the block, and no other."""
        await self.ask("POST", "/keys", json={"keys": ["another"]})
        try:
            yield
        finally:
            await self.ask("POST", "/keys", json={"keys": [KEY]})

    async def _tell_rules(self) -> None:
        async with self._telling:
            # Who waited for a turn may find that its change was told with an earlier one.
            if self._told != self._rules:
                told = list(self._rules)
                await self.ask("PUT", "/faults", json=[{**rule, "times": None} for rule in told])
                self._told = told


def relay_environment(
    settings: RelaySettings, broker: ChaosBroker, links: Sequence[Wire], api_url: str
) -> dict[str, str]:
    """The settings of a relay behind these links."""
    return {
        "AMQP__URL": broker.relay_url([link.proxy.port for link in links]),
        "AMQP__TOPOLOGY": settings.topology,
        "API__URL": api_url,
        "API__TIMEOUT_SECONDS": f"{settings.api_timeout_seconds:g}",
        "API__CONCURRENCY": str(settings.concurrency),
        "API__IDEMPOTENCY_WINDOW_SECONDS": str(settings.idempotency_window_seconds),
        "RETRY__DELAYS_SECONDS": ",".join(map(str, settings.retry_delays_seconds)),
        "RETRY__MAX_ATTEMPTS": str(settings.max_attempts),
        "RETRY__MAX_AGE_SECONDS": str(settings.max_age_seconds),
        "DRAIN_SECONDS": f"{settings.drain_seconds:g}",
    }
