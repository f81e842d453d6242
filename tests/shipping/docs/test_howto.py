"""The shell blocks of the guides: each is run here, or named with what runs it elsewhere."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from service.core.message import Message
from service.core.topology import build_whole_topology
from tests.commands.parked.scene import park, publish, unknown
from tests.edges.amqp.crash import declared
from tests.shipping.docs.running import Shell, shell
from tests.shipping.docs.shell import DOCS
from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost

ROOT = DOCS.parent
ELSEWHERE = {
    "accounts.md": "tests/shipping/chart/rendered/test_accounts.py renders both releases",
    "operating.md": "tests/shipping/docs/test_shell.py runs it, where 50 orders are parked",
    "several-brokers.md": "tests/app/test_broker_urls.py has relays with such a setting",
    "tls.md": "tests/commands/doctor/test_broken.py has the doctor look at a broker over TLS",
    "top.md": "tests/commands/test_top.py has it on a terminal; it needs relays to show",
    "trust.md": "tests/shipping/docs/test_trust.py reads the rights, and tries them",
}
"""The pages with blocks that are not run here, and what runs them."""
OLD, MOVED = "old-orders", 20
UNROUTED = Message(b'{"status": "accepted"}', message_id="o-4711")


def blocks(page: str) -> list[str]:
    """The shell blocks of a page, as a person pastes them."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.findall(r"^ *```sh\n.*?^ *```$", text, re.MULTILINE | re.DOTALL)
    # Without comments, so that an option can be put behind a command.
    bare = (re.sub(r"\s+# .*$", "", each, flags=re.MULTILINE) for each in found)
    return ["\n".join(dedent(each).splitlines()[1:-1]) for each in bare]


def guides() -> set[str]:
    """The pages that the list of guides leads to."""
    return set(re.findall(r"\]\(([\w-]+\.md)", (DOCS / "howto.md").read_text(encoding="utf-8")))


@pytest.fixture
def sh(rabbit_node: RabbitNode, tmp_path: Path) -> Iterator[Shell]:
    """A shell with the programs that the guides name."""
    with shell(rabbit_node, tmp_path) as made:
        yield made


@asynccontextmanager
async def topology(
    node: RabbitNode, tiers: Sequence[int] = (1, 5, 30, 120, 600, 3600)
) -> AsyncIterator[VirtualHost]:
    """The host `/`, to which the commands of the pages speak, with the topology."""
    host = VirtualHost(node, "/", "guest", "guest")
    try:
        await declared(host.url, build_whole_topology("orders", tiers))
        yield host
    finally:
        node.delete_vhost("/")
        node.add_vhost("/")
        node.set_permissions("guest")


async def typed(sh: Shell, script: str) -> str:
    """What a block says; each of its commands must end well."""
    done = await asyncio.to_thread(sh.run, f"set -e\n{script}")
    assert done.returncode == 0, (script, done)
    return done.stdout


def test_every_block_is_run_or_named() -> None:
    """A guide with a new block fails until it is one of the two."""
    here = {"classic-queue.md", "doctor.md", "operator-topology.md", "parked.md"}
    here |= {"test-a-producer.md", "upgrading.md"}
    assert {page for page in guides() if blocks(page)} == here | ELSEWHERE.keys()
    for told in ELSEWHERE.values():
        assert (ROOT / told.split()[0]).exists(), told


@pytest.mark.timeout(300)
async def test_what_waits_in_a_classic_queue_is_moved_and_back(
    rabbit_node: RabbitNode, sh: Shell
) -> None:
    """In its order, with all that it had; no message twice."""
    there, back = blocks("classic-queue.md")
    async with topology(rabbit_node) as host:
        sent = [order(number) for number in range(MOVED)]
        async with host.channel() as channel:
            await channel.declare_queue(OLD, durable=True)
            for message in sent:
                await channel.default_exchange.publish(message, OLD)
        try:
            await typed(sh, there)
            await host.until(lambda queues: queues["orders.requests"].messages == MOVED)
            await until_gone(host, "move-orders")
            assert await host.ready(OLD) == 0
            await typed(sh, back)
            await until_gone(host, "orders-back")
        finally:
            await asyncio.to_thread(sh.run, "rabbitmq-plugins disable rabbitmq_shovel")
        got = await host.drain(OLD)
        assert await host.ready("orders.requests") == 0
        assert [all_of(each) for each in got] == [all_of(each) for each in sent]


def order(number: int) -> aio_pika.Message:
    """One with all properties that the relay reads."""
    return aio_pika.Message(
        b'{"service": 1}',
        message_id=f"o-{number}",
        correlation_id=f"c-{number}",
        reply_to="shop.a",
        content_type="application/json",
        timestamp=datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=number),
        headers={"x-order-relay-deadline": 2_000_000_000, "traceparent": "00-1"},
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )


def all_of(message: aio_pika.Message | AbstractIncomingMessage) -> dict[str, object]:
    """The properties, the headers and the body, without what only one of the two has."""
    names = ("message_id", "correlation_id", "reply_to", "content_type", "timestamp", "headers")
    properties = {name: getattr(message, name) for name in names}
    return {**properties, "body": message.body, "mode": message.delivery_mode}


async def until_gone(host: VirtualHost, shovel: str) -> None:
    """Until it has ended by itself: then its parameter is taken away."""

    def gone(_: object) -> bool:
        found = host.node.api.get("parameters", "shovel") or []
        return shovel not in {each["name"] for each in found}

    await host.until(gone)


@pytest.mark.timeout(300)
async def test_the_guide_to_parked_orders_does_what_it_says(
    rabbit_node: RabbitNode, sh: Shell
) -> None:
    """Each of its three ends takes the order out; the copy and the reply find their way."""
    looks, ends, copies, replies = blocks("parked.md")
    async with topology(rabbit_node) as host:
        await host.declare("shop.results")
        async with host.channel() as channel:
            await (await channel.get_queue("shop.results")).bind("orders.replies", "shop.#")
            await publish(host, "orders.unrouted", [(UNROUTED, "shop.results")])
        parked = unknown("o-4711", reply_to="shop.results")
        await park(host, [parked])
        assert "o-4711" in await typed(sh, looks)
        await typed(sh, copies)
        for command in ends.splitlines():
            await host.until_ready("orders.parked", 1)
            said = await typed(sh, f"{command} --yes --count 1")
            assert "done: 1 message" in said, command
            assert await host.ready("orders.parked") == 0
            await park(host, [parked])
        await typed(sh, f"{replies} --yes --count 1")
        got = await host.drain("shop.results")
        assert [each.message_id for each in got] == ["o-4711"] * 3


async def test_retry_queues_are_made_anew(rabbit_node: RabbitNode, sh: Shell) -> None:
    """All of them are deleted, and no other; then the topology is whole again."""
    (anew,) = blocks("upgrading.md")
    async with topology(rabbit_node, (1, 5)) as host:
        before = host.queues()
        said = await typed(sh, anew)
        waiting = {name for name in before if name.startswith("orders.retry.")}
        assert dict(re.findall(r"^(\S+)\t(\d+)$", said, re.MULTILINE)) == dict.fromkeys(
            waiting, "0"
        )
        assert host.queues().keys() == before.keys() - waiting
        await typed(sh, "ORDER_RELAY_RETRY__DELAYS_SECONDS=1,5 order-relay topology")
        assert host.queues() == before


@pytest.mark.timeout(300)
async def test_the_other_guides_do_what_they_say(rabbit_node: RabbitNode, sh: Shell) -> None:
    """The topology by hand, the doctor, a sandbox around a producer's tests."""
    checking, by_hand = blocks("operator-topology.md")
    (doctor,) = blocks("doctor.md")
    (tests,) = blocks("test-a-producer.md")
    (sh.folder / "relay.log").touch()
    mine = sh.folder / "your-tests"
    mine.write_text(
        "#!/bin/sh\nexec order-relay send --namespace sandbox --service 42 "
        "--link https://example.com/p/1 --quantity 1 > sent\n",
        encoding="utf-8",
    )
    mine.chmod(0o700)
    async with topology(rabbit_node):
        url = rabbit_node.amqp_url()
        await typed(sh, by_hand.replace("amqp://admin:password@broker/", url))
        assert "Good to go" in await typed(sh, f"{checking}\n{doctor}")
        await typed(sh, tests)
        assert '"status": "accepted"' in (sh.folder / "sent").read_text(encoding="utf-8")
