"""The channels of a connection by their numbers, on a wire of a test."""

import asyncio
from types import SimpleNamespace
from typing import Any

from service.edges.amqp.alarm import Alarm
from service.edges.amqp.connection import Session
from service.edges.amqp.direct import Direct
from service.edges.amqp.lanes import Lanes
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
