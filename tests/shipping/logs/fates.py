"""A real relay that meets every fate of an order: what it said, and what producers were told."""

import asyncio
import json
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from tests.world.broker import wire
from tests.world.broker.raw import RawPublisher
from tests.world.broker.vhost import VirtualHost
from tests.world.producer import GOOD, Producer
from tests.world.relay_process import KEY, Line, RelayProcess
from tests.world.standin import Options, RequestIdIs, StandIn
from tests.world.standin.faults import Fault, OkWithError, ResetAfter, Status, Unauthorized

ENDS = ("answered", "parked")
"""The texts of the lines that end an order, or a message that is none."""

_NOT_UTF_8 = wire.table([(b"caf\xe9", wire.text_field(b"latin-1"))])
_HOUR_AGO_SECONDS, _IN_AN_HOUR_SECONDS = -3600, 3600
_WAIT_SECONDS = 100.0


@dataclass(frozen=True)
class Request:
    """One message to the relay; `faults` are what the API does to it, one an attempt."""

    message_id: bytes | None
    body: object = field(default_factory=lambda: GOOD)
    properties: Mapping[str, bytes] = field(default_factory=dict)
    headers: bytes | None = None
    faults: tuple[Fault, ...] = ()
    deadline_in_seconds: int | None = None

    def publish(self, url: str) -> None:
        """Send it, byte for byte: client libraries give every message an id."""
        given = {} if self.message_id is None else {"message_id": self.message_id}
        headers = self.headers
        if self.deadline_in_seconds is not None:
            deadline = int(time.time()) + self.deadline_in_seconds
            headers = wire.table([(b"x-order-relay-deadline", wire.timestamp_field(deadline))])
        with RawPublisher(url) as raw:
            properties: dict[str, wire.Raw] = {"delivery_mode": 2, **given, **self.properties}
            body = json.dumps(self.body).encode()
            raw.publish(b"orders", b"order.request", properties, headers, body)


ROUNDS: tuple[tuple[Request, ...], ...] = (
    (
        Request(b"accepted"),
        Request(b"to-me", properties={"reply_to": b"to.me", "correlation_id": b"c-1"}),
        Request(b"in-time", deadline_in_seconds=_IN_AN_HOUR_SECONDS),
        Request(b"late", deadline_in_seconds=_HOUR_AGO_SECONDS),
        Request(b"refused", faults=(OkWithError(error="Not today"),)),
        Request(b"waited", faults=(Status(status=502), ResetAfter(), Status(status=500))),
        # Chance decides which wait is short enough for the process: of so many some are not.
        *(Request(b"waited-%d" % number, faults=(Status(status=502),) * 3) for number in range(8)),
        Request(b"throttled", faults=(Status(status=429, headers={"Retry-After": "2"}),)),
        Request(b"wrong-key", faults=(Unauthorized(),)),
        Request(b"unknown", faults=(ResetAfter(),) * 9),
        Request(b"invalid", body=GOOD | {"quantity": 0}),
        Request(b"no-object", body=[]),
        Request(b"x" * 129, properties={"correlation_id": b"c-129"}),
        Request(None, properties={"reply_to": b"to.nobody-with-an-id"}),
        Request(None),
        Request(b"damaged", headers=_NOT_UTF_8),
        Request(None, headers=_NOT_UTF_8),
    ),
    # Of what came before: the same order again, and another one under its id.
    (Request(b"accepted"), Request(b"to-me", body=GOOD | {"quantity": 11})),
    # While the API takes nobody's key.
    (Request(b"held-1"), Request(b"held-2"), Request(b"held-3")),
)
"""What is sent; a round begins when every message of the one before has ended."""

SETTINGS = {
    "RETRY__DELAYS_SECONDS": "1,2",
    "RETRY__MAX_ATTEMPTS": 4,
    "API__KEY": KEY,
    "DRAIN_SECONDS": 5,
}


@dataclass(frozen=True)
class Recording:
    """Every line that the relay wrote, as text and read, and every reply that came."""

    text: str
    lines: list[Line]
    replies: list[AbstractIncomingMessage]

    @property
    def ends(self) -> list[Line]:
        """The lines that end something."""
        return [line for line in self.lines if line["event"] in ENDS]


async def record(vhost: VirtualHost, **more: object) -> Recording:
    """Run a relay over all rounds, to its end."""
    async with StandIn(Options(keys=frozenset({KEY}))) as api:
        settings = {"AMQP__URL": vhost.url, "API__URL": api.url, **SETTINGS, **more}
        async with RelayProcess.start(settings) as relay:
            await relay.event("consuming")
            async with Producer.connect(vhost.url) as producer:
                ended = 0
                for requests in ROUNDS:
                    if requests is ROUNDS[-1]:
                        api.accept_keys()
                    for request in requests:
                        for fault in request.faults:
                            name = (request.message_id or b"").decode()
                            api.faults.add(fault, RequestIdIs(request_id=name))
                        await asyncio.to_thread(request.publish, vhost.url)
                    if requests is ROUNDS[-1]:
                        await relay.event("hold", reason="credentials", held=True)
                        api.accept_keys(KEY)
                    ended += len(requests)
                    await _until_ended(relay, ended)
                relay.process.send_signal(signal.SIGTERM)
                await relay.exit_code(_WAIT_SECONDS)
                replies = [each for found in producer.replies.values() for each in found]
        return Recording("\n".join(relay.raw) + "\n", relay.lines, replies)


async def record_each(vhosts: Mapping[str, VirtualHost]) -> dict[str, Recording]:
    """A recording for each log level, all at a time."""
    found = await asyncio.gather(
        *(record(vhost, LOG__LEVEL=level) for level, vhost in vhosts.items())
    )
    return dict(zip(vhosts, found, strict=True))


async def _until_ended(relay: RelayProcess, count: int) -> None:
    def all_ended(_: Line) -> bool:
        return sum(line["event"] in ENDS for line in relay.lines) >= count

    await relay.until(all_ended, timeout_seconds=_WAIT_SECONDS)


def reply_as_line(reply: AbstractIncomingMessage) -> dict[str, Any]:
    """What the line of a reply's order should say of it."""
    body: dict[str, Any] = json.loads(reply.body)
    error: dict[str, Any] = body.pop("error", {})
    return body | error | {"routing_key": reply.routing_key, "correlation_id": reply.correlation_id}
