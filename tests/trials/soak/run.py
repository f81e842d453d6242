"""Running a soak: orders in at a bounded backlog, replies out, a look at the relay every tenth."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.trials.soak.report import Findings, Report, Sample, report
from tests.world.broker import BrokerError, Queue, VirtualHost
from tests.world.load import (
    ApiProcess,
    Producer,
    RelayProcess,
    Replies,
    cpu_seconds,
    left,
    new_orders,
    resident_kib,
)

PREFIX = "soak"
STANDSTILL_SECONDS = 60.0
POLL_SECONDS = 0.05
SETTLED_SECONDS = 10.0


Watch = Callable[[int, Sample | None], None]
"""Gets how many orders were replied to so far, and at each tenth the relay as it is then."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many orders, at most how many of them unanswered, and how much the relay may grow."""

    orders: int
    backlog: int = 2000
    growth_limit_kib: int = 5 * 1024
    tenths: int = 10

    def marks(self) -> list[int]:
        """After how many replies the relay is looked at."""
        return [self.orders * tenth // self.tenths for tenth in range(1, self.tenths + 1)]


async def soak(host: VirtualHost, directory: Path, plan: Plan, watch: Watch) -> Report:
    """Send the orders of the plan through a relay in the virtual host; what came of it."""
    with ApiProcess(directory) as api:
        await api.ready()
        with RelayProcess(directory, host.url, api.url) as relay:
            await relay.consuming()
            async with Producer.connect(host.url) as producer, Replies.collect(host.url) as replies:
                samples = await _send(relay, producer, replies, plan, watch)
            code = await relay.stop()
        # Only now: the last acks are with the broker when the relay has ended.
        queues = await _once_empty(host)
        findings = Findings(
            expected=frozenset(order.request_id for order in new_orders(PREFIX, plan.orders)),
            replies=replies.by_id,
            repeated=replies.repeated,
            ledger=await api.ask("GET", "/ledger"),
            queues={name: queue.messages for name, queue in queues.items()},
            samples=tuple(samples),
            relay_exit_code=code,
            troubles=tuple(relay.troubles()),
        )
    return report(findings, growth_limit_kib=plan.growth_limit_kib)


async def _once_empty(host: VirtualHost) -> dict[str, Queue]:
    """The queues; what is in them after a while is left over."""
    try:
        return await host.until(lambda queues: not left(queues), timeout_seconds=SETTLED_SECONDS)
    except BrokerError:
        return host.queues()


async def _send(
    relay: RelayProcess, producer: Producer, replies: Replies, plan: Plan, watch: Watch
) -> list[Sample]:
    """A sample at every mark; an error in a group when nothing moves, or nothing is published."""
    publishing = producer.publish_behind(
        new_orders(PREFIX, plan.orders),
        lambda: len(replies),
        backlog=plan.backlog,
        within=STANDSTILL_SECONDS,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(publishing)
        samples: list[Sample] = []
        began, cpu_began = time.monotonic(), cpu_seconds(relay.pid)
        marks, replied, moved_at = plan.marks(), 0, began
        while marks:
            await asyncio.sleep(POLL_SECONDS)
            now, before, replied = time.monotonic(), replied, len(replies)
            watch(replied, None)
            relay.check()
            if replied != before:
                moved_at = now
            elif now - moved_at > STANDSTILL_SECONDS:
                message = f"no reply for {STANDSTILL_SECONDS:g} s, after {replied} of {plan.orders}"
                raise TimeoutError(message)
            while marks and replied >= marks[0]:
                marks.pop(0)
                sample = Sample(
                    orders=replied,
                    seconds=now - began,
                    resident_kib=resident_kib(relay.pid),
                    cpu_seconds=cpu_seconds(relay.pid) - cpu_began,
                    backlog=producer.published - replied,
                )
                samples.append(sample)
                watch(replied, sample)
    return samples
