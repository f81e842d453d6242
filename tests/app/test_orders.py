"""What becomes of orders, end to end: producer, broker, relay process, API, and back."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pytest
from pamqp.common import FieldValue

from service.core.history import FIRST_SEEN
from service.core.times import to_rfc3339
from service.flow.sending.concurrency import FIRST
from tests.world.admin import get, metric, ready
from tests.world.broker.raw import RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.fixtures import RunRelay
from tests.world.producer import GOOD
from tests.world.relay_process import RelayProcess
from tests.world.standin import RequestIdIs
from tests.world.standin.faults import (
    BrokenJson,
    Fault,
    HangBefore,
    OkWithError,
    ResetAfter,
    Status,
)
from tests.world.standin.matching import AllCalls

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_good_order_is_placed_once_and_answered(run_relay: RunRelay) -> None:
    """The reply carries all that the contract names."""
    async with run_relay() as running:
        await running.producer.send(
            "o-1", reply_to="to.me", correlation_id="c-1", headers={"traceparent": TRACEPARENT}
        )
        body = await running.producer.reply("o-1")
        message = running.producer.replies["o-1"][0]
        assert list(body) == [
            "request_id",
            "status",
            "order",
            "attempts",
            "first_seen_at",
            "answered_at",
        ]
        assert (body["request_id"], body["status"], body["attempts"]) == ("o-1", "accepted", 1)
        assert message.routing_key == "to.me"
        assert message.correlation_id == "c-1"
        assert message.type == "order.reply.v1"
        assert message.app_id == "order-relay"
        assert message.content_type == "application/json"
        assert message.delivery_mode == 2
        assert message.timestamp is not None
        assert message.headers == {"traceparent": TRACEPARENT}
        assert running.api.ledger.orders_of("o-1") == 1


async def test_an_order_comes_back_from_its_retry_queue(run_relay: RunRelay) -> None:
    """Through the broker's waiting room, with its history, and to one order in the end."""
    async with run_relay(RETRY__DELAYS_SECONDS="1,2") as running:
        lost: list[Fault] = [ResetAfter(), Status(status=500), BrokenJson(), Status(status=502)]
        retried = 'order_relay_settled_total{settlement="retried"}'
        # Whether a wait is short enough to happen in the process is left to chance.
        for number in range(20):
            message_id = f"o-{number}"
            for fault in lost:
                running.api.faults.add(fault, RequestIdIs(request_id=message_id))
            await running.producer.send(message_id, headers={"mine": "kept"}, priority=5)
            body = await running.producer.reply(message_id)
            assert (body["status"], body["attempts"]) == ("accepted", len(lost) + 1)
            assert running.api.ledger.orders_of(message_id) == 1
            if await metric(running.relay, retried) >= 1:
                break
        assert await metric(running.relay, retried) >= 1
        assert len({request.body for request in running.api.requests}) == number + 1


async def test_a_refusal_with_status_200_is_a_rejection(run_relay: RunRelay) -> None:
    """Other panels answer so."""
    async with run_relay() as running:
        running.api.faults.add(OkWithError(error="Not today"), RequestIdIs(request_id="o-1"))
        await running.producer.send("o-1")
        body = await running.producer.reply("o-1")
        assert body["status"] == "rejected"
        assert body["error"] == {"code": "refused", "message": "Not today", "http_status": 200}


async def test_an_unrouted_reply_is_kept(vhost: VirtualHost, settings: dict[str, Any]) -> None:
    """It ends in the unrouted queue."""
    async with RelayProcess.start(settings) as relay:
        await relay.event("consuming")
        await vhost.publish(
            json.dumps(GOOD).encode(),
            exchange="orders",
            routing_key="order.request",
            message_id="o-1",
        )
        unrouted = await vhost.get("orders.unrouted")
        assert unrouted.message_id == "o-1"
        assert json.loads(unrouted.body)["status"] == "accepted"


async def test_bad_bodies_are_answered_and_the_next_order_served(
    run_relay: RunRelay,
) -> None:
    """The process lives, and no connection is lost for any of them."""
    bodies: list[object] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe{\x00}\x00",
        b'{"service": NaN}',
        b'{"service": 1, "service": 2}',
        b'{"service": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"x" * 70_000,
        GOOD | {"quantity": "1000"},
        GOOD | {"quantity": True},
        GOOD | {"quantity": -5},
        GOOD | {"key": "mine"},
        GOOD | {"link": "ftp://x"},
        GOOD | {"nested": {"a": 1}},
        {"quantity": 1},
    ]
    async with run_relay() as running:
        for number, body in enumerate(bodies):
            await running.producer.send(f"bad-{number}", body)
        await running.producer.send("good")
        assert (await running.producer.reply("good"))["status"] == "accepted"
        for number in range(len(bodies)):
            answer = await running.producer.reply(f"bad-{number}")
            assert answer["status"] == "rejected"
            assert answer["error"]["code"] in ("invalid_order", "invalid_message")
        assert running.api.ledger.calls == 1
        lost = [line for line in running.relay.lines if line["event"] == "broker connection lost"]
        assert lost == []


def _publish_without_an_id(url: str) -> None:
    # aio-pika gives every message an id.
    with RawPublisher(url) as raw:
        body = json.dumps(GOOD).encode()
        raw.publish(b"orders", b"order.request", {"reply_to": b"to.me"}, body=body)


async def test_a_message_without_an_id_is_parked(run_relay: RunRelay) -> None:
    """And answered, for it says where to."""
    async with run_relay() as running:
        await asyncio.to_thread(_publish_without_an_id, running.vhost.url)
        parked = await running.vhost.get("orders.parked")
        assert json.loads(parked.body) == GOOD
        assert not parked.message_id
        assert parked.headers["x-order-relay-parked-code"] == "missing_message_id"


async def test_metrics_and_health_speak_of_a_consuming_process(run_relay: RunRelay) -> None:
    """Ready, alive, and counted."""
    async with run_relay() as running:
        await running.producer.send("o-1")
        await running.producer.reply("o-1")
        await running.relay.event("answered", request_id="o-1")
        assert await ready(running.relay) == (200, [])
        assert (await get(running.relay, "/livez"))[0] == 200
        accepted = 'order_relay_replies_total{code="",status="accepted"}'
        assert await metric(running.relay, accepted) == 1
        assert await metric(running.relay, "order_relay_concurrency_limit") == FIRST


AGE = "order_relay_oldest_order_age_seconds"
AN_HOUR: dict[str, FieldValue] = {FIRST_SEEN: to_rfc3339(datetime.now(UTC) - timedelta(hours=1))}


async def _publish_to_tier(url: str, message_id: str) -> None:
    """What the relay does with an order that waits for a second."""
    async with await aio_pika.connect(url, timeout=60) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange("orders.retry", ensure=False)
        body = json.dumps(GOOD).encode()
        message = aio_pika.Message(body, message_id=message_id, delivery_mode=2, headers=AN_HOUR)
        await exchange.publish(message, "1", timeout=60)


@pytest.mark.timeout(180)
async def test_only_a_waiting_tier_makes_an_order_old(run_relay: RunRelay) -> None:
    """A producer's header counts for nothing; the same one, out of a tier, for all it says."""
    async with run_relay(API__TIMEOUT_SECONDS=300, DRAIN_SECONDS=1) as running:
        assert await metric(running.relay, AGE) == 0
        running.api.faults.add(HangBefore(), AllCalls(), times=2)
        await running.producer.send("o-1", headers=AN_HOUR)
        await running.api.seen("o-1", timeout=60)
        young = await metric(running.relay, AGE)
        older = await metric(running.relay, AGE)
        assert 0 < young < older < 3600
        await _publish_to_tier(running.vhost.url, "o-2")
        await running.api.seen("o-2", timeout=60)
        assert 3600 <= await metric(running.relay, AGE) < 7200
