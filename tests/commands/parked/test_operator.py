"""Who uses these commands: a login with the least rights, and a person who stops in the middle."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused

from service.core.topology import build_topology
from tests.commands.parked.conftest import Run
from tests.commands.parked.scene import PARKED, park, unknown
from tests.edges.amqp.crash import declared
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import environment
from tests.world.terminal import Terminal

READ = r"^orders\.(parked|unrouted|retry\.[0-9]+)$"
WRITE = r"^orders\.(retry|replies|parked)$"
WHY = ("--reason", "the API was down")
ONE = ("--yes", "--count", "1")


def test_the_pages_name_these_rights() -> None:
    """The README's table, and the page of these commands."""
    root = Path(__file__).parents[3]
    for page in ("README.md", "docs/parked.md"):
        text = (root / page).read_text(encoding="utf-8")
        for right in (WRITE, READ):
            assert f"`{right}`".replace("|", r"\|") in text, page


async def test_these_rights_suffice_for_every_command(
    vhost: VirtualHost, run: Run, tmp_path: Path
) -> None:
    """Nothing to configure, and nothing of the requests to read or to write."""
    await declared(vhost.url, build_topology("orders", (600, 3600)))
    await park(vhost, [unknown(f"o-{n}") for n in range(4)])
    await vhost.publish(b"{}", exchange="orders", routing_key="order.request", message_id="o-9")
    vhost.set_permissions(configure="", write=WRITE, read=READ)
    file = str(tmp_path / "parked.jsonl")
    # The replayed order waits in a retry queue, where it is not looked for from RabbitMQ 4 on.
    replayed = 0 if (await vhost.broker_version()).startswith("3.") else 1
    for arguments, code in (
        (["parked", "list"], 0),
        (["parked", "show", "o-0"], 0),
        (["parked", "export", "--to", file], 0),
        (["parked", "replay", "o-0", *WHY, *ONE], 0),
        (["trace", "o-0"], replayed),
        (["parked", "resolve", "o-1", "--order", "ord_1", *WHY, *ONE], 0),
        (["parked", "drop", "o-2", "--no-order-exists", *WHY, *ONE], 0),
        (["parked", "restore", file, "--yes", "--count", "3"], 0),
        (["trace", "o-3"], 0),
        (["unrouted", "list"], 0),
        (["unrouted", "show", "o-1"], 0),
        (["trace", "o-1"], 0),
        # Nobody is bound for the replies.
        (["unrouted", "deliver", "--all", "--yes", "--count", "2"], 1),
    ):
        result = await run(*arguments, RETRY__DELAYS_SECONDS="600,3600")
        assert result.returncode == code, (arguments, result.stdout, result.stderr)
    # It looks with what it may, and says what this login may not do.
    looked = await run("doctor", "--only", "OR-R", RETRY__DELAYS_SECONDS="600,3600")
    assert "OR-R01  the user may not read" in looked.stdout
    assert looked.returncode == 1
    await vhost.until_ready(PARKED, 4)


async def test_this_login_cannot_read_the_requests(vhost: VirtualHost) -> None:
    """Neither by a look nor by a binding of its own: each would make orders perhaps sent."""
    vhost.set_permissions(configure="", write=WRITE, read=READ)

    async def refused(ask: Callable[[AbstractChannel], Awaitable[object]]) -> None:
        async with vhost.channel() as channel:
            wire = await channel.get_underlay_channel()
            with pytest.raises(ChannelAccessRefused):
                await ask(wire)

    await refused(lambda wire: wire.basic_get("orders.requests"))
    await refused(lambda wire: wire.queue_bind("orders.parked", "orders", "order.request"))
    await refused(lambda wire: wire.queue_purge("orders.requests"))
    await refused(lambda wire: wire.queue_declare("orders.mine"))


async def test_a_right_that_is_missing_loses_nothing(vhost: VirtualHost, run: Run) -> None:
    """It is told, and the message stays."""
    await park(vhost, [unknown("o-1")])
    vhost.set_permissions(configure="", write="", read=READ)
    result = await run("parked", "replay", "o-1", *WHY, *ONE)
    assert result.returncode == 1
    assert "1 message left: the broker did not confirm" in result.stderr
    assert "ACCESS_REFUSED" in result.stderr
    await vhost.until_ready(PARKED, 1)


async def test_ctrl_c_ends_it_behind_the_message_in_hand(vhost: VirtualHost, run: Run) -> None:
    """What is left is told and is there; the same command goes on with it."""
    await park(vhost, [unknown(f"o-{n}") for n in range(30)])
    sure = ("--no-order-exists", "--yes", "--count", "30", "--rate", "5")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", "parked", "drop", "--all", *WHY, *sure),
        env=environment(AMQP__URL=vhost.url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    progress = await asyncio.wait_for(process.stderr.readline(), 60)
    assert b"done, " in progress
    process.send_signal(signal.SIGINT)
    said, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1, errors
    assert b"left: stopped; the same command goes on with them" in errors
    left = await vhost.ready(PARKED)
    assert 0 < left < 30
    assert said.splitlines()[-1] == f"done: {30 - left} messages".encode()
    rest = ("--no-order-exists", "--yes", "--count", str(left))
    assert (await run("parked", "drop", "--all", *WHY, *rest)).returncode == 0
    assert await vhost.ready(PARKED) == 0
    await vhost.until_ready("orders.unrouted", 30)


async def test_the_count_is_typed_and_nothing_is_held_meanwhile(
    vhost: VirtualHost, run: Run
) -> None:
    """Another count changes nothing."""
    await park(vhost, [unknown(f"o-{n}") for n in range(3)])
    settings = environment(AMQP__URL=vhost.url)
    every = ["parked", "drop", "--all", "--no-order-exists", *WHY]
    async with Terminal.run(every, settings) as terminal:
        await terminal.shows("drop 3 messages: type the count, 3, to go on: ")
        await vhost.until_ready(PARKED, 3)
        assert (await run("parked", "list")).stdout.startswith("3 messages")
        await terminal.end("2\n")
        assert await terminal.exit_code() == 1
        await terminal.shows("nothing was changed")
    async with Terminal.run(every, settings) as terminal:
        await terminal.shows("to go on: ")
        await terminal.end("3\n")
        assert await terminal.exit_code() == 0
        await terminal.shows("done: 3 messages")
    assert await vhost.ready(PARKED) == 0


async def test_a_connection_that_is_lost_costs_nothing(vhost: VirtualHost, run: Run) -> None:
    """The rest is done on another one, and the count is right."""
    await park(vhost, [unknown(f"o-{n}") for n in range(8)])
    sure = ("--no-order-exists", "--yes", "--count", "8", "--rate", "5")
    dropping = asyncio.create_task(run("parked", "drop", "--all", *WHY, *sure))
    first = await vhost.get("orders.unrouted")
    await asyncio.to_thread(vhost.close_connections)
    done = await dropping
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "done: 8 messages"), done.stderr
    answered = {message.message_id for message in await vhost.drain("orders.unrouted")}
    assert answered | {first.message_id} == {f"o-{n}" for n in range(8)}
    assert await vhost.ready(PARKED) == 0
