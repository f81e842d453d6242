"""An alarm of the broker's is heard on the wire, and asked for without a task."""

import asyncio
from math import inf
from typing import cast

import pytest
from aiormq.abc import AbstractConnection
from pamqp import commands
from pamqp.base import Frame
from pamqp.frame import marshal
from pamqp.heartbeat import Heartbeat

from service.edges.amqp.alarm import Alarm, overhear
from service.edges.amqp.bounded import BoundedReader
from service.edges.amqp.direct import Direct


class Wire:
    """aiormq's connection, as far as an alarm knows it."""

    def __init__(self) -> None:
        self.unblocked = asyncio.Event()

    async def ready(self) -> None:
        """Returns when no alarm sounds."""
        await self.unblocked.wait()


@pytest.mark.parametrize(
    ("frame", "times"),
    [
        (commands.Connection.Blocked("memory"), 1),
        (commands.Connection.Unblocked(), 1),
        (commands.Connection.CloseOk(), 0),
        (Heartbeat(), 0),
    ],
)
async def test_what_is_heard_on_the_wire_is_for_aiormq_all_the_same(
    frame: Frame, times: int
) -> None:
    """Only what begins or ends an alarm is told of, once for each."""
    direct, told = Direct(inf), list[None]()
    overhear(direct, lambda: told.append(None))
    reader, sent = BoundedReader(direct, inf, lambda: 0.0), marshal(frame, 0)
    for byte in sent:
        reader.feed_data([byte])
    assert await reader.readexactly(len(sent)) == sent
    assert len(told) == times


async def test_a_question_costs_no_task_where_nothing_blocks() -> None:
    """Asked while an alarm sounds it leaves nothing behind that waits."""
    wire = Wire()
    alarm = Alarm(cast("AbstractConnection", wire))
    assert not alarm.silent()
    assert not await alarm.over(0.0)
    wire.unblocked.set()
    before = asyncio.all_tasks()
    assert alarm.silent()
    assert await alarm.over(0.0)
    assert asyncio.all_tasks() == before
