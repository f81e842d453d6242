"""The channels of a connection by their numbers, on a wire of a test."""

import asyncio
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from service.core.message import Message
from service.edges.amqp.alarm import Alarm
from service.edges.amqp.attempt import Acked, Late, Nacked, Outgoing, Unroutable
from service.edges.amqp.connection import Session
from service.edges.amqp.direct import Direct
from service.edges.amqp.frames import Answer
from service.edges.amqp.lane import Lane
from service.edges.amqp.lanes import ALONE_BESIDE, MOST_SHARED, Lanes
from service.edges.amqp.opening import Opening
from service.flow.ways import Destination
from tests.edges.amqp.test_direct import RETURN, World, channel, confirm, content
from tests.flow.clock import FakeClock, settle

OUTGOING = Outgoing("replies", "k", Message(b"", message_id="o-1"), Destination("replies", "k"))


class FakeWire:
    """A connection on which somebody else opens a channel at each turn of the loop."""

    def __init__(self) -> None:
        self.connection_tune = SimpleNamespace(channel_max=100, frame_max=131_072)
        self.channels: dict[int, Any] = {}
        self.met = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def channel(self, number: int, **_: object) -> Any:
        """As aiormq: the number is taken now, whoever has it."""
        await self.answers.wait()
        self.met = self.met or number in self.channels
        closing = asyncio.get_running_loop().create_future()
        channel = SimpleNamespace(number=number, is_closed=False, closing=closing, connection=self)
        self.channels[number] = channel
        return channel

    async def ready(self) -> None:
        """It never blocks."""

    async def others(self) -> None:
        """One after the other."""
        for number in range(1, 40):
            self.channels.setdefault(number, "another's")
            await asyncio.sleep(0)


def lanes_of(wire: Any, direct: Direct, clock: FakeClock, seconds: float = 600) -> Lanes:
    """Those of a session that stands."""
    late = {"late_seconds": seconds, "silent_seconds": seconds}
    return Lanes(wire, direct, Session(), Alarm(wire), clock, **late)


async def test_a_number_is_chosen_when_the_channel_is_opened() -> None:
    """A turn later another channel may have it: two with one number would end the connection."""
    wire = FakeWire()
    lanes = lanes_of(wire, Direct(0), FakeClock())
    await asyncio.gather(lanes.open(), wire.others())
    assert sum(channel != "another's" for channel in wire.channels.values()) == 2
    assert not wire.met


class Confirming(Direct):
    """Confirms what is published, on the channels that do not stand still; counts what is on each.

    Number 1 is that of the first replies; 0 stands for all channels.
    """

    def __init__(self, stands_still: int) -> None:
        super().__init__(0)
        self._stands_still = stands_still
        self._tags: Counter[int] = Counter()
        self.unconfirmed: Counter[int] = Counter()
        self.most_on_one = 0
        self.write = self._take

    def _take(self, frames: bytes) -> None:
        number = int.from_bytes(frames[1:3], "big")
        self._tags[number] += 1
        self.unconfirmed[number] += 1
        self.most_on_one = max(self.most_on_one, self.unconfirmed[number])
        if self._stands_still not in (0, number):
            self._confirm(number)

    def _confirm(self, number: int) -> None:
        publisher = self.passages[number].publisher
        assert publisher is not None
        self.unconfirmed[number] = 0
        asyncio.get_running_loop().call_soon(
            publisher[0], Answer(self._tags[number], several=True, taken=True)
        )

    def go_on(self) -> None:
        """Nothing stands still any more."""
        self._stands_still = -1
        for number in list(self.unconfirmed):
            self._confirm(number)


async def test_where_few_channels_are_allowed_one_waits_for_another() -> None:
    """No number is there twice, and aiormq, which takes the next one, has some below the bound."""
    wire = FakeWire()
    wire.connection_tune.channel_max = 12
    opening = Opening(cast("Any", wire), Session(), Alarm(cast("Any", wire)), 600.0)
    opened = [await opening.channel() for _ in range(opening.most)]
    assert [channel.number for channel in opened] == list(range(1, 10))
    waiting = asyncio.ensure_future(opening.channel())
    await settle()
    assert not waiting.done()
    del wire.channels[4]
    opened[3].closing.set_result(None)
    assert (await waiting).number == 4
    assert not wire.met


async def test_who_gives_up_opening_a_channel_leaves_its_place() -> None:
    """As at the end of the process, one of few."""
    wire = FakeWire()
    wire.connection_tune.channel_max = 4
    opening = Opening(cast("Any", wire), Session(), Alarm(cast("Any", wire)), 600.0)
    wire.answers.clear()
    given_up = asyncio.ensure_future(opening.channel())
    await settle()
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    wire.answers.set()
    async with asyncio.timeout(5):
        numbers = [(await opening.channel()).number for _ in range(opening.most)]
    assert sorted(numbers) == [1, 2, 3]


async def test_copies_of_one_id_are_on_several_channels_at_once() -> None:
    """One after the other a flood of them would wait, and keep others out of the prefetch."""
    direct = Confirming(stands_still=0)
    lanes = lanes_of(FakeWire(), direct, FakeClock())
    copies = [asyncio.create_task(lanes.together(OUTGOING)) for _ in range(3 * MOST_SHARED)]
    await settle()
    assert sorted(direct.unconfirmed.values()) == [1] * MOST_SHARED
    direct.go_on()
    assert await asyncio.gather(*copies) == [Acked()] * len(copies)
    assert direct.most_on_one == 1
    lanes.close()


async def test_a_channel_that_stands_still_alone_is_left_before_it_is_late() -> None:
    """Where others are answered meanwhile, it is not the broker that is slow."""
    clock = FakeClock()
    lanes = lanes_of(FakeWire(), Confirming(stands_still=1), clock)
    await lanes.open()
    message = Message(b"", message_id="o-2")
    reply = asyncio.create_task(lanes.together(replace(OUTGOING, message=message, reply=True)))
    await settle()
    clock.stop(1)
    for _ in range(ALONE_BESIDE):
        assert await asyncio.wait_for(lanes.together(OUTGOING), 30) == Acked()
    assert isinstance(await asyncio.wait_for(reply, 30), Late)
    lanes.close()


async def test_each_answer_finds_its_publication() -> None:
    """One confirm may be of all before it; what came back is not confirmed by it."""
    world, opened = World(), channel(2)
    opened.connection.connection_tune = SimpleNamespace(frame_max=0)
    opened.closing = asyncio.get_running_loop().create_future()
    written: list[bytes] = []
    world.direct.write = written.append
    lane = Lane(opened, world.direct)
    sent = [
        lane.begin(replace(OUTGOING, message=Message(b"", message_id=f"o-{number}")))
        for number in range(5)
    ]
    assert len(written) == 5
    # `o-1` is the second; the broker answers it as well.
    await world.read(RETURN + content(b"", 2) + confirm(80, 3, 1) + confirm(120, 4), 7)
    assert isinstance(sent[1].ended, Unroutable)
    assert [each.ended for each in sent] == [Acked(), sent[1].ended, Acked(), Nacked(), None]
    opened.closing.set_exception(gone := OSError("gone"))
    await asyncio.wait_for(lane.answered(), 10)
    assert (sent[4].error, sent[4].ended) == (gone, None)
