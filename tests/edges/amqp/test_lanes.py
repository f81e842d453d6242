"""The channels of a connection by their numbers, on a wire of a test."""

import asyncio
from types import SimpleNamespace
from typing import Any

from service.core.message import Message
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Acked, Nacked, Outgoing, Unroutable
from service.edges.amqp.connection import Session
from service.edges.amqp.direct import Direct
from service.edges.amqp.lane import Lane
from service.edges.amqp.lanes import Lanes
from service.flow.ways import Destination
from tests.edges.amqp.test_direct import RETURN, World, channel, confirm, content
from tests.flow.clock import FakeClock


class FakeWire:
    """A connection on which somebody else opens a channel at each turn of the loop."""

    def __init__(self) -> None:
        self.connection_tune = SimpleNamespace(channel_max=100)
        self.channels: dict[int, str] = {}
        self.met = False

    async def channel(self, number: int, **_: object) -> Any:
        """As aiormq: the number is taken now, whoever has it."""
        self.met = self.met or number in self.channels
        self.channels[number] = "ours"
        closing = asyncio.get_running_loop().create_future()
        return SimpleNamespace(number=number, is_closed=False, closing=closing)

    async def others(self) -> None:
        """One after the other."""
        for number in range(1, 40):
            self.channels.setdefault(number, "another's")
            await asyncio.sleep(0)


async def test_a_number_is_chosen_when_the_channel_is_opened() -> None:
    """A turn later another channel may have it: two with one number would end the connection."""
    wire: Any = FakeWire()
    lanes = Lanes(
        wire,
        Direct(0),
        Session(),
        Alarm(wire),
        FakeClock(),
        late_seconds=1,
        silent_seconds=1,
    )
    await asyncio.gather(lanes.open(), wire.others())
    assert list(wire.channels.values()).count("ours") == 2
    assert not wire.met


def _outgoing(message_id: str) -> Outgoing:
    to = Destination("replies", "k")
    return Outgoing(to.exchange, to.routing_key, Message(b"", message_id=message_id), to)


async def test_each_answer_finds_its_publication() -> None:
    """One confirm may be of all before it; what came back is not confirmed by it."""
    world, opened = World(), channel(2)
    opened.connection.connection_tune = SimpleNamespace(frame_max=0)
    opened.closing = asyncio.get_running_loop().create_future()
    written: list[bytes] = []
    world.direct.write = written.append
    lane = Lane(opened, world.direct)
    sent = [lane.begin(_outgoing(f"o-{number}")) for number in range(5)]
    assert len(written) == 5
    # `o-1` is the second; the broker answers it as well.
    await world.read(RETURN + content(b"", 2) + confirm(80, 3, 1) + confirm(120, 4), 7)
    assert isinstance(sent[1].ended, Unroutable)
    assert [each.ended for each in sent] == [Acked(), sent[1].ended, Acked(), Nacked(), None]
    opened.closing.set_exception(gone := OSError("gone"))
    await asyncio.wait_for(lane.answered(), 10)
    assert (sent[4].error, sent[4].ended) == (gone, None)
