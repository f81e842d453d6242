"""The virtual host that each test gets."""

from tests.world.broker import VirtualHost


async def test_a_message_comes_back_with_its_properties(vhost: VirtualHost) -> None:
    """What was published is what `get` returns, and then the queue is empty."""
    await vhost.declare("q")
    await vhost.publish(b"body", routing_key="q", message_id="m-1", headers={"x-a": 1})
    assert await vhost.ready("q") == 1

    message = await vhost.get("q")

    assert (message.body, message.message_id, message.headers) == (b"body", "m-1", {"x-a": 1})
    assert await vhost.drain("q") == []
