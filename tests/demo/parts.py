"""What the demo is made of: RabbitMQ, the stand-in of the API and the relay, on free ports."""

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx2

from tests.demo.processes import DemoError, Part, end, until
from tests.demo.relay import ask
from tests.demo.scenario import TOO_DEAR_SERVICE, UNKNOWN_SERVICE
from tests.world.broker.find import Missing, Say, ensure_rabbitmq
from tests.world.load.processes import ApiProcess, Process, RelayProcess

RELAY = "order-relay"
# A container's image may have to be downloaded first.
BROKER_SECONDS = 400.0
START_SECONDS = 60.0
REMOVE_SECONDS = 10.0
KEY_FILE = "api__key"
DELAYS = "1,2,3"

STANDIN_OPTIONS = (
    *("--maximum", "10000"),
    *("--balance", "1000000"),
    *("--unknown", str(UNKNOWN_SERVICE)),
    *("--service-price", f"{TOO_DEAR_SERVICE}=50000"),
)
SETTINGS = {
    "API__TIMEOUT_SECONDS": "2",
    "RETRY__DELAYS_SECONDS": DELAYS,
    "RETRY__MAX_ATTEMPTS": "4",
    "DRAIN_SECONDS": "5",
}
"""Short waits, so that all is seen."""


T = TypeVar("T", bound=Process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where the parts are."""

    amqp: str
    management: str
    api: str
    relay: str


@dataclass
class Parts:
    """The processes, their files, and what must be told when one was started."""

    directory: Path
    say: Say
    on_start: Callable[[], None] = lambda: None
    running: list[Part] = field(default_factory=list)

    @property
    def relay(self) -> Part:
        """The relay's process, once started."""
        return next(part for part in self.running if part.name == RELAY)

    @property
    def key_file(self) -> Path:
        """The file that the relay reads the API key from."""
        return self.directory / "secrets" / KEY_FILE

    async def start(self) -> Urls:
        """Starts all three; returns when the relay is ready to take orders."""
        found = await asyncio.to_thread(ensure_rabbitmq, self.say)
        if isinstance(found, Missing):
            raise DemoError(found.advice)
        began, here = time.monotonic(), self.directory
        arguments = ["tests.world.broker", "up", str(here)]
        with ExitStack() as stack:

            def kept(process: T) -> T:
                # Until then it is waited for as a child; after, it may outlive this command.
                stack.callback(process.let_go)
                self.running.append(Part.of(process))
                self.on_start()
                return process

            broker = kept(Process("rabbitmq", here, arguments, {}))
            api = kept(ApiProcess(here, more=STANDIN_OPTIONS))
            await api.ready()
            self._say("order API", f"{api.base_url} (a stand-in)", began)
            urls = await broker.until_logged(r"READY (.+)\n", timeout_seconds=BROKER_SECONDS)
            known = json.loads(urls)
            self._say("RabbitMQ", known["amqp"], began)
            relay = kept(RelayProcess(here, known["amqp"], api.url, RELAY, **await self._key(api)))
            await until(partial(_is_ready, relay), "the relay is ready", START_SECONDS)
            self._say(RELAY, f"{relay.admin_url}/readyz says ok", began)
        return Urls(
            amqp=known["amqp"],
            management=known["management"],
            api=api.base_url,
            relay=relay.admin_url,
        )

    async def _key(self, api: ApiProcess) -> dict[str, str | None]:
        """A key that the API takes, in a file for the relay, and its other settings."""
        key = secrets.token_urlsafe(16)
        self.key_file.parent.mkdir(mode=0o700)
        self.key_file.write_text(key, encoding="ascii")
        await api.ask("POST", "/keys", json={"keys": [key]})
        return {"API__KEY": None, "SECRETS_DIR": str(self.key_file.parent), **SETTINGS}

    async def stop(self) -> None:
        """Ends the relay first, for it gives back what it holds; then the others."""
        relays = [part for part in self.running if part.name == RELAY]
        await asyncio.gather(*map(end, relays))
        await asyncio.gather(*map(end, (part for part in self.running if part not in relays)))
        await remove(self.directory)

    def _say(self, name: str, text: str, began: float) -> None:
        self.say(f"{name:<12} {text:<50} {time.monotonic() - began:5.1f} s")


async def remove(directory: Path) -> None:
    """Removes the directory, also while a process that was just killed still writes to it."""
    with suppress(TimeoutError):
        await until(lambda: _removed(directory), f"{directory} is removed", REMOVE_SECONDS)


def _removed(directory: Path) -> bool:
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


def _is_ready(relay: RelayProcess) -> bool:
    relay.check()
    try:
        ask("GET", f"{relay.admin_url}/readyz")
    except httpx2.HTTPError:
        return False
    return True
