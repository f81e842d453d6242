"""Traces of a real relay: what reaches a collector, the API, the producer, and who looks later."""

import asyncio
import json
import urllib.request
from collections.abc import Iterator

import aio_pika
import pytest

from service.core.topology import build_topology
from service.edges.amqp.preparation import Prepare
from tests.edges.tracing.receiver import Receiver, Seen
from tests.world.admin import admin_url, get
from tests.world.broker.vhost import VirtualHost
from tests.world.fixtures import Running, RunRelay
from tests.world.producer import GOOD
from tests.world.relay_process import KEY, RelayProcess
from tests.world.standin import RequestIdIs
from tests.world.standin.faults import Status

SPAN_ID = "b7ad6b7169203331"
CONSUMED, POSTED = "process orders.requests", "POST"

pytestmark = pytest.mark.usefixtures("quick_spans")


def traceparent(number: int, flags: str = "01") -> str:
    """The context of a producer that began the trace of this number."""
    return f"00-{number:032x}-{SPAN_ID}-{flags}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A collector."""
    with Receiver() as running:
        yield running


async def stopped(running: Running) -> None:
    """The relay drained, and every span of it sent."""
    running.relay.process.terminate()
    assert await running.relay.exit_code() == 0


WAITS = ("waits-1", "waits-2", "waits-3", "waits-4")


def shape(spans: list[Seen]) -> list[tuple[str, str, str]]:
    """Kind and name of each span, and the name of what it hangs on."""
    known = {span.span_id: span.name for span in spans}
    return [(span.kind, span.name, known.get(span.parent_id, span.parent_id)) for span in spans]


async def test_every_order_has_its_trace(run_relay: RunRelay, receiver: Receiver) -> None:
    """Accepted, rejected, parked and retried ones, with the producer's context and without."""
    settings = {"TRACES__ENDPOINT": receiver.url, "RETRY__DELAYS_SECONDS": "1,2"}
    async with run_relay(**settings) as running:
        # Whether a wait is short enough for the process is left to chance: of so many some are not.
        for message_id in WAITS:
            for _ in range(4):
                running.api.faults.add(Status(status=502), RequestIdIs(request_id=message_id))
        await _send_one_of_each(running)
        replies = {message_id: running.producer.replies[message_id][0] for message_id in WAITS}
        await _look_at_the_metrics(running.relay)
        await stopped(running)
        sent_to_the_api = [each.headers["traceparent"] for each in running.api.requests]
    good = [span for span in receiver.spans if span.trace_id == f"{1:032x}"]
    assert shape(good) == [
        ("consumer", CONSUMED, SPAN_ID),
        ("client", POSTED, CONSUMED),
        ("producer", "publish orders.replies", CONSUMED),
    ]
    _says(
        good[0],
        **{
            "messaging.system": "rabbitmq",
            "messaging.operation.type": "process",
            "messaging.operation.name": "process",
            "messaging.destination.name": "orders:order.request:orders.requests",
            "messaging.rabbitmq.destination.routing_key": "order.request",
            "messaging.message.id": "good",
            "messaging.message.conversation_id": "c-1",
            "messaging.message.body.size": len(json.dumps(GOOD)),
            "order_relay.redelivered": False,
            "order_relay.outcome": "accepted",
            "order_relay.status": "accepted",
            "order_relay.attempts": 1,
            "order_relay.settlement": "replied",
        },
    )
    _says(
        good[1],
        **{
            "http.request.method": "POST",
            "http.response.status_code": 200,
            "server.address": "127.0.0.1",
        },
    )
    _says(
        good[2],
        **{
            "messaging.operation.type": "send",
            "messaging.destination.name": "orders.replies:to.me",
            "messaging.rabbitmq.destination.routing_key": "to.me",
            "order_relay.publication.kind": "reply",
        },
    )
    assert good[0].resource["service.name"] == "order-relay"
    assert sent_to_the_api[0][3:52] == f"{good[0].trace_id}-{good[1].span_id}"
    refused = [span for span in receiver.spans if span.trace_id == f"{2:032x}"]
    assert [span.kind for span in refused] == ["consumer", "producer"]
    _says(refused[0], **{"order_relay.status": "rejected", "order_relay.code": "invalid_order"})
    assert not refused[0].failed
    parked = [span for span in receiver.spans if span.trace_id == f"{3:032x}"]
    assert [span.name for span in parked] == [
        CONSUMED,
        "publish orders.parked",
        "publish orders.replies",
    ]
    assert parked[0].failed
    _says(parked[0], **{"error.type": "message_id_too_long", "order_relay.settlement": "parked"})
    name, waited = next(
        (each, spans)
        for each, spans in ((each, receiver.of(each)) for each in WAITS)
        if any(span.name == "publish orders.retry" for span in spans)
    )
    assert shape(waited)[:2] == [("consumer", CONSUMED, ""), ("client", POSTED, CONSUMED)]
    assert ("producer", "publish orders.retry", CONSUMED) in shape(waited)
    assert ("consumer", CONSUMED, "publish orders.retry") in shape(waited)
    assert shape(waited)[-1] == ("producer", "publish orders.replies", CONSUMED)
    attempts = [span for span in waited if span.name == POSTED]
    assert len(attempts) == 5
    _says(attempts[0], **{"error.type": "502", "order_relay.outcome": "unknown"})
    _says(attempts[-1], **{"http.request.resend_count": 4})
    assert f"-{waited[0].trace_id}-" in str(replies[name].headers["traceparent"])
    assert {path for path, _ in receiver.requests} == {"/v1/traces"}
    for secret in (KEY, "example.com"):
        assert not any(secret.encode() in body for body in receiver.raw)


async def _send_one_of_each(running: Running) -> None:
    send, reply = running.producer.send, running.producer.reply
    with_parent = {"traceparent": traceparent(1)}
    await send("good", reply_to="to.me", correlation_id="c-1", headers=with_parent)
    await reply("good")
    assert running.producer.replies["good"][0].headers == with_parent
    await send("bad", {"quantity": 1}, headers={"traceparent": traceparent(2)})
    await reply("bad")
    await send("x" * 129, reply_to="to.me", headers={"traceparent": traceparent(3)})
    await reply("x" * 129)
    parked = await running.vhost.get("orders.parked")
    assert parked.headers["traceparent"] == traceparent(3)
    for message_id in WAITS:
        await send(message_id, headers={"traceparent": "00-what-is-this-01"})
        assert (await reply(message_id))["status"] == "accepted"
    line = await running.relay.event("answered", request_id="good")
    assert line["trace_id"] == f"{1:032x}"


def _says(span: Seen, **attributes: object) -> None:
    found = {name: span.attributes.get(name) for name in attributes}
    assert found == attributes


async def _look_at_the_metrics(relay: RelayProcess) -> None:
    _, plain = await get(relay, "/metrics")
    assert "trace_id" not in plain
    request = urllib.request.Request(
        f"{await admin_url(relay)}/metrics",
        headers={"Accept": "application/openmetrics-text; version=1.0.0"},
    )

    def fetch() -> str:
        with urllib.request.urlopen(request, timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    lines = (await asyncio.to_thread(fetch)).splitlines()
    for name in ("api_request", "order", "publish"):
        metric = f"order_relay_{name}_duration_seconds_bucket"
        exemplars = [line for line in lines if line.startswith(metric) and " # {" in line]
        assert exemplars
        assert 'trace_id="' in exemplars[0]
        assert 'span_id="' in exemplars[0]


async def test_a_redelivered_order_goes_on_in_its_producers_trace(
    run_relay: RunRelay, receiver: Receiver, vhost: VirtualHost
) -> None:
    """Also after another consumer held it; its span says that it came again."""
    connection = await aio_pika.connect(vhost.url, timeout=10)
    async with connection:
        await Prepare(build_topology("orders", (1, 5, 30, 120, 600, 3600)), "declare")(connection)
    await vhost.publish(
        json.dumps(GOOD).encode(),
        exchange="orders",
        routing_key="order.request",
        message_id="again",
        headers={"traceparent": traceparent(4)},
    )
    async with vhost.channel() as channel:
        queue = await channel.get_queue("orders.requests", ensure=False)
        assert await queue.get(timeout=50) is not None
    async with run_relay(TRACES__ENDPOINT=f"{receiver.url}/v1/traces") as running:
        await running.relay.event("answered", request_id="again")
        await stopped(running)
    consumed = next(span for span in receiver.spans if span.name == CONSUMED)
    assert (consumed.trace_id, consumed.parent_id) == (f"{4:032x}", SPAN_ID)
    assert consumed.attributes["order_relay.redelivered"] is True


async def test_only_what_is_sampled_is_sent(run_relay: RunRelay, receiver: Receiver) -> None:
    """The producer decides, and for its own traces the ratio; the API is told both ways."""
    settings = {"TRACES__ENDPOINT": receiver.url, "TRACES__SAMPLE_RATIO": "0"}
    async with run_relay(**settings) as running:
        for message_id, headers in (
            ("unsampled", {"traceparent": traceparent(5, "00")}),
            ("without", {}),
            ("sampled", {"traceparent": traceparent(6)}),
        ):
            await running.producer.send(message_id, headers=headers)
            await running.producer.reply(message_id)
        await stopped(running)
        own = str(running.producer.replies["without"][0].headers["traceparent"])
        told = [each.headers["traceparent"] for each in running.api.requests]
    assert {span.trace_id for span in receiver.spans} == {f"{6:032x}"}
    assert len(receiver.spans) == 3
    assert [int(each[-2:], 16) & 1 for each in [*told, own]] == [0, 0, 1, 0]
