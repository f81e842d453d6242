"""Orders wait, and the relay's login may not write replies: nothing may be placed for nobody."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from service.core.decision import RetryPolicy
from service.core.topology import build_whole_topology
from tests.edges.amqp.crash import declared
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.trials.hostile.findings import Finding
from tests.world.broker import VirtualHost
from tests.world.load import ApiProcess, Producer, RelayProcess, Replies, new_orders, until

PREFETCH = 128
ORDERS, SECONDS = 3_000, 60.0
ANSWERED_SECONDS = 180.0
MOST_HOLD_LINES_A_MINUTE = 2
WITHOUT_REPLIES = WRITE.replace("replies|", "")
HOLD_LINE = '"event": "hold'


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen from outside for so long, and what became of all once the right was given."""

    queued: int
    seconds: float
    calls: int
    most_unsettled: int
    hold_lines: int
    accepted: int
    more_than_one: int

    def __str__(self) -> str:
        return (
            f"{self.queued:,} queued, {self.seconds:g} s without the right: {self.calls} orders "
            f"placed, at most {self.most_unsettled} deliveries unsettled, "
            f"{self.hold_lines} hold lines; with it {self.accepted:,} accepted"
        )


async def no_right(
    host: VirtualHost, directory: Path, queued: int = ORDERS, seconds: float = SECONDS
) -> Finding:
    """The login has all that it needs but for the right to write `orders.replies`."""
    await declared(host.url, build_whole_topology("orders", RetryPolicy().delays_seconds))
    async with Producer.connect(host.url) as producer, Replies.collect(host.url) as replies:
        await producer.publish_all(new_orders("order", queued))
        host.set_permissions(configure="", write=WITHOUT_REPLIES, read=READ)
        with ApiProcess(directory) as api:
            await api.ready()
            settings = {"AMQP__TOPOLOGY": "check", "AMQP__PREFETCH": str(PREFETCH)}
            with RelayProcess(directory, host.url, api.url, **settings) as relay:
                await relay.until_logged(f"({HOLD_LINE})")
                unsettled = await _most_unsettled(host, seconds)
                lines = relay.log.read_text(encoding="utf-8").count(HOLD_LINE)
                calls = (await api.ask("GET", "/ledger?summary=1"))["calls"]
                host.set_permissions(configure="", write=WRITE, read=READ)
                try:
                    await replies.until(
                        lambda: len(replies) == queued, "all", timeout_seconds=ANSWERED_SECONDS
                    )
                except AssertionError:
                    relay.check()
                twice = (await api.ask("GET", "/ledger?summary=1"))["more_than_one_order"]
    accepted = sum(reply.status == "accepted" for reply in replies.by_id.values())
    seen = Seen(queued, seconds, calls, unsettled, lines, accepted, twice)
    return Finding("no right to write replies", str(seen), tuple(judge(seen)))


def judge(seen: Seen) -> Iterator[str]:
    """What is not as it should be: pure."""
    if seen.calls:
        yield f"{seen.calls} orders were sent whose reply could not be published"
    if seen.most_unsettled > PREFETCH:
        yield f"{seen.most_unsettled} deliveries were held at a prefetch of {PREFETCH}"
    if seen.hold_lines > max(1.0, seen.seconds / 60) * MOST_HOLD_LINES_A_MINUTE:
        yield f"{seen.hold_lines} lines on the hold in {seen.seconds:g} s"
    if seen.accepted != seen.queued:
        yield f"{seen.accepted} of {seen.queued} are accepted once the right is there"
    if seen.more_than_one:
        yield f"{seen.more_than_one} ids made more than one order"


async def _most_unsettled(host: VirtualHost, seconds: float) -> int:
    end, most = time.monotonic() + seconds, 0

    async def over() -> bool:
        nonlocal most
        queue = (await asyncio.to_thread(host.queues))["orders.requests"]
        most = max(most, queue.unacked)
        return time.monotonic() >= end

    await until(over, "looked at", timeout_seconds=2 * seconds + 30, poll_seconds=0.1)
    return most
