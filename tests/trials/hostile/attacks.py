"""Attacks at once: at the admin port, by a producer, and by the API with the order's own words."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.trials.hostile.findings import Finding
from tests.trials.hostile.neighbours import MEBIBYTE, Size, beside, in_street, peak_bytes
from tests.world.broker import VirtualHost
from tests.world.broker.raw import RawPublisher
from tests.world.broker.wire import Raw
from tests.world.load.orders import good_body

CONNECTIONS = 6
HEAD = b"GET /livez HTTP/1.1\r\n" + b"".join(
    b"x-%d: %s\r\n" % (number, b"x" * 65_000) for number in range(98)
)
NAMES = [f"n{number:0>62}" for number in range(90)]
"""As long as they may be, and nearly as many."""
TOO_MANY = {f"n{number}": number for number in range(4_000)}
ERROR = " ".join((*NAMES, "key"))[:1_000] * 60
"""Nearly as long as an answer may be, and all of it in the order's own words."""
NAMED = "named"
LOGGED_BYTES = 1_500
"""For each message on average; an order that is accepted takes some 400."""


async def attacks(host: VirtualHost, directory: Path, size: Size) -> Finding:
    """Heads of 6 MB at the admin port; orders with names and errors to search; long log lines."""
    async with in_street(host, directory, size) as street:
        refusal = {"fault": "status", "status": 400, "body": json.dumps({"error": ERROR})}
        match = {"match": {"request_id": f"{NAMED}-*"}, "times": None}
        await street.api.ask("POST", "/faults", json={**refusal, **match})

        async def all_at_once() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.to_thread(_send, host.url, size.attacks))
                for _ in range(CONNECTIONS):
                    group.create_task(_knock(street.relay.admin_url, size.attacks // 10))

        problems = await beside(street, asyncio.create_task(all_at_once()), timed=size.timed)
        sent = 3 * size.attacks
        try:
            await host.until(lambda queues: not queues["orders.requests"].messages)
        finally:
            peak = peak_bytes(street, problems)
        logged = street.relay.log.stat().st_size // (sent + len(street.replies))
    if logged > LOGGED_BYTES:
        problems.append(f"{logged} bytes of log for a message")
    if peak > size.most_bytes:
        problems.append(f"it may take {size.most_bytes / MEBIBYTE:.0f} MiB")
    name = f"{sent} messages: at most {peak / MEBIBYTE:.0f} MiB, {logged} bytes of log for each"
    return Finding("attacks at once", name, tuple(problems))


def _send(url: str, count: int) -> None:
    named = good_body(1, **dict.fromkeys(NAMES, 1)).encode()
    too_many = good_body(1, **TOO_MANY).encode()
    each_wrong = good_body(1, **{name: [1] for name in NAMES}).encode()
    with RawPublisher(url) as sender:
        for number in range(count):
            for kind, body in ((NAMED, named), ("many", too_many), ("log", each_wrong)):
                properties: dict[str, Raw] = {
                    "message_id": f"{kind}-{number}-".ljust(128, "x").encode(),
                    "correlation_id": b"x" * 255,
                    "delivery_mode": 2,
                }
                sender.publish(b"orders", b"order.request", properties, body=body)


async def _knock(admin_url: str, times: int) -> None:
    url = urlsplit(admin_url)
    for _ in range(times):
        # It hangs up long before the end of the head.
        with suppress(OSError):
            _, writer = await asyncio.open_connection(url.hostname, url.port)
            try:
                writer.write(HEAD)
                await writer.drain()
            finally:
                writer.close()
