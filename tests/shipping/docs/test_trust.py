"""docs/trust.md: the rights that it gives a producer let it do its work, and nothing to others."""

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused
from typer.testing import CliRunner

from service.commands.cli import app
from service.commands.send.command import Ended
from service.core.topology import build_whole_topology
from tests.edges.amqp.crash import declared
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import environment

PAGE = (Path(__file__).parents[3] / "docs" / "trust.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^rabbitmqctl .*$", PAGE, re.MULTILINE)]
SHOP, PASSWORD = "shop-a", "secret"

Act = Callable[[AbstractChannel], Awaitable[object]]


def rights(command: str) -> list[list[str]]:
    """What the page gives to `rabbitmqctl COMMAND -p / shop-a`."""
    return [words[5:] for words in COMMANDS if words[1:5] == [command, "-p", "/", SHOP]]


@pytest.fixture
def shop(vhost: VirtualHost) -> Iterator[str]:
    """The URL of the page's producer, who has its rights but no topic permissions yet."""
    node = vhost.node
    ((configure, write, read),) = rights("set_permissions")
    node.add_user(SHOP, PASSWORD)
    try:
        node.set_permissions(SHOP, vhost.name, configure=configure, write=write, read=read)
        yield node.amqp_url(SHOP, PASSWORD, vhost.name)
    finally:
        node.delete_user(SHOP)


def limit_topics(vhost: VirtualHost) -> None:
    """Give the producer the page's topic permissions."""
    for exchange, write, read in rights("set_topic_permissions"):
        body = {"exchange": exchange, "write": write, "read": read}
        vhost.node.api.put("topic-permissions", vhost.name, SHOP, body=body)


def publish(exchange: str, key: str) -> Act:
    """One message, to be confirmed."""

    async def act(channel: AbstractChannel) -> None:
        target = await channel.get_exchange(exchange, ensure=False)
        await target.publish(aio_pika.Message(b"{}"), key, mandatory=True, timeout=10)

    return act


def bind(exchange: str, key: str) -> Act:
    """Its own queue."""

    async def act(channel: AbstractChannel) -> None:
        queue = await channel.get_queue(f"{SHOP}.replies", ensure=False)
        await queue.bind(exchange, key)

    return act


def declare(name: str, **arguments: str) -> Act:
    """A queue."""
    return lambda channel: channel.declare_queue(name, durable=True, arguments=dict(arguments))


def dead_letters(exchange: str, key: str) -> Act:
    """A queue of its own whose dead letters go there, with an `x-death` by the broker itself."""
    arguments = {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": key}
    return declare(f"{SHOP}.dying", **arguments)


def take(name: str) -> Act:
    """The next message of a queue."""

    async def act(channel: AbstractChannel) -> None:
        queue = await channel.get_queue(name, ensure=False)
        await queue.get(fail=False, timeout=10)

    return act


def bind_exchange(key: str) -> Act:
    """An exchange of its own, behind which it may bind whatever it likes."""

    async def act(channel: AbstractChannel) -> None:
        own = await channel.declare_exchange(f"{SHOP}.all", "topic", durable=True)
        await own.bind("orders.replies", key)

    return act


WORK: dict[str, Act] = {
    "declares its queue": declare(f"{SHOP}.replies"),
    "binds it": bind("orders.replies", f"{SHOP}.#"),
    "reads it": take(f"{SHOP}.replies"),
    "sends an order": publish("orders", "order.request"),
}
BY_TOPIC: dict[str, Act] = {
    "reads all replies": bind("orders.replies", "#"),
    "reads all replies without an address": bind("orders.replies", "order.#"),
    "reads another's replies": bind("orders.replies", "shop-b.#"),
    "reads one that begins alike": bind("orders.replies", "shop-ab"),
    "reads all replies through an exchange": bind_exchange("#"),
}
"""What topic permissions alone forbid."""
BY_RIGHTS: dict[str, Act] = {
    "reads the orders of others": bind("orders", "#"),
    "declares another's queue": declare("shop-b.replies"),
    "takes orders": take("orders.requests"),
    "takes what is parked": take("orders.parked"),
    "forges a reply": publish("orders.replies", f"{SHOP}.eu"),
    "forges a retry": publish("orders.retry", "1"),
    "forges a parked order": publish("orders.parked", ""),
    "goes around the exchange": publish("", "orders.requests"),
    "has dead letters go around it": dead_letters("", "orders.requests"),
    "has dead letters go to a retry": dead_letters("orders.retry", "1"),
}


async def allowed(url: str, acts: dict[str, Act]) -> list[str]:
    """Those of the acts that the broker lets it do."""
    done = []
    async with await aio_pika.connect(url, timeout=10) as connection:
        for name, act in acts.items():
            channel = await connection.channel(on_return_raises=True)
            with suppress(ChannelAccessRefused):
                await act(channel)
                done.append(name)
    return done


async def send(url: str, login: str) -> int:
    """How `order-relay send` ends, which nobody answers here, as this producer."""
    options = ["--service", "7", "--link", "https://example.com/p/1", "--quantity", "1"]
    said = await asyncio.to_thread(
        CliRunner(env=environment(AMQP__URL=url)).invoke,
        app,
        ["send", *options, "--as", login, "--timeout", "0.1"],
    )
    return said.exit_code


async def test_the_rights_of_the_page_are_those_of_a_producer(
    vhost: VirtualHost, shop: str
) -> None:
    """It does its work; it reads nobody's replies and orders, and forges nothing."""
    await declared(vhost.url, build_whole_topology("orders", (1,)))
    assert await allowed(shop, WORK) == list(WORK)
    # What the page says of a login without topic permissions: it reads the replies of everybody.
    assert await allowed(shop, BY_TOPIC | BY_RIGHTS) == list(BY_TOPIC)
    limit_topics(vhost)
    assert await allowed(shop, WORK | BY_TOPIC | BY_RIGHTS) == list(WORK)
    assert await send(shop, SHOP) == Ended.NO_REPLY
    assert await send(shop, "shop-b") == Ended.NOT_PUBLISHED


def test_the_readme_has_the_same_rights() -> None:
    """In its table."""
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    row = " | ".join(f"`{right}`" for right in rights("set_permissions")[0]).replace("|", r"\|")
    assert row.replace(r" \| ", " | ") in readme
