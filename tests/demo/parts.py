"""What the demo is made of: RabbitMQ, the stand-in of the API and the relay, on free ports."""

import asyncio
import json
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.demo import web
from tests.demo.processes import DemoError, Part, end, launch, until
from tests.demo.scenario import TOO_DEAR_SERVICE, UNKNOWN_SERVICE
from tests.world.broker.find import Missing, Say, ensure_rabbitmq
from tests.world.broker.ports import LOOPBACK, free_ports

READY = "READY "
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
RELAY_SETTINGS = {
    "API__TIMEOUT_SECONDS": "2",
    "RETRY__DELAYS_SECONDS": DELAYS,
    "RETRY__MAX_ATTEMPTS": "4",
    "DRAIN_SECONDS": "5",
    "ADMIN__HOST": LOOPBACK,
    "LOG__FORMAT": "json",
}
"""Short waits, so that all is seen."""


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
        return next(part for part in self.running if part.name == "order-relay")

    @property
    def key_file(self) -> Path:
        """The file that the relay reads the API key from."""
        return self.directory / "secrets" / KEY_FILE

    async def start(self) -> Urls:
        """Starts all three; returns when the relay is ready to take orders."""
        found = await asyncio.to_thread(ensure_rabbitmq, self.say)
        if isinstance(found, Missing):
            raise DemoError(found.advice)
        began = time.monotonic()
        broker = self._launch("rabbitmq", "tests.world.broker", "up", str(self.directory))
        api = self._launch("order-api", "tests.world.standin", *STANDIN_OPTIONS)
        api_url = await _ready(api, START_SECONDS)
        self._say("order API", f"{api_url} (a stand-in)", began)
        known = json.loads(await _ready(broker, BROKER_SECONDS))
        self._say("RabbitMQ", known["amqp"], began)
        relay_url = await self._start_relay(known["amqp"], api_url)
        self._say("order-relay", f"{relay_url}/readyz says ok", began)
        return Urls(
            amqp=known["amqp"], management=known["management"], api=api_url, relay=relay_url
        )

    async def stop(self) -> None:
        """Ends the relay first, for it gives back what it holds; then the others."""
        relays = [part for part in self.running if part.name == "order-relay"]
        await asyncio.gather(*map(end, relays))
        await asyncio.gather(*map(end, (part for part in self.running if part not in relays)))
        await remove(self.directory)

    async def _start_relay(self, amqp_url: str, api_url: str) -> str:
        key = secrets.token_urlsafe(16)
        self.key_file.parent.mkdir(mode=0o700)
        self.key_file.write_text(key, encoding="ascii")
        await asyncio.to_thread(web.post_json, f"{api_url}/keys", {"keys": [key]})
        (port,) = free_ports(1)
        ours = {
            "AMQP__URL": amqp_url,
            "API__URL": f"{api_url}/api/v2",
            "SECRETS_DIR": str(self.key_file.parent),
            "ADMIN__PORT": str(port),
            **RELAY_SETTINGS,
        }
        environment = {f"ORDER_RELAY_{name}": value for name, value in ours.items()}
        url = f"http://{LOOPBACK}:{port}"
        relay = self._launch("order-relay", "service", "run", environment=environment)
        await until(lambda: _is_ready(url), "the relay is ready", START_SECONDS, relay)
        return url

    def _launch(
        self, name: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> Part:
        part = launch(name, arguments, self.directory, environment or {})
        self.running.append(part)
        self.on_start()
        return part

    def _say(self, name: str, text: str, began: float) -> None:
        self.say(f"{name:<12} {text:<50} {time.monotonic() - began:5.1f} s")


async def remove(directory: Path) -> None:
    """Removes the directory, also while a process that was just killed still writes to it."""
    with suppress(DemoError):
        await until(lambda: _removed(directory), f"{directory} is removed", REMOVE_SECONDS)


def _removed(directory: Path) -> bool:
    shutil.rmtree(directory, ignore_errors=True)
    return not directory.exists()


async def _ready(part: Part, seconds: float) -> str:
    await until(lambda: _ready_text(part) != "", f"{part.name} is ready", seconds, part)
    return _ready_text(part)


def _ready_text(part: Part) -> str:
    # Only whole lines: the rest of the last one may not be written yet.
    lines = [line for line in part.says().splitlines(keepends=True) if line.endswith("\n")]
    return next((line[len(READY) :].strip() for line in lines if line.startswith(READY)), "")


def _is_ready(url: str) -> bool:
    try:
        web.get_text(f"{url}/readyz")
    except (OSError, HTTPException):
        return False
    return True
