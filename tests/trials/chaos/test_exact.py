"""The bytes that an exact kill waits for are those of the frame that it names, and of no other."""

import pytest
from pamqp import commands, frame
from pamqp.base import Frame

from tests.trials.chaos.faults.exact import ACK, MOMENTS
from tests.trials.chaos.kinds import Kind

REPLY = commands.Basic.Publish(exchange="orders.replies", routing_key="chaos.1", mandatory=True)
RETRY = commands.Basic.Publish(exchange="orders.retry", routing_key="5", mandatory=True)
PARKED = commands.Basic.Publish(exchange="orders.parked", routing_key="", mandatory=True)
OTHERS: tuple[Frame, ...] = (
    PARKED,
    commands.Basic.Nack(1),
    commands.Basic.Reject(1),
    commands.Basic.Qos(prefetch_count=60),
    commands.Basic.Consume(queue="orders.requests"),
    commands.Basic.Cancel(consumer_tag="orders.replies"),
)


@pytest.mark.parametrize(
    ("kind", "its_own"),
    [
        (Kind.EXACT_BEFORE_REPLY, REPLY),
        (Kind.EXACT_BEFORE_RETRY, RETRY),
        (Kind.EXACT_BEFORE_CONFIRM, commands.Basic.Ack(2**40, multiple=True)),
        (Kind.EXACT_BEFORE_ACK, commands.Basic.Ack(7)),
    ],
)
def test_a_moment_is_that_of_one_frame(kind: Kind, its_own: Frame) -> None:
    """Found among what comes before and behind it in one chunk, on any channel."""
    pattern = MOMENTS[kind].pattern
    others = b"".join(frame.marshal(other, 1) for other in OTHERS)
    assert pattern not in others
    assert pattern in others + frame.marshal(its_own, 65_535) + others
    if pattern != ACK:
        assert pattern not in frame.marshal(commands.Basic.Ack(1), 1)
