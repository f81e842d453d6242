"""Kills at the very byte: the relay dies before what it has written passes, or is answered.

The relay carries no failpoints. The proxies see its bytes; a trap kills it when the ones looked
for come by, and they do not pass.
"""

import asyncio
from dataclasses import dataclass
from typing import Literal

from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.wire import Trap
from tests.trials.chaos.world import World
from tests.world.faults import Direction

# AMQP 0-9-1: basic.ack is class 60, method 80, and 13 bytes with its tag; basic.publish is 60, 40,
# with two reserved bytes before the exchange's name.
ACK = b"\x00\x00\x00\x0d\x00\x3c\x00\x50"
PUBLISH = b"\x00\x3c\x00\x28\x00\x00"


def _publish_to(exchange: bytes) -> bytes:
    return PUBLISH + bytes([len(exchange)]) + exchange


@dataclass(frozen=True, slots=True)
class _Moment:
    link: Literal["amqp", "http"]
    direction: Direction
    pattern: bytes


MOMENTS = {
    # The order is decided on, and not sent.
    Kind.EXACT_BEFORE_POST: _Moment("http", Direction.TO_TARGET, b"POST "),
    # The API has the order, and the relay knows nothing of it.
    Kind.EXACT_BEFORE_ANSWER: _Moment("http", Direction.TO_CLIENT, b"HTTP/1.1 "),
    # The relay has the answer, and the broker no reply.
    Kind.EXACT_BEFORE_REPLY: _Moment("amqp", Direction.TO_TARGET, _publish_to(b"orders.replies")),
    Kind.EXACT_BEFORE_RETRY: _Moment("amqp", Direction.TO_TARGET, _publish_to(b"orders.retry")),
    # The broker has the reply or the retry, and the relay no confirm.
    Kind.EXACT_BEFORE_CONFIRM: _Moment("amqp", Direction.TO_CLIENT, ACK),
    # The relay has the confirm, and the broker no ack: what was answered comes again.
    Kind.EXACT_BEFORE_ACK: _Moment("amqp", Direction.TO_TARGET, ACK),
}


async def kill(world: World, planned: Planned) -> str | None:
    """Lies in wait for the moment as long as the plan says, and revives the relay after it."""
    moment = MOMENTS[planned.kind]
    replica = world.replicas[planned.replica]
    sprung = asyncio.Event()

    def spring() -> bool:
        if not replica.kill():
            return False
        sprung.set()
        return True

    await replica.consuming()
    wires = [replica.api_link] if moment.link == "http" else replica.links
    trap = Trap(moment.direction, moment.pattern, spring)
    for wire in wires:
        wire.lay(trap)
    try:
        await asyncio.wait_for(sprung.wait(), planned.lasts_seconds)
    except TimeoutError:
        return None
    finally:
        for wire in wires:
            wire.clear(trap)
        async with replica.lock:
            if not replica.alive():
                await replica.replace()
    return f"relay {replica.number}"
