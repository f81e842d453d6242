"""The channels of a connection by their numbers, and what is sent on none: on a wire of a test."""

import asyncio
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from aiormq.exceptions import ChannelInvalidStateError

from service.core.message import Message
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Acked, Late, Outgoing, attempt
from service.edges.amqp.connection import Session
from service.edges.amqp.lanes import ALONE_BESIDE, MOST_SHARED, Lanes
from service.flow.ways import Destination
from tests.flow.clock import FakeClock, settle

OUTGOING = Outgoing("replies", "k", Message(b"", message_id="o-1"), Destination("replies", "k"))


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
        return SimpleNamespace(number=number, is_closed=False)

    async def others(self) -> None:
        """One after the other."""
        for number in range(1, 40):
            self.channels.setdefault(number, "another's")
            await asyncio.sleep(0)


async def test_a_number_is_chosen_when_the_channel_is_opened() -> None:
    """A turn later another channel may have it: two with one number would end the connection."""
    wire: Any = FakeWire()
    lanes = Lanes(wire, Session(), Alarm(wire), FakeClock(), late_seconds=1, silent_seconds=1)
    await asyncio.gather(lanes.open(), wire.others())
    assert list(wire.channels.values()).count("ours") == 2
    assert not wire.met


async def test_nothing_waits_for_room_on_a_connection_that_is_gone() -> None:
    """Nobody empties its queue any more: it would be looked at a thousand times a second."""
    full: asyncio.Queue[None] = asyncio.Queue(1)
    full.put_nowait(None)
    tune = SimpleNamespace(frame_max=131_072)
    wire = SimpleNamespace(connection_tune=tune, write_queue=full, channels={})
    channel: Any = SimpleNamespace(connection=wire, number=1, is_closed=False)
    turn = asyncio.Lock()
    waiting = asyncio.create_task(attempt(channel, OUTGOING, turn))
    await settle()
    assert not waiting.done()
    channel.is_closed = True
    with pytest.raises(ChannelInvalidStateError):
        await asyncio.wait_for(waiting, 10)
    assert not turn.locked()


class Watched(FakeWire):
    """Confirms nothing until it is told to, and counts what is on each channel."""

    def __init__(self) -> None:
        super().__init__()
        self.connection_tune = SimpleNamespace(channel_max=100, frame_max=131_072)
        self.write_queue: asyncio.Queue[None] = asyncio.Queue()
        self.on_channel: Counter[int] = Counter()
        self.most_on_one = 0
        self.confirming = asyncio.Event()

    async def ready(self) -> None:
        """It never blocks."""

    async def stands_still(self, number: int) -> None:
        """Until the broker confirms what is on this channel."""
        await self.confirming.wait()

    async def channel(self, number: int, **_: object) -> Any:
        """Each publication on it is confirmed when it does not stand still."""

        async def basic_publish(*_: object, **__: object) -> None:
            self.on_channel[number] += 1
            self.most_on_one = max(self.most_on_one, self.on_channel[number])
            await self.stands_still(number)
            self.on_channel[number] -= 1

        opened: Any = SimpleNamespace(number=number, is_closed=False, connection=self)
        opened.basic_publish = basic_publish
        self.channels[number] = opened
        return opened


class OnlyRetries(Watched):
    """Its first channel, that of replies, stands still, as at a queue without a leader."""

    async def stands_still(self, number: int) -> None:
        """The others confirm at once."""
        if number == 1:
            await self.confirming.wait()


async def test_copies_of_one_id_are_on_several_channels_at_once() -> None:
    """One after the other a flood of them would wait, and keep others out of the prefetch."""
    wire: Any = Watched()
    lanes = Lanes(wire, Session(), Alarm(wire), FakeClock(), late_seconds=600, silent_seconds=600)
    copies = [asyncio.create_task(lanes.together(OUTGOING)) for _ in range(3 * MOST_SHARED)]
    await settle()
    assert sorted(wire.on_channel.values()) == [1] * MOST_SHARED
    wire.confirming.set()
    assert await asyncio.gather(*copies) == [Acked()] * len(copies)
    assert wire.most_on_one == 1
    lanes.close()


async def test_a_channel_that_stands_still_alone_is_left_before_it_is_late() -> None:
    """Where others are answered meanwhile, it is not the broker that is slow."""
    wire: Any = OnlyRetries()
    clock = FakeClock()
    lanes = Lanes(wire, Session(), Alarm(wire), clock, late_seconds=600, silent_seconds=600)
    await lanes.open()
    message = Message(b"", message_id="o-2")
    reply = asyncio.create_task(lanes.together(replace(OUTGOING, message=message, reply=True)))
    await settle()
    clock.stop(1)
    for _ in range(ALONE_BESIDE):
        assert await asyncio.wait_for(lanes.together(OUTGOING), 30) == Acked()
    assert isinstance(await asyncio.wait_for(reply, 30), Late)
    lanes.close()
