"""`order-relay send` against a real broker, with a test where the relay would be."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from typer.testing import CliRunner

from service.commands.cli import app
from service.commands.send.command import Ended
from tests.commands.parked.conftest import Run, run, vhost
from tests.world.broker.vhost import VirtualHost

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
    assert {message.reply_to for message in arrived[1::2]} == {"mine"}


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


async def test_only_the_confirm_is_awaited_if_told_so(vhost: VirtualHost, run: Run) -> None:
    """Then the order waits for a relay."""
    said = await run("send", *ORDER, "--message-id", "once", "--no-wait")
    assert (said.returncode, json.loads(said.stdout)) == (0, {"message_id": "once"})
    async with vhost.channel() as channel:
        got = await (await channel.get_queue("orders.requests", ensure=False)).get(timeout=10)
        assert got is not None
        assert got.message_id == "once"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "give either a file or the order's fields"),
        (("-", "--service", "1"), "give either a file or the order's fields"),
        (("--set", "coupon"), "'coupon' is not NAME=VALUE"),
    ],
)
def test_a_wrong_command_line_publishes_nothing(arguments: tuple[str, ...], why: str) -> None:
    """It is refused with what to give."""
    said = CliRunner().invoke(app, ["send", *arguments])
    assert said.exit_code == 2
    assert why in " ".join(said.stderr.split())
