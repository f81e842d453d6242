"""Bad neighbours: what one producer sends on purpose, and good orders that must not feel it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.trials.hostile.findings import Finding
from tests.trials.limits.stage import before_others
from tests.trials.observe.groups import CannotBeHereError, memory_group
from tests.world.broker import BrokerError, VirtualHost
from tests.world.broker.raw import RawPublisher
from tests.world.broker.wire import Raw
from tests.world.load import (
    ApiProcess,
    ProcessFailedError,
    Producer,
    RelayProcess,
    Replies,
    new_orders,
)
from tests.world.load.procfs import peak_kib

MEBIBYTE = 1 << 20
LIMIT_BYTES = 256 * MEBIBYTE
"""As in the chart."""

LARGEST_OF_4_BYTES = 15 * MEBIBYTE
"""RabbitMQ 4 takes no message above 16 MiB, 3.10 takes 128."""

GOOD_ORDERS = 20
ANSWERED_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
FULL = "sender"
COPIED = "copied"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is sent, what it may take, and whether good orders must be answered in time."""

    bodies: int = 40
    body_bytes: int = 8 * MEBIBYTE
    largest_bytes: int = 64 * MEBIBYTE
    copies: int = 150
    beside_copies: int = GOOD_ORDERS
    attacks: int = 1_000
    settings: Mapping[str, str] = field(default_factory=dict)
    most_bytes: int = LIMIT_BYTES
    timed: bool = True


SHORT = Size(
    bodies=8,
    largest_bytes=LARGEST_OF_4_BYTES,
    copies=30,
    beside_copies=5,
    attacks=30,
    settings={
        "API__TIMEOUT_SECONDS": "1",
        "AMQP__PREFETCH": "16",
        "RETRY__DELAYS_SECONDS": "1",
    },
    most_bytes=100 * MEBIBYTE,
    timed=False,
)


@dataclass(frozen=True, slots=True)
class Street:
    """A relay under the chart's memory limit, and the world around it."""

    host: VirtualHost
    api: ApiProcess
    relay: RelayProcess
    replies: Replies


async def large_bodies(host: VirtualHost, directory: Path, size: Size) -> Finding:
    """Large bodies whose reply goes to a queue that is full, and a larger one that is no order."""
    await host.declare(FULL, max_length=1, overflow="reject-publish")
    async with in_street(host, directory, size) as street:
        async with host.channel() as channel:
            await (await channel.get_queue(FULL, ensure=False)).bind("orders.replies", FULL)
        await host.publish(b"full", routing_key=FULL)
        sending = asyncio.create_task(asyncio.to_thread(_send_bodies, host.url, size))
        problems = await beside(street, sending, timed=size.timed)
        try:
            await host.until(lambda queues: queues["orders.parked"].ready == 1)
        except BrokerError:
            problems.append("the message that is no order is not parked")
        peak = peak_bytes(street, problems)
    if peak > size.most_bytes:
        problems.append(f"it may take {size.most_bytes / MEBIBYTE:.0f} MiB")
    return Finding("large bodies", f"at most {peak / MEBIBYTE:.0f} MiB taken", tuple(problems))


async def copies(host: VirtualHost, directory: Path, size: Size) -> Finding:
    """More copies of one order than are taken in at a time, while the API hangs on it."""
    async with in_street(host, directory, size) as street:
        hangs = {"fault": "hang_before", "match": {"request_id": COPIED}, "times": None}
        await street.api.ask("POST", "/faults", json=hangs)
        async with Producer.connect(host.url) as producer:
            (order,) = new_orders(COPIED, 1)
            await producer.publish_all([replace(order, request_id=COPIED)] * size.copies)
        nothing = asyncio.create_task(asyncio.sleep(0))
        problems = await beside(street, nothing, timed=size.timed, good=size.beside_copies)
        await street.api.ask("DELETE", "/faults")

        def answered() -> int:
            return (COPIED in street.replies.by_id) + street.replies.repeated[COPIED]

        def all_answered() -> bool:
            return answered() == size.copies

        try:
            await street.replies.until(all_answered, "copies", timeout_seconds=PATIENCE_SECONDS)
        except AssertionError:
            problems.append(f"{answered()} of {size.copies} copies are answered")
        ledger = await street.api.ask("GET", "/ledger")
        if (orders := ledger["by_request_id"][COPIED]["orders"]) != 1:
            problems.append(f"they made {orders} orders")
    return Finding("copies of one order", f"{size.copies} copies", tuple(problems))


def _send_bodies(url: str, size: Size) -> None:
    with RawPublisher(url) as sender:
        for number in range(size.bodies):
            named: dict[str, Raw] = {"message_id": b"large-%d" % number, "reply_to": FULL.encode()}
            body = b"x" * size.body_bytes
            sender.publish(b"orders", b"order.request", {**named, "delivery_mode": 2}, body=body)
    try:
        _send_no_order(url, size.largest_bytes)
    except (BrokerError, OSError):
        _send_no_order(url, LARGEST_OF_4_BYTES)


def _send_no_order(url: str, body_bytes: int) -> None:
    with RawPublisher(url) as sender:
        body = b"x" * body_bytes
        sender.publish(b"orders", b"order.request", {"delivery_mode": 2}, body=body)


def peak_bytes(street: Street, problems: list[str]) -> int:
    """The most memory that the relay took; one that is gone, by whatever end, is a problem."""
    try:
        street.relay.check()
        return peak_kib(street.relay.pid) * 1024
    except ProcessFailedError as error:
        problems.append(f"it is gone: {error}"[:200])
        return LIMIT_BYTES


async def beside(
    street: Street, trouble: "asyncio.Task[None]", *, timed: bool, good: int = GOOD_ORDERS
) -> list[str]:
    """What is wrong with the answers to good orders, one at a time, while the trouble lasts."""
    problems: list[str] = []
    async with Producer.connect(street.host.url) as producer:
        for number, order in enumerate(new_orders("good", 10_000), 1):
            began = time.monotonic()
            await producer.publish(order)
            try:
                reply = await street.replies.of(order.request_id, timeout_seconds=PATIENCE_SECONDS)
            except AssertionError:
                problems.append(f"{order.request_id} is not answered")
                break
            seconds = reply.arrived_at - began
            if reply.status != "accepted" or (timed and seconds > ANSWERED_SECONDS):
                problems.append(f"{order.request_id}: {reply.status} after {seconds:.1f} s")
            if trouble.done() and number >= good:
                break
    await trouble
    return problems


@asynccontextmanager
async def in_street(host: VirtualHost, directory: Path, size: Size) -> AsyncIterator[Street]:
    """A relay that consumes under the limit, and who collects its replies."""
    with ApiProcess(directory) as api, limited() as kind:
        await api.ready()
        with kind(directory, host.url, api.url, **size.settings) as relay:
            await relay.consuming()
            if size.timed:
                for pid in (os.getpid(), api.pid, relay.pid, host.node.pid):
                    before_others(pid)
            async with Replies.collect(host.url) as replies:
                yield Street(host, api, relay, replies)


@contextmanager
def limited() -> Iterator[type[RelayProcess]]:
    """A relay in a control group of the limit, where one can be made."""
    try:
        made = memory_group(LIMIT_BYTES)
        group = made.__enter__()
    except CannotBeHereError:
        yield RelayProcess
        return

    class Limited(RelayProcess):
        program: Sequence[str] = ("tests.trials.observe.groups", str(group), *RelayProcess.program)

    try:
        yield Limited
    finally:
        made.__exit__(None, None, None)
