"""The tries of one publication, by what the broker says to each: one log of where they went."""

import asyncio
from collections import deque

import pytest

from service.core.message import Message
from service.edges.amqp.attempt import Acked, Ended, Nacked, Outgoing, Over, Shut, Unfit, Unroutable
from service.edges.amqp.tries import REFUSED, SILENT, Tries, TriesPorts
from service.flow.events import Event
from service.flow.events.order import ReplyUnrouted
from service.flow.ports import Confirmed, Published, Unconfirmed, Unpublishable
from service.flow.ways import Destination, Ways
from tests.edges.amqp.channels import LATE, PATIENCE, FakeChannels, Says, ended
from tests.flow.clock import FakeClock


class World:
    """Tries with their time, and what they told."""

    def __init__(self, *verdicts: Says) -> None:
        self.clock = FakeClock()
        self.verdicts = deque(verdicts)
        self.tried: list[str] = []
        self.events: list[Event] = []
        stopped = asyncio.Event()
        stopped.set()
        self.tries = Tries(
            Ways(8, PATIENCE),
            TriesPorts(
                self.clock,
                self.events.append,
                stopped,  # so that no pause lasts
                self._trial,
                lambda: self.tried.append("doubt"),
            ),
            unrouted="unrouted",
            patience_seconds=PATIENCE,
        )

    async def _trial(self, outgoing: Outgoing) -> Ended:
        self.tried.append(outgoing.exchange)
        return ended(self.verdicts.popleft())

    async def carry(self, channels: FakeChannels, *, reply: bool = True) -> Published:
        """One publication with the key `k`."""
        exchange = "replies" if reply else "retry"
        outgoing = Outgoing(
            exchange, "k", Message(b"", message_id="o-1"), Destination(exchange, "k"), reply=reply
        )
        return await self.tries.carry(outgoing, channels)


UNROUTED = "together: unrouted"
ALONE_THERE = "apart: unrouted"  # nothing was confirmed there yet, and a channel was lost
NACKS = (Nacked(), Nacked(), Nacked())
REPLIES: list[tuple[tuple[Says, ...], list[str], Published]] = [
    ((), ["together: replies"], Confirmed()),
    ((Unroutable("no"),), ["together: replies"], Unconfirmed("no")),
    ((Over("gone"),), ["together: replies"], Unconfirmed("gone")),
    (
        (Nacked(), Acked()),
        ["together: replies", "apart: replies", "renew for k"],
        Confirmed(),
    ),
    (
        NACKS,
        ["together: replies", "apart: replies", "apart: replies", UNROUTED],
        Confirmed(),
    ),
    (
        (LATE, Acked()),
        ["together: replies", "apart, late before: replies"],
        Confirmed(),
    ),
    (
        (LATE, LATE),
        ["together: replies", "apart, late before: replies", ALONE_THERE],
        Confirmed(),
    ),
    (
        (LATE, LATE, Over("gone")),
        ["together: replies", "apart, late before: replies", ALONE_THERE],
        Unconfirmed(f"{SILENT}; nor could it go to the unrouted: gone"),
    ),
    ((Shut("bad"), Acked()), ["together: replies", "apart: replies"], Confirmed()),
    (
        (Shut("bad"), Shut("bad")),
        ["together: replies", "apart: replies", ALONE_THERE],
        Confirmed(),
    ),
    (
        (*NACKS, Shut("bad"), Shut("bad")),
        ["together: replies", *["apart: replies"] * 2, UNROUTED, "apart: unrouted"],
        # Its own queue may take it later: the order must not be dead-lettered for that.
        Unconfirmed(f"{REFUSED}; nor could it go to the unrouted: bad"),
    ),
    (
        (Unfit("large"), Unfit("large")),
        ["together: replies", UNROUTED],
        Unpublishable("large; nor could it go to the unrouted: large"),
    ),
]


@pytest.mark.parametrize(("script", "log", "end"), REPLIES)
async def test_a_reply(script: tuple[Says, ...], log: list[str], end: Published) -> None:
    """It is told where it is to go, or goes to the unrouted."""
    world, channels = World(), FakeChannels(*script)
    assert await world.carry(channels) == end
    assert channels.log == log


OTHERS: list[tuple[tuple[Says, ...], list[str], Published]] = [
    ((), ["together: retry"], Confirmed()),
    (NACKS, ["together: retry", "apart: retry", "apart: retry"], Unconfirmed(REFUSED)),
    ((LATE, LATE), ["together: retry", "apart, late before: retry"], Unconfirmed(SILENT)),
    ((Shut("bad"), Acked()), ["together: retry", "apart: retry"], Confirmed()),
    ((Shut("a"), Shut("bad")), ["together: retry", "apart: retry"], Unpublishable("bad")),
    ((Unfit("large"),), ["together: retry"], Unpublishable("large")),
]


@pytest.mark.parametrize(("script", "log", "end"), OTHERS)
async def test_anything_else(script: tuple[Says, ...], log: list[str], end: Published) -> None:
    """It has no other place, and what no try helps is found out alone."""
    world, channels = World(), FakeChannels(*script)
    assert await world.carry(channels, reply=False) == end
    assert channels.log == log
    assert not world.events


async def test_what_was_late_with_others_does_not_wait_for_each_of_them() -> None:
    """The first that is confirmed clears the destination for all."""
    world, channels = World(), FakeChannels(LATE, LATE, LATE)
    ends = await asyncio.gather(*(world.carry(channels) for _ in range(3)))
    assert ends == [Confirmed()] * 3
    assert channels.log[3:] == ["apart, late before: replies", *["together: replies"] * 2]


BLAMED = Over("the broker hung up", blamed=True)
TRIALS: list[tuple[bool, tuple[Says, ...], list[str], Published]] = [
    (True, (Acked(),), ["replies"], Confirmed()),
    (True, (BLAMED, Acked()), ["replies", "unrouted"], Confirmed()),
    (
        True,
        (BLAMED, BLAMED),
        ["replies", "unrouted"],
        Unpublishable("the broker hung up; nor could it go to the unrouted: the broker hung up"),
    ),
    (True, (Over("away"),), ["replies"], Unconfirmed("away")),
    (False, (BLAMED,), ["retry"], Unpublishable("the broker hung up")),
    (False, (Shut("bad"),), ["retry"], Unpublishable("bad")),
    (False, (Nacked(),), ["retry"], Unconfirmed(REFUSED)),
    (False, (LATE,), ["retry"], Unconfirmed(SILENT)),
    (False, (Unroutable("no"),), ["retry"], Unconfirmed("no")),
]


@pytest.mark.parametrize(("reply", "verdicts", "tried", "end"), TRIALS)
async def test_what_was_on_a_connection_that_the_broker_ended(
    *, reply: bool, verdicts: tuple[Says, ...], tried: list[str], end: Published
) -> None:
    """It goes on trial, and is not published beside others any more if it was the one."""
    world, channels = World(*verdicts), FakeChannels(BLAMED)
    assert await world.carry(channels, reply=reply) == end
    assert world.tried == tried
    assert len(channels.log) == 1


async def test_one_that_was_on_a_closed_channel_is_alone_whatever_its_destination_took() -> None:
    """The broker may have closed it for what this one carries."""
    world, channels = World(), FakeChannels(Acked(), Shut("bad"), Acked())
    await world.carry(channels)
    await world.carry(channels)
    assert channels.log == ["together: replies", "together: replies", "apart: replies"]


async def test_a_diverted_reply_is_told() -> None:
    """With its key, and why."""
    world = World()
    await world.carry(FakeChannels(*NACKS))
    assert world.events == [ReplyUnrouted("o-1", "k", REFUSED)]


async def test_where_one_is_unconfirmed_the_next_are_not_tried_until_it_is_heard_of() -> None:
    """Once it is confirmed, they go with all others again."""
    world, channels = World(), FakeChannels(LATE, LATE)
    await world.carry(channels)
    await world.clock.advance(PATIENCE)
    channels.log.clear()
    await world.carry(channels)
    assert channels.log == [UNROUTED]
    channels.heard[0](Acked())
    channels.log.clear()
    await world.carry(channels)
    assert channels.log == ["together: replies"]


async def test_where_refusals_go_on_each_is_tried_once() -> None:
    """A queue that is bound wider has it once for that."""
    world, channels = World(), FakeChannels(*NACKS)
    await world.carry(channels)
    await world.clock.advance(PATIENCE)
    again = FakeChannels(Nacked())
    await world.carry(again)
    assert again.log == ["apart: replies", UNROUTED]
