"""Several accounts of the API on one broker, with the settings of docs/accounts.md."""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.world.broker.vhost import VirtualHost
from tests.world.producer import Producer
from tests.world.relay_process import RelayProcess
from tests.world.standin import Options, RequestIdIs, StandIn
from tests.world.standin.faults import Status

PAGE = Path(__file__).parents[2] / "docs" / "accounts.md"
ORDERS = 20
Settings = dict[str, str]


def _accounts() -> dict[str, Settings]:
    """The settings of the page's accounts, by the names of their files."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```ini\n# (\w+)\.env\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return {
        name: dict(line.removeprefix("ORDER_RELAY_").split("=") for line in block.splitlines())
        for name, block in blocks
    }


ACCOUNTS = _accounts()
KEYS = {name: settings["API__KEY"] for name, settings in ACCOUNTS.items()}


@dataclass
class Account:
    """One release with one replica, and a producer of its orders."""

    name: str
    settings: Settings
    relay: RelayProcess
    producer: Producer

    async def send(self) -> None:
        """Publish some orders."""
        for number in range(ORDERS):
            await self.producer.send(f"{self.name}-{number}")

    async def all_accepted(self) -> None:
        """Wait until all of them are placed."""
        for number in range(ORDERS):
            assert (await self.producer.reply(f"{self.name}-{number}"))["status"] == "accepted"

    def holds(self) -> set[str]:
        """For what it has ever held its orders, but for the start, when nothing is connected."""
        reasons = {line["reason"] for line in self.relay.lines if line["event"] == "hold"}
        return reasons - {"publisher"}

    def shares(self) -> set[float]:
        """Which parts of its budget it has ever had, but for none before it begins."""
        budget = float(self.settings["API__RATE_PER_SECOND"])
        lines = [line for line in self.relay.lines if line["event"] == "limits"]
        return {line["rate_per_second"] / budget for line in lines} - {0}


@pytest.fixture
async def api() -> AsyncIterator[StandIn]:
    """One API that knows both keys."""
    async with StandIn(Options(keys=frozenset(KEYS.values()), keep_requests=10_000)) as standin:
        yield standin


@asynccontextmanager
async def _both(vhost: VirtualHost, api: StandIn) -> AsyncIterator[list[Account]]:
    async with AsyncExitStack() as stack:
        accounts = []
        for name, settings in ACCOUNTS.items():
            urls = {"AMQP__URL": vhost.url, "API__URL": api.url}
            relay = await stack.enter_async_context(RelayProcess.start(settings | urls))
            await relay.event("consuming")
            await relay.event("sharing")
            connecting = Producer.connect(vhost.url, settings["AMQP__NAMESPACE"])
            producer = await stack.enter_async_context(connecting)
            accounts.append(Account(name, settings, relay, producer))
        yield accounts


async def _replicas(vhost: VirtualHost, account: Account, number: int) -> set[str]:
    """Who has said the first words in the stream of an account."""
    async with vhost.channel() as channel:
        await channel.set_qos(prefetch_count=number)
        stream = await channel.get_queue(f"{account.settings['AMQP__NAMESPACE']}.peers")
        said = stream.iterator(arguments={"x-stream-offset": "first"}, timeout=50)
        bodies = [(await anext(said)).body for _ in range(number)]
        # An empty one asks only whether the stream confirms it.
        return {json.loads(body)["id"] for body in bodies if body}


def _throttle(api: StandIn) -> None:
    later = Status(status=429, headers={"Retry-After": "600"})
    api.faults.add(later, RequestIdIs(request_id="eu-*"), times=None)


def _refuse_the_key(api: StandIn) -> None:
    api.accept_keys(KEYS["us"])


def _fail(api: StandIn) -> None:
    api.faults.add(Status(status=500), RequestIdIs(request_id="eu-*"), times=None)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(_throttle, "throttled"), (_refuse_the_key, "credentials"), (_fail, "circuit")],
)
async def test_what_holds_one_account_is_not_noticed_by_another(
    vhost: VirtualHost, api: StandIn, trouble: Callable[[StandIn], None], reason: str
) -> None:
    """All of the other's orders are placed meanwhile, with its key and its whole budget."""
    async with _both(vhost, api) as (eu, us):
        trouble(api)
        await eu.send()
        await eu.relay.event("hold", held=True, reason=reason)
        await us.send()
        await us.all_accepted()
        assert (eu.holds(), us.holds()) == ({reason}, set())
        assert (eu.producer.replies, len(us.producer.replies)) == ({}, ORDERS)
        assert eu.shares() == us.shares() == {1}
        (first,), (second,) = [await _replicas(vhost, each, 3) for each in (eu, us)]
        assert first != second
    sent = {
        tuple(parse_qs(one.body.decode())[name][0] for name in ("key", "request_id"))
        for one in api.requests
    }
    assert {(key, request_id.partition("-")[0]) for key, request_id in sent} == {
        (key, name) for name, key in KEYS.items()
    }
