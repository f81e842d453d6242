"""The steps of deliveries and consumer where a broker would not show whether they were taken."""

import asyncio
from typing import cast

import pytest
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import ChannelInvalidStateError

from service.core.message import Message, Received
from service.edges.amqp.broker import Broker
from service.edges.amqp.connection import Session
from service.edges.amqp.delivery import AmqpDelivery
from service.edges.amqp.direct import Direct
from service.edges.amqp.intake import arrived
from service.flow.events.labels import LostCause
from tests.edges.amqp.edge import Edge


class Wire:
    """A connection with a queue to its socket, which is empty or full."""

    def __init__(self, *, full: bool = False) -> None:
        self.write_queue: asyncio.Queue[None] = asyncio.Queue(1)
        if full:
            self.write_queue.put_nowait(None)


class FailingChannel:
    """Takes no ack any more, while nobody has noticed yet that it is closed."""

    connection = Wire()

    async def basic_ack(self, *_: object, **__: object) -> None:
        """As aiormq does."""
        raise ChannelInvalidStateError("closed")

    basic_nack = basic_reject = basic_ack


@pytest.mark.parametrize("how", ["ack", "requeue", "dead_letter"])
async def test_a_settlement_that_fails_costs_the_session(how: str) -> None:
    """Whether the broker heard of it is unknown: it shall deliver again."""
    session = Session()
    channel = cast("AbstractChannel", FailingChannel())
    delivery = AmqpDelivery(Received(Message(b"")), 1, channel, session)
    await getattr(delivery, how)()
    assert not delivery.alive
    assert session.broken.result().cause is LostCause.ACK_FAILED
    await getattr(delivery, how)()


class HearingChannel:
    """Hears what it is told, in order."""

    connection = Wire()

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def basic_ack(self, tag: int, *, wait: bool) -> None:
        """One delivery, and not all up to it."""
        self.heard.append(f"ack {tag}")

    async def basic_nack(self, tag: int, *, requeue: bool, wait: bool) -> None:
        """One delivery, and not all up to it."""
        self.heard.append(f"nack {tag} requeue={requeue}")

    async def basic_reject(self, tag: int, *, requeue: bool, wait: bool) -> None:
        """As it says."""
        self.heard.append(f"reject {tag} requeue={requeue}")


class StuckChannel(HearingChannel):
    """Takes an ack and never gets it to the socket."""

    connection = Wire(full=True)

    async def basic_ack(self, tag: int, *, wait: bool) -> None:
        """Never."""
        await asyncio.Event().wait()


def _delivery(channel: object, session: Session) -> AmqpDelivery:
    return AmqpDelivery(Received(Message(b"")), 7, cast("AbstractChannel", channel), session)


async def test_what_the_broker_is_told() -> None:
    """A nack does not count from RabbitMQ 4.3 on; a reject counts everywhere."""
    channel = HearingChannel()
    delivery = _delivery(channel, Session())
    await delivery.ack()
    await delivery.requeue()
    await delivery.requeue(counted=True)
    await delivery.dead_letter()
    assert channel.heard == [
        "ack 7",
        "nack 7 requeue=True",
        "reject 7 requeue=True",
        "reject 7 requeue=False",
    ]


async def test_on_a_broken_session_nothing_is_said() -> None:
    """The channel may still be open, but the broker may have handed the message on already."""
    channel, session = HearingChannel(), Session()
    delivery = _delivery(channel, session)
    session.break_(LostCause.CONSUMER_CANCELLED, "a test")
    await delivery.ack()
    await delivery.requeue()
    await delivery.dead_letter()
    assert channel.heard == []


async def test_a_settlement_that_is_stuck_costs_the_session() -> None:
    """Behind a peer that reads nothing it is waited for ten seconds, and not without end."""
    session = Session()
    async with asyncio.timeout(60):
        await _delivery(StuckChannel(), session).ack()
    assert session.broken.result().cause is LostCause.ACK_FAILED


class CancellingChannel(HearingChannel):
    """Gives an ack up by a cancellation of its own, as aiormq's calls can end."""

    async def basic_ack(self, tag: int, *, wait: bool) -> None:
        """Nobody cancelled the caller."""
        raise asyncio.CancelledError


async def test_a_settlement_that_is_given_up_costs_the_session() -> None:
    """It is no cancellation of ours: taken for one, the delivery would be held for ever."""
    session = Session()
    await _delivery(CancellingChannel(), session).ack()
    assert session.broken.result().cause is LostCause.ACK_FAILED


async def test_a_settlement_that_is_cancelled_ends() -> None:
    """At the end of the drain: the session is closed right after."""
    session = Session()
    settling = asyncio.create_task(_delivery(StuckChannel(), session).ack())
    await asyncio.sleep(0)
    settling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await settling
    assert session.alive


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
    """A quorum queue has applied the acks by the time that it has answered these."""
    channel = ClosingChannel()
    await edge().consumer._close(cast("AbstractChannel", channel))  # noqa: SLF001 - lost acks are rare
    assert channel.heard == [*["ask orders.requests"] * 20, "close"]


async def test_what_cannot_be_read_is_handed_on_as_undecodable() -> None:
    """Unsettled it would keep its place in the prefetch for as long as the channel lives."""
    unreadable = cast("DeliveredMessage", _Unreadable())
    channel = cast("AbstractChannel", ClosingChannel())
    delivery = arrived(unreadable, channel, Session(), lambda: None, Direct(0))
    assert delivery.received.undecodable == "unreadable: AttributeError"
    assert delivery.alive


class _Unreadable:
    """A message as no version of the library has given one so far."""

    delivery_tag = 3
