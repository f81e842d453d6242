"""Settling a delivery, where the channel does not do what it is told."""

from typing import cast

import pytest
from aiormq.abc import AbstractChannel
from aiormq.exceptions import ChannelInvalidStateError

from service.core.message import Message, Received
from service.edges.amqp.connection import Session
from service.edges.amqp.delivery import AmqpDelivery
from service.flow.events import LostCause


class FailingChannel:
    """Takes no ack any more, while nobody has noticed yet that it is closed."""

    async def basic_ack(self, *_: object, **__: object) -> None:
        """As aiormq does."""
        raise ChannelInvalidStateError("closed")

    basic_nack = basic_reject = basic_ack


@pytest.mark.parametrize("how", ["ack", "give_back", "dead_letter"])
async def test_a_settlement_that_fails_costs_the_session(how: str) -> None:
    """Whether the broker heard of it is unknown: it shall deliver again."""
    session = Session()
    channel = cast("AbstractChannel", FailingChannel())
    delivery = AmqpDelivery(Received(Message(b"")), 1, channel, session)
    await getattr(delivery, how)()
    assert not delivery.alive
    assert session.broken.result().cause is LostCause.ACK_FAILED
    await getattr(delivery, how)()
