"""What the flow relies on, of the fake broker and of the real edge alike."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from service.core.message import Message, Publication, PublicationKind
from service.flow.ports import Confirmed, Unconfirmed
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.edges.amqp.harness import FakeHarness, Harness, RealHarness
from tests.flow.fakes import request
from tests.world.broker.vhost import VirtualHost

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FULL = Message(
    body=b'{"status": "accepted", "\xc3\xa9": "\\u0000"}',
    message_id="o-1 \N{SNOWMAN}",
    correlation_id="c-1",
    reply_to="who",
    content_type="application/json",
    content_encoding="utf-8",
    type="order.reply.v1",
    app_id="order-relay",
    timestamp=WHEN,
    headers={
        "text": "\N{SNOWMAN}",
        "empty": "",
        "small": -1,
        "large": 2**62,
        "yes": True,
        "nothing": None,
        "half": 0.5,
        "third": 1 / 3,
        "huge": 1e300,
        "money": Decimal("12.34"),
        "when": WHEN,
        "bytes": b"\x00\xff",
        "list": [1, "two", [None, b"\xff"], {"deep": {"deeper": 1}}],
        "table": {"a": 1, "b": {"c": [True]}},
    },
)
ADDED_BY_THE_BROKER = {"x-delivery-count", "x-death"}


@pytest.fixture(params=["fake", "real"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    """One of the two."""
    if request.param == "fake":
        yield FakeHarness()
        return
    # An asynchronous fixture cannot be asked for from inside another one.
    vhost: VirtualHost = request.getfixturevalue("empty_vhost")
    await declared(vhost.url, ORDERS)
    async with RealHarness.start(vhost) as real:
        yield real


def _own(message: Message) -> Message:
    """The message without what a broker writes on it on its way."""
    headers = {
        name: value
        for name, value in message.headers.items()
        if name not in ADDED_BY_THE_BROKER
        and not name.startswith(("x-first-death-", "x-last-death-"))
    }
    return replace(message, headers=headers)


async def test_what_is_acked_is_gone(harness: Harness) -> None:
    """It does not come again, not even when the connection is lost."""
    await harness.send(request("o-1"))
    await (await harness.delivery(1)).ack()
    await harness.until_empty()
    await harness.lose_connection()
    await harness.send(request("o-2"))
    second = await harness.delivery(2)
    assert second.received.message.message_id == "o-2"
    assert not second.received.redelivered


async def test_what_arrives_is_what_was_sent(harness: Harness) -> None:
    """Body, properties and headers, and for the first time."""
    await harness.send(FULL)
    delivery = await harness.delivery(1)
    assert _own(delivery.received.message) == FULL
    assert (delivery.received.redelivered, delivery.received.undecodable) == (False, None)
    assert delivery.alive


@pytest.mark.parametrize("counted", [False, True])
async def test_what_is_given_back_comes_again(harness: Harness, *, counted: bool) -> None:
    """The same, marked as delivered before."""
    await harness.send(FULL)
    await (await harness.delivery(1)).requeue(counted=counted)
    again = await harness.delivery(2)
    assert again.received.redelivered
    assert _own(again.received.message) == FULL
    await again.ack()
    await harness.until_empty()


async def test_what_is_dead_lettered_ends_parked(harness: Harness) -> None:
    """The same, and it does not come again."""
    await harness.send(FULL)
    await (await harness.delivery(1)).dead_letter()
    await harness.until_empty()
    parked = await harness.queued(Publication(PublicationKind.PARKED, "", FULL))
    assert [_own(message) for message in parked] == [FULL]


async def test_undecodable_stays_with_the_message(harness: Harness) -> None:
    """A second delivery of it is as undecodable as the first, until the broker has parked it."""
    await harness.send_undecodable("bad")
    first = await harness.delivery(1)
    assert first.received.undecodable is not None
    await first.requeue()
    second = await harness.delivery(2)
    assert second.received.undecodable is not None
    assert second.received.redelivered
    await second.dead_letter()
    await harness.until_empty()
    parked = await harness.queued(Publication(PublicationKind.PARKED, "", Message(b"")))
    assert [message.message_id for message in parked] == ["bad"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (PublicationKind.REPLY, "order.accepted"),
        (PublicationKind.RETRY, "5"),
        (PublicationKind.PARKED, ""),
    ],
)
async def test_a_publication_arrives(harness: Harness, kind: PublicationKind, key: str) -> None:
    """Body, properties and headers, on the queue of its kind, once."""
    publication = Publication(kind, key, FULL)
    assert await harness.publish(publication) == Confirmed()
    assert [_own(message) for message in await harness.queued(publication)] == [FULL]


async def test_a_refused_publication_is_unconfirmed(harness: Harness) -> None:
    """With a reason, and it is nowhere."""
    publication = Publication(PublicationKind.PARKED, "", FULL)
    await harness.refuse()
    result = await harness.publish(publication)
    assert isinstance(result, Unconfirmed)
    assert result.reason
    assert await harness.queued(publication) == []


async def test_nothing_is_settled_on_a_lost_connection(harness: Harness) -> None:
    """What was unsettled comes again, and the old deliveries settle nothing of it."""
    await harness.send(request("o-1"))
    old = await harness.delivery(1)
    await harness.lose_connection()
    assert not old.alive
    new = await harness.delivery(2)
    assert new.received.redelivered
    assert new.received.message.message_id == "o-1"
    await old.ack()
    await old.requeue()
    await old.dead_letter()
    await new.requeue()
    again = await harness.delivery(3)
    assert again.received.message.message_id == "o-1"
    await again.ack()
    await harness.until_empty()
    assert await harness.queued(Publication(PublicationKind.PARKED, "", FULL)) == []
