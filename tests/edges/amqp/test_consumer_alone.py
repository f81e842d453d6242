"""The consumer's steps where a broker would not show whether they were taken."""

from typing import cast

from aiormq.abc import AbstractChannel, DeliveredMessage

from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import Session
from tests.edges.amqp.edge import Edge


class ClosingChannel:
    """Hears what it is asked before it is closed."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def queue_declare(self, queue: str, *, passive: bool) -> None:
        """A question, as long as it declares nothing."""
        self.heard.append(f"ask {queue}" if passive else f"declare {queue}")

    async def close(self) -> None:
        """The end."""
        self.heard.append("close")


def edge() -> Edge:
    """An edge whose broker is nowhere."""
    return Edge(Broker(["amqp://localhost:1/"]))


async def test_the_channel_is_closed_behind_questions_to_the_queue() -> None:
    """A quorum queue has applied the acks by the time that it has answered so many."""
    channel = ClosingChannel()
    await edge().consumer._close(cast("AbstractChannel", channel))  # noqa: SLF001 - lost acks are rare
    assert channel.heard == [*["ask orders.requests"] * 20, "close"]


async def test_what_cannot_be_read_is_handed_on_as_undecodable() -> None:
    """Unsettled it would keep its place in the prefetch for as long as the channel lives."""
    alone = edge()
    unreadable = cast("DeliveredMessage", _Unreadable())
    channel = cast("AbstractChannel", ClosingChannel())
    alone.consumer._hand_on(unreadable, channel, Session())  # noqa: SLF001 - no known message does it
    (delivery,) = alone.inbox.deliveries
    assert delivery.received.undecodable == "unreadable: AttributeError"
    assert delivery.alive


class _Unreadable:
    """A message as no version of the library has given one so far."""

    delivery_tag = 3
