"""`parked replay`, `resolve` and `drop`."""

import asyncio
import json
from typing import Any

import pytest
from aio_pika.abc import AbstractIncomingMessage

from tests.commands.parked.conftest import Run
from tests.commands.parked.scene import park, unknown, without_id
from tests.core.build import FIELDS, REQUEST
from tests.world.broker.vhost import VirtualHost
from tests.world.fixtures import RunRelay

WHY = ("--reason", "the API was down", "--by", "somebody")
REPLIES = "test.replies"


@pytest.fixture
async def replies(vhost: VirtualHost) -> str:
    """A queue that gets every reply."""
    await vhost.declare(REPLIES)
    async with vhost.channel() as channel:
        queue = await channel.get_queue(REPLIES, ensure=False)
        await queue.bind("orders.replies", "#")
    return REPLIES


async def answer(vhost: VirtualHost) -> tuple[AbstractIncomingMessage, Any]:
    """The next reply, and its body read."""
    message = await vhost.get(REPLIES)
    return message, json.loads(message.body)


@pytest.mark.timeout(300)
async def test_a_replay_is_served_by_the_relay(
    vhost: VirtualHost, replies: str, run: Run, run_relay: RunRelay
) -> None:
    """Under its own id, although its attempts were used up; the relay says who, when and why."""
    assert replies
    async with run_relay(RETRY__DELAYS_SECONDS="1,5") as running:
        await park(vhost, [unknown("o-1")])
        done = await run("parked", "replay", "o-1", *WHY, "--yes", "--count", "1")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "done: 1 message" in done.stdout
        _, body = await answer(vhost)
        assert (body["status"], body["request_id"], body["attempts"]) == ("accepted", "o-1", 13)
        assert running.api.ledger.orders_of("o-1") == 1
        line = await running.relay.event("replayed", request_id="o-1")
        assert (line["by"], line["reason"]) == ("somebody", "the API was down")
    assert await vhost.ready("orders.parked") == 0


async def test_a_replay_waits_in_the_first_tier_with_its_history(
    vhost: VirtualHost, run: Run
) -> None:
    """What is known of it goes along; what the parking added does not."""
    await park(vhost, [unknown("o-1"), unknown("o-2"), unknown("o-3")])
    done = await run("parked", "replay", "o-2", *WHY, "--yes", "--count", "1")
    assert done.returncode == 0, done.stderr
    message = await vhost.get("orders.requests")
    headers = dict(message.headers)
    assert (message.message_id, message.body) == ("o-2", REQUEST.body)
    assert headers["x-order-relay-attempts"] == headers["x-order-relay-attempts-before"] == 12
    assert headers["x-order-relay-retries"] == 0
    assert headers["x-order-relay-replayed-by"] == "somebody"
    assert headers["x-order-relay-replayed-reason"] == "the API was down"
    assert {"x-order-relay-unknown-since", "x-order-relay-replayed-at"} <= headers.keys()
    assert not any(name.startswith("x-order-relay-parked") for name in headers)
    left = (await run("parked", "list")).stdout.splitlines()
    assert [line.split()[-1] for line in left[3:]] == ["o-1", "o-3"]


async def test_outside_the_window_only_a_new_id_is_allowed(vhost: VirtualHost, run: Run) -> None:
    """And only once a person says that no order exists; the id is always the same."""
    await park(vhost, [unknown("o-old", since_seconds=90_000)])
    old = await run("parked", "replay", "o-old", *WHY, "--yes", "--count", "1")
    assert old.returncode == 1
    assert "the API may have forgotten its id" in old.stdout
    unsure = await run("parked", "replay", "o-old", *WHY, "--new-message-id", "--dry-run")
    assert unsure.returncode == 1
    assert "say --no-order-exists" in unsure.stdout
    sure = ("parked", "replay", "o-old", *WHY, "--new-message-id", "--no-order-exists")
    dry = await run(*sure, "--dry-run")
    assert dry.returncode == 0
    await vhost.until_ready("orders.parked", 1)
    new_id = dry.stdout.splitlines()[-1].split()[-1]
    assert (await run(*sure, "--yes", "--count", "1")).returncode == 0
    message = await vhost.get("orders.requests")
    assert message.message_id == new_id
    assert message.correlation_id == REQUEST.correlation_id
    assert message.headers["x-order-relay-replaced-id"] == "o-old"
    assert "x-order-relay-attempts" not in message.headers


async def test_an_edited_body_is_a_new_order(
    vhost: VirtualHost, run: Run, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of one message, under a new id, and only if the relay would send it."""
    await park(vhost, [unknown("o-1"), unknown("o-2")])
    good, bad = (tmp_path_factory.mktemp("bodies") / name for name in ("good", "bad"))
    good.write_text(json.dumps({**FIELDS, "quantity": 5}))
    bad.write_text("{}")
    sure = ("--new-message-id", "--no-order-exists", "--yes", "--count", "1")
    same = await run("parked", "replay", "o-1", *WHY, "--body", str(good), "--yes", "--count", "1")
    assert "it needs --new-message-id" in same.stdout
    two = await run("parked", "replay", "--all", *WHY, "--body", str(good), *sure)
    assert "is for one message" in two.stderr
    broken = await run("parked", "replay", "o-1", *WHY, "--body", str(bad), *sure)
    assert "the relay would not send it" in broken.stdout
    assert {same.returncode, two.returncode, broken.returncode} == {1}
    await vhost.until_ready("orders.parked", 2)
    assert (await run("parked", "replay", "o-1", *WHY, "--body", str(good), *sure)).returncode == 0
    assert json.loads((await vhost.get("orders.requests")).body)["quantity"] == 5


async def test_resolve_answers_accepted(vhost: VirtualHost, replies: str, run: Run) -> None:
    """With the order that a person found, where the producer waits for it."""
    assert replies
    await park(vhost, [unknown("o-1"), without_id()])
    found = ("--order", "ord_77", *WHY)
    done = await run("parked", "resolve", "o-1", *found, "--yes", "--count", "1")
    assert done.returncode == 0, done.stderr
    message, body = await answer(vhost)
    assert (body["status"], body["order"], body["request_id"]) == ("accepted", "ord_77", "o-1")
    assert (message.routing_key, message.correlation_id) == ("shop.results", "c-1")
    assert message.headers["x-order-relay-answered-by"] == "somebody"
    listed = json.loads((await run("parked", "list", "--json")).stdout)
    never = await run("parked", "resolve", listed["handle"], *found, "--yes", "--count", "1")
    assert never.returncode == 1
    assert "the relay never sent it" in never.stdout
    await vhost.until_ready("orders.parked", 1)


async def test_drop_answers_failed_and_never_lies(
    vhost: VirtualHost, replies: str, run: Run
) -> None:
    """What may exist needs a person's word; what was answered `rejected` is not answered anew."""
    assert replies
    await park(vhost, [unknown("o-1"), without_id(), unknown("o-2")])
    part = await run("parked", "drop", "--all", *WHY, "--yes", "--count", "1")
    assert part.returncode == 1, part.stdout
    assert "drop it only with --no-order-exists" in part.stdout
    await vhost.until_ready("orders.parked", 2)
    sure = ("--no-order-exists", "--yes", "--count", "2")
    assert (await run("parked", "drop", "--all", *WHY, *sure)).returncode == 0
    answers = [(await answer(vhost))[1] for _ in range(2)]
    assert [body["request_id"] for body in answers] == ["o-1", "o-2"]
    assert {body["status"] for body in answers} == {"failed"}
    assert answers[0]["error"] == {
        "code": "dropped",
        "message": "an operator dropped it: the API was down",
    }
    assert (await vhost.ready("orders.parked"), await vhost.ready(REPLIES)) == (0, 0)


async def test_nothing_is_changed_unless_it_is_wanted(vhost: VirtualHost, run: Run) -> None:
    """Without a terminal, with another count, with --dry-run, without a reason or a filter."""
    await park(vhost, [unknown(f"o-{n}") for n in range(3)])
    cases: list[tuple[tuple[str, ...], int, str]] = [
        ((), 1, "--yes --count 3"),
        (("--yes",), 1, "no --count was given"),
        (("--yes", "--count", "2"), 1, "3 messages, and --count 2 was given"),
        (("--dry-run",), 0, "nothing was changed (--dry-run)"),
    ]
    for arguments, code, said in cases:
        result = await run("parked", "replay", "--all", *WHY, *arguments)
        assert (result.returncode, said in result.stderr) == (code, True), result.stderr
    usage = [
        ("replay", "--all"),
        ("replay", *WHY),
        ("replay", "--all", "o-1", *WHY),
        ("drop", "--all", "--reason", "a\x1b[2Jb"),
        ("drop", "--all", "--reason", " "),
        ("resolve", "o-1", *WHY),
    ]
    results = await asyncio.gather(*(run("parked", *arguments) for arguments in usage))
    assert [result.returncode for result in results] == [2] * len(usage)
    assert not any("\x1b" in result.stderr for result in results)
    await vhost.until_ready("orders.parked", 3)
