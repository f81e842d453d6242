"""`order-relay send` against a real broker, with a test where the relay would be."""

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aiormq.exceptions import DeliveryError
from typer.testing import CliRunner

from service.commands.cli import app
from service.commands.send.command import MOST_UNCONFIRMED, Ended
from service.core.message import Message
from service.edges.amqp.broker import Broker
from service.edges.amqp.producer import Producer
from service.flow.ports import Unpublishable
from tests.commands.parked.conftest import Run, run, vhost
from tests.edges.amqp.proxied import through
from tests.world.broker.ports import LOOPBACK
from tests.world.broker.vhost import VirtualHost
from tests.world.faults import Proxy, Verdict
from tests.world.relay_process import environment

__all__ = ["run", "vhost"]

ORDER = ("--service", "42", "--link", "https://example.com/p/1", "--quantity", "1000")
Reply = Callable[[AbstractIncomingMessage], dict[str, Any] | None]


@asynccontextmanager
async def answering(
    vhost: VirtualHost, reply: Reply
) -> AsyncIterator[list[AbstractIncomingMessage]]:
    """What arrived at the requests queue, each answered as `reply` says, twice."""
    arrived: list[AbstractIncomingMessage] = []
    connection = await aio_pika.connect(vhost.url, timeout=10)
    async with connection:
        channel = await connection.channel()
        replies = await channel.get_exchange("orders.replies", ensure=False)

        async def on_order(message: AbstractIncomingMessage) -> None:
            arrived.append(message)
            if (body := reply(message)) is not None:
                body = {"request_id": message.message_id, **body}
                answer = aio_pika.Message(json.dumps(body).encode(), message_id=message.message_id)
                for _ in range(2):
                    await replies.publish(answer, message.reply_to or "")
            await message.ack()

        queue = await channel.get_queue("orders.requests", ensure=False)
        await queue.consume(on_order)
        yield arrived


def _by_coupon(message: AbstractIncomingMessage) -> dict[str, Any] | None:
    status = json.loads(message.body).get("coupon", "accepted")
    return None if status == "silence" else {"status": status}


async def test_an_order_is_sent_and_its_reply_is_awaited(vhost: VirtualHost, run: Run) -> None:
    """Its id is said first; the exit code is that of the status."""
    async with answering(vhost, _by_coupon) as arrived:
        for ended in (Ended.ACCEPTED, Ended.REJECTED, Ended.FAILED, Ended.UNKNOWN):
            said = await run(
                "send", *ORDER, "--set", f"coupon={ended.name.lower()}", "--as", "shop"
            )
            first, reply = map(json.loads, said.stdout.splitlines())
            assert (said.returncode, said.stderr) == (ended, "")
            assert reply == {"request_id": first["message_id"], "status": ended.name.lower()}
        silent = await run("send", *ORDER, "--set", "coupon=silence", "--timeout", "0.1")
        assert silent.returncode == Ended.NO_REPLY
        assert "no reply in time" in silent.stderr
    message = arrived[0]
    assert json.loads(message.body) == {
        "service": 42,
        "link": "https://example.com/p/1",
        "quantity": 1000,
        "coupon": "accepted",
    }
    assert (message.content_type, message.delivery_mode) == ("application/json", 2)
    assert message.timestamp is not None
    assert (message.reply_to or "").startswith("shop.send.")


async def test_a_file_of_orders(vhost: VirtualHost, run: Run, tmp_path: Path) -> None:
    """Each is said before it is published; own ids and keys are kept; the worst end counts."""
    lines = [
        {"properties": {"message_id": f"file-{number}", "reply_to": key}, "body": {"coupon": end}}
        for number, (key, end) in enumerate([(None, "accepted"), ("mine", "rejected")] * 40)
    ]
    orders = tmp_path / "orders.jsonl"
    orders.write_text("\n".join(map(json.dumps, lines)))
    async with answering(vhost, _by_coupon) as arrived:
        said = await run("send", str(orders), "--rate", "400")
    told = [json.loads(line) for line in said.stdout.splitlines()]
    ids = [f"file-{number}" for number in range(80)]
    assert said.returncode == Ended.REJECTED
    assert [each["message_id"] for each in told if "message_id" in each] == ids
    assert sorted(each["request_id"] for each in told if "status" in each) == sorted(ids)
    mine = {message.message_id for message in arrived if message.reply_to == "mine"}
    assert mine == set(ids[1::2])


async def test_what_no_queue_takes_is_not_sent(vhost: VirtualHost, run: Run) -> None:
    """The broker would have confirmed it; without a relay's exchange nothing is published."""
    async with vhost.channel() as channel:
        await channel.queue_delete("orders.requests")
    returned = await run("send", *ORDER, "--no-wait")
    assert returned.returncode == Ended.NOT_PUBLISHED
    assert "not sent: unroutable" in returned.stderr
    nowhere = await run("send", *ORDER, "--namespace", "nowhere")
    assert (nowhere.returncode, nowhere.stdout) == (Ended.NOT_PUBLISHED, "")
    assert "nowhere.replies" in nowhere.stderr


async def test_an_order_that_is_perhaps_sent_is_awaited(vhost: VirtualHost, run: Run) -> None:
    """One of two queues refuses it, and the relay has it: its reply counts."""
    await vhost.declare("full", max_length=1, overflow="reject-publish")
    async with vhost.channel() as channel:
        queue = await channel.get_queue("full", ensure=False)
        await queue.bind("orders", "order.request")
        with suppress(DeliveryError):
            for _ in range(10):
                await channel.default_exchange.publish(aio_pika.Message(b""), "full")
    async with answering(vhost, _by_coupon):
        said = await run("send", *ORDER)
        silent = await run("send", *ORDER, "--message-id", "perhaps", "--no-wait")
    assert said.returncode == Ended.ACCEPTED
    assert json.loads(said.stdout.splitlines()[-1])["status"] == "accepted"
    assert "perhaps sent: the queue refused it" in said.stderr
    assert (silent.returncode, "perhaps: perhaps sent" in silent.stderr) == (Ended.NO_REPLY, True)


async def test_a_reply_that_cannot_be_read_is_none(vhost: VirtualHost, run: Run) -> None:
    """The order is still awaited, and ends without one."""
    async with answering(vhost, _by_coupon):
        said = await run("send", *ORDER, "--set", "coupon=perhaps", "--timeout", "1")
    assert said.returncode == Ended.NO_REPLY
    assert "a reply that cannot be read: ValueError: 'perhaps' is not a valid" in said.stderr


async def test_a_lost_connection_is_no_rejection(
    vhost: VirtualHost, run: Run, tmp_path: Path
) -> None:
    """Each order is named, with whether it was sent; more than are unconfirmed at a time."""
    ids = [f"lost-{number}" for number in range(MOST_UNCONFIRMED + 10)]
    orders = tmp_path / "orders.jsonl"
    lines = [{"properties": {"message_id": each}, "body": {}} for each in ids]
    orders.write_text("\n".join(map(json.dumps, lines)))
    async with Proxy(LOOPBACK, vhost.node.amqp_port) as proxy:
        proxy.on_data(lambda _, data: Verdict.CUT if b"lost-0" in data else Verdict.PASS)
        said = await run("send", str(orders), AMQP__URL=through(proxy, vhost.url))
    assert said.returncode == Ended.NOT_PUBLISHED
    notes = said.stderr.splitlines()
    assert [each for each in ids if not any(f" {each}: " in note for note in notes)] == []
    assert len([note for note in notes if ": perhaps sent: " in note]) == MOST_UNCONFIRMED
    assert "lost-73: not sent: " in said.stderr
    (lost,) = [note for note in notes if "the connection was lost: " in note]
    assert lost.endswith("; of 74 orders 0 published, 64 perhaps, 10 not")


@asynccontextmanager
async def sending(
    vhost: VirtualHost, *options: str, stdout: int = asyncio.subprocess.PIPE
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of its own, for what only a process has."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", "send", *options),
        env=environment(AMQP__URL=vhost.url),
        stdout=stdout,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(50):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_an_interrupted_one_says_how_far_it_came(vhost: VirtualHost, tmp_path: Path) -> None:
    """The ids are on stdout; what is not confirmed yet may be there all the same."""
    orders = tmp_path / "orders.jsonl"
    orders.write_text('{"body": {}}\n' * 3)
    async with sending(vhost, str(orders), "--rate", "0.001") as process:
        assert process.stdout is not None
        await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = await process.communicate()
    assert process.returncode == 128 + signal.SIGINT
    came = re.fullmatch(r".*interrupted; of 3 orders (.*), 2 not", said.decode().strip())
    assert came is not None, said
    assert came[1] in {"1 published, 0 perhaps", "0 published, 1 perhaps"}


async def test_without_a_standard_output_nothing_is_published(vhost: VirtualHost) -> None:
    """Nobody would know the id; and a reply that cannot be told is none."""
    full = os.open("/dev/full", os.O_WRONLY)
    with os.fdopen(full, "wb"):
        async with sending(vhost, *ORDER, stdout=full) as process:
            _, said = await process.communicate()
    assert process.returncode == Ended.NOT_PUBLISHED
    assert said.decode().endswith("; of 1 orders 0 published, 0 perhaps, 1 not\n")
    assert await vhost.ready("orders.requests") == 0
    read, write = os.pipe()

    def nobody_reads(message: AbstractIncomingMessage) -> dict[str, Any]:
        os.close(read)
        return _by_coupon(message) or {}

    with os.fdopen(write, "wb"):
        async with answering(vhost, nobody_reads), sending(vhost, *ORDER, stdout=write) as process:
            _, said = await process.communicate()
    assert process.returncode == Ended.NO_REPLY
    (told,) = said.decode().splitlines()
    assert "standard output: Broken pipe; of 1 orders 1 published, " in told


async def test_what_has_no_channel_is_certainly_not_sent(vhost: VirtualHost) -> None:
    """Where the connection is gone before."""
    async with Producer.connected(Broker([vhost.url]), "orders") as producer:
        await asyncio.to_thread(vhost.close_connections)
        async with asyncio.timeout(50):
            await producer.session.broken
        assert isinstance(await producer.publish(Message(b"{}")), Unpublishable)


async def test_only_the_confirm_is_awaited_if_told_so(vhost: VirtualHost, run: Run) -> None:
    """Then the order waits for a relay."""
    said = await run("send", *ORDER, "--message-id", "once", "--no-wait")
    assert (said.returncode, json.loads(said.stdout)) == (0, {"message_id": "once"})
    async with vhost.channel() as channel:
        got = await (await channel.get_queue("orders.requests", ensure=False)).get(timeout=10)
        assert got is not None
        assert got.message_id == "once"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{0}\n\n{1}\n{0}\n", "line 1, line 4: the same message_id 'a'"),
        ("[{1}, {0}, {0}]", "message 2, message 3: the same message_id 'a'"),
    ],
)
def test_a_file_with_an_id_twice_publishes_nothing(tmp_path: Path, text: str, why: str) -> None:
    """One reply would count for both; refused before anything is connected to."""
    one, other = (json.dumps({"properties": {"message_id": each}, "body": {}}) for each in "ab")
    file = tmp_path / "orders"
    file.write_text(text.replace("{0}", one).replace("{1}", other))
    said = CliRunner().invoke(app, ["send", str(file)])
    assert (said.exit_code, said.stdout) == (2, "")
    assert why in " ".join(said.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "give either a file or the order's fields"),
        (("-", "--service", "1"), "give either a file or the order's fields"),
        (("--set", "coupon"), "'coupon' is not NAME=VALUE"),
        (("--deadline", "nan"), "headers: Out of range float values"),
    ],
)
def test_a_wrong_command_line_publishes_nothing(arguments: tuple[str, ...], why: str) -> None:
    """It is refused with what to give."""
    said = CliRunner().invoke(app, ["send", *arguments])
    assert said.exit_code == 2
    assert why in " ".join(said.stderr.split())
