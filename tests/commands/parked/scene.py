"""Messages that are parked as the relay and the broker park them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from service.core import answer as answers
from service.core.codes import Code
from service.core.copies import parked_copy
from service.core.history import History
from service.core.message import Message, Publication, Received
from service.edges.amqp.codec import to_properties
from tests.core.build import REQUEST
from tests.world.broker.vhost import VirtualHost

PARKED = "orders.parked"


def unknown(message_id: str, since_seconds: float = 60.0, **changes: Any) -> Publication:
    """An order that may exist, first sent so long ago, and parked just now."""
    now = datetime.now(UTC)
    first = now - timedelta(seconds=since_seconds)
    history = History(
        first,
        attempts=12,
        retries=11,
        unknown_since=first,
        first_outcome="throttled",
        last_outcome="unknown",
    )
    final = answers.given_up(Code.ATTEMPTS_EXHAUSTED, "no certain answer in 12 attempts", history)
    message = replace(REQUEST, message_id=message_id, **changes)
    return parked_copy(Received(message, "orders", "order.request"), final, history, now)


def without_id(**changes: Any) -> Publication:
    """A message without an id, which was never sent."""
    now = datetime.now(UTC)
    history = History(now)
    final = answers.rejected(Code.MISSING_MESSAGE_ID, "the message has no message_id", history)
    message = replace(REQUEST, message_id=None, **changes)
    return parked_copy(Received(message, "orders", "order.request"), final, history, now)


async def park(vhost: VirtualHost, publications: Iterable[Publication]) -> None:
    """Publish them to the parked queue, in this order."""
    await publish(vhost, PARKED, ((one.message, "") for one in publications))


async def publish(
    vhost: VirtualHost, exchange: str, messages: Iterable[tuple[Message, str]]
) -> None:
    """Publish each under its routing key, confirmed."""
    async with vhost.channel() as channel:
        wire = await channel.get_underlay_channel()
        for message, key in messages:
            await wire.basic_publish(
                message.body,
                exchange=exchange,
                routing_key=key,
                properties=to_properties(message),
                mandatory=True,
            )
