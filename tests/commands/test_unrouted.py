"""`order-relay unrouted`: replies that nobody was bound for."""

import json
from dataclasses import replace

from service.core.message import Message
from tests.commands.parked.conftest import Run, run, vhost
from tests.commands.parked.scene import publish
from tests.world.broker.vhost import VirtualHost

__all__ = ["run", "vhost"]
UNROUTED = "orders.unrouted"
REPLY = Message(
    body=json.dumps({"request_id": "o-1", "status": "accepted", "order": "ord_1"}).encode(),
    message_id="o-1",
    correlation_id="o-1",
    content_type="application/json",
    headers={"traceparent": "00-1"},
)


async def unrouted(host: VirtualHost, *keys: str) -> None:
    """A reply for each of these routing keys, o-0 to the first."""
    replies = [(replace(REPLY, message_id=f"o-{n}"), key) for n, key in enumerate(keys)]
    await publish(host, "orders.replies", replies)
    await host.until_ready(UNROUTED, len(keys))


async def test_they_are_listed_and_shown(vhost: VirtualHost, run: Run) -> None:
    """By routing key, with who waits for them; looking changes nothing."""
    await unrouted(vhost, "shop.a", "shop.b", "shop.a\x1b[2J", "shop.a")
    listed = await run("unrouted", "list")
    assert listed.returncode == 0, listed.stderr
    lines = listed.stdout.splitlines()
    assert lines[0] == "4 messages in orders.unrouted"
    assert lines[1].split() == ["2", "accepted", "shop.a"]
    assert [line.split()[-1] for line in lines[5:]] == ["o-0", "o-1", "o-2", "o-3"]
    assert "\x1b" not in listed.stdout
    shown = await run("unrouted", "show", "o-1")
    assert "shop.b" in shown.stdout
    assert '"order": "ord_1"' in shown.stdout
    assert (await run("unrouted", "show", "o-9")).returncode == 1
    whole = await run("unrouted", "list", "--json", "--routing-key", "shop.b")
    assert json.loads(whole.stdout)["message_id"] == "o-1"
    assert (await run("unrouted", "list", "--limit", "1")).stdout.count("\n") == 7
    await vhost.until_ready(UNROUTED, 4)


async def test_who_is_bound_now_gets_them(vhost: VirtualHost, run: Run) -> None:
    """As they were; those for which nobody is bound stay, once each, and in order."""
    await unrouted(vhost, "shop.b", "shop.a", "shop.b", "shop.a", "shop.b")
    await vhost.declare("shop")
    async with vhost.channel() as channel:
        await (await channel.get_queue("shop", ensure=False)).bind("orders.replies", "shop.a")
    done = await run("unrouted", "deliver", "--all", "--yes", "--count", "5")
    assert done.returncode == 1
    assert "done: 2 messages" in done.stdout
    assert "none is bound for shop.b" in done.stdout
    got = await vhost.drain("shop")
    assert [message.message_id for message in got] == ["o-1", "o-3"]
    assert (got[0].body, got[0].routing_key) == (REPLY.body, "shop.a")
    assert got[0].headers["traceparent"] == "00-1"
    left = await vhost.drain(UNROUTED)
    assert [message.message_id for message in left] == ["o-0", "o-2", "o-4"]


async def test_nothing_is_delivered_unless_it_is_wanted(vhost: VirtualHost, run: Run) -> None:
    """As with what is parked."""
    await unrouted(vhost, "shop.a", "shop.a")
    assert (await run("unrouted", "deliver")).returncode == 2
    assert (await run("unrouted", "deliver", "o-9", "--yes", "--count", "1")).returncode == 1
    wrong = await run("unrouted", "deliver", "--all", "--yes", "--count", "1")
    assert (wrong.returncode, "--count 1 was given" in wrong.stderr) == (1, True)
    assert (await run("unrouted", "deliver", "--all", "--dry-run")).returncode == 0
    await vhost.until_ready(UNROUTED, 2)
