"""A message without an id stays one, on the wire and in its copies."""

import asyncio

import pytest
from aiormq.exceptions import PublishError

from service.core.message import Message
from service.edges.amqp.codec import to_properties
from tests.world.broker.vhost import VirtualHost


async def test_no_id_is_made_up(vhost: VirtualHost) -> None:
    """The parked copy of a message without an id has none either.

    Without the cure aiormq put a random id into it, and that copy, put back into the requests
    queue, was placed as an order: seen with the demo's message without an id.
    """
    await vhost.declare("parked")
    async with vhost.channel() as outer:
        channel = await outer.get_underlay_channel()
        await channel.basic_publish(
            b"{}", routing_key="parked", properties=to_properties(Message(b"{}")), mandatory=True
        )
    assert not (await vhost.get("parked")).message_id


async def test_an_unroutable_message_without_an_id_is_not_confirmed(vhost: VirtualHost) -> None:
    """With no id at all on the wire, aiormq reported it as confirmed: silent loss."""
    async with vhost.channel() as outer:
        channel = await outer.get_underlay_channel()
        with pytest.raises(PublishError):
            await asyncio.wait_for(
                channel.basic_publish(
                    b"{}",
                    routing_key="nowhere",
                    properties=to_properties(Message(b"{}")),
                    mandatory=True,
                ),
                10,
            )
