"""`order-relay send`: publish orders, confirmed, and say what became of each."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any, assert_never
from uuid import uuid4

from service.app.certificates import tls_files
from service.app.settings import SeenSettings
from service.commands.parked.progress import Progress
from service.core.codes import Status
from service.core.message import Message, Received
from service.core.producing.sending import ready
from service.core.producing.written import UnreadableMessageError, Written, read
from service.edges.amqp.broker import Broker
from service.edges.amqp.held import FAILURES, why
from service.edges.amqp.producer import Producer
from service.flow.ports import Confirmed, Unconfirmed, Unpublishable

MOST_UNCONFIRMED = 64
CONNECT_SECONDS = 5.0


class Ended(IntEnum):
    """What became of an order, as an exit code; of several the highest counts."""

    ACCEPTED = 0
    REJECTED = 1
    FAILED = 2
    UNKNOWN = 3
    NO_REPLY = 4
    NOT_PUBLISHED = 5


_OF_STATUS = {
    Status.ACCEPTED: Ended.ACCEPTED,
    Status.REJECTED: Ended.REJECTED,
    Status.FAILED: Ended.FAILED,
    Status.UNKNOWN: Ended.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to send: as whom, to which relays, how fast, and how long to wait for replies."""

    namespace: str
    login: str
    rate: float | None
    wait_seconds: float | None


def send(settings: SeenSettings, messages: Sequence[Written], wanted: Wanted) -> int:
    """Send them all; the exit code."""
    # Unguessable, so that nobody else's replies come.
    place = f"{wanted.login}.send.{uuid4().hex}"
    now = datetime.now(UTC)
    try:
        orders = [
            ready(each, now=now, message_id=str(uuid4()), reply_to=place) for each in messages
        ]
    except UnreadableMessageError as error:
        return _fail(str(error))
    amqp = settings.amqp
    broker = Broker(amqp.urls, tls_files(amqp), connect_timeout_seconds=CONNECT_SECONDS)
    try:
        return asyncio.run(_Sending(orders, wanted, place).run(broker))
    except FAILURES as error:
        return _fail(why(error))


class _Sending:
    """Some orders on their way: each is in `left` until its reply came."""

    def __init__(self, orders: Sequence[Message], wanted: Wanted, place: str) -> None:
        self._orders = orders
        self._wanted = wanted
        self._place = place
        self._left = {each.message_id: Ended.NO_REPLY for each in orders}
        self._worst = Ended.ACCEPTED
        self._changed = asyncio.Event()
        self._published = 0
        self._begun = 0
        self._deaf: str | None = None
        self._progress = Progress()

    async def run(self, broker: Broker) -> int:
        try:
            return await self._run(broker)
        except asyncio.CancelledError:
            self._cut("interrupted")
            raise

    async def _run(self, broker: Broker) -> int:
        async with Producer.connected(broker, self._wanted.namespace) as producer:
            if self._wanted.wait_seconds is not None:
                keys = dict.fromkeys(each.reply_to or self._place for each in self._orders)
                # Before the first order: a reply that no queue is bound for is not kept for us.
                listening = producer.listen(self._place, keys, self._on_reply)
                await producer.session.run(listening)
            await self._publish_all(producer)
            if self._wanted.wait_seconds is not None:
                await self._replies(producer, self._wanted.wait_seconds)
            self._progress.end()
            if self._deaf is not None:
                self._cut(self._deaf)
            elif not producer.session.alive and (self._left or self._worst is Ended.NOT_PUBLISHED):
                self._cut(f"the connection was lost: {producer.session.broken.result().reason}")
        if self._wanted.wait_seconds is not None and self._deaf is None:
            for message_id in self._left:
                _note(f"{message_id}: no reply in time; the same message id may be sent again")
        return max([self._worst, *self._left.values()])

    async def _publish_all(self, producer: Producer) -> None:
        """One after the other at the rate, some of them unconfirmed at a time."""
        room = asyncio.Semaphore(MOST_UNCONFIRMED)
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number, order in enumerate(self._orders):
                if not producer.session.alive:
                    self._not_published(order, "the connection was lost")
                    continue
                if self._wanted.rate:
                    await asyncio.sleep(began + number / self._wanted.rate - loop.time())
                await room.acquire()
                # Before it is published: who is interrupted knows under which id to ask again.
                self._say({"message_id": order.message_id})
                if self._deaf is not None:
                    break
                self._begun += 1
                task = group.create_task(self._publish(producer, order))
                task.add_done_callback(lambda _: room.release())

    async def _publish(self, producer: Producer, order: Message) -> None:
        match await producer.publish(order):
            case Confirmed():
                self._published += 1
                if self._wanted.wait_seconds is None:
                    self._left.pop(order.message_id, None)
            case Unpublishable(reason):
                self._begun -= 1
                self._not_published(order, reason)
            case Unconfirmed(reason):
                # It stays in `left`: it may be placed, and then its reply says how it ended.
                self._tell(order, f"perhaps sent: {reason}; without a reply repeat the same id")
            case _ as never:  # pragma: no cover
                assert_never(never)
        if len(self._orders) > 1:
            self._progress.tell(self._published, len(self._orders) - self._published)

    def _not_published(self, order: Message, reason: str) -> None:
        self._left.pop(order.message_id, None)
        self._worst = Ended.NOT_PUBLISHED
        self._tell(order, f"not sent: {reason}")

    def _tell(self, order: Message, text: str) -> None:
        self._progress.end()
        _note(f"{order.message_id}: {text}")

    def _cut(self, why: str) -> None:
        """Say how far it came; the ids are on stdout."""
        self._progress.end()
        perhaps, none = self._begun - self._published, len(self._orders) - self._begun
        if none:
            self._worst = Ended.NOT_PUBLISHED
        counts = f"{self._published} published, {perhaps} perhaps, {none} not"
        _note(f"{why}; of {len(self._orders)} orders {counts}")

    async def _replies(self, producer: Producer, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while self._left and (rest := until - loop.time()) > 0:
            if self._deaf is not None or not producer.session.alive:
                return
            self._changed.clear()
            waiting = asyncio.create_task(self._changed.wait())
            either: set[asyncio.Future[Any]] = {waiting, producer.session.broken}
            await asyncio.wait(either, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()

    def _on_reply(self, received: Received) -> None:
        # Replies come at least once; and on a key of one's own come other orders', too.
        message = received.message
        if message.message_id not in self._left:
            return
        try:
            body = json.loads(message.body)
            ended = _OF_STATUS[Status(body["status"])]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            # Still awaited: taken for answered, it would end as accepted.
            self._tell(message, f"a reply that cannot be read: {type(error).__name__}: {error}")
            return
        self._progress.end()
        self._say(body)
        if self._deaf is None:
            del self._left[message.message_id]
            self._worst = max(self._worst, ended)
        self._changed.set()

    def _say(self, value: object) -> None:
        try:
            sys.stdout.write(f"{json.dumps(value)}\n")
            sys.stdout.flush()
        except OSError as error:
            self._deaf = f"standard output: {error.strerror}"
            # Else what is left of the line fails once more, when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _note(text: str) -> None:
    sys.stderr.write(f"order-relay: {text}\n")


def _fail(text: str) -> int:
    _note(text)
    return Ended.NOT_PUBLISHED


def from_options(
    fields: Mapping[str, object],
    extra: Sequence[str],
    properties: Mapping[str, object],
    headers: Mapping[str, object],
) -> Written:
    """The message of the command line; what is None was not given."""
    body = {name: value for name, value in fields.items() if value is not None}
    for each in extra:
        name, equals, text = each.partition("=")
        if not equals:
            raise UnreadableMessageError(f"{each!r} is not NAME=VALUE")
        body[name] = _value(text)
    given = {name: value for name, value in properties.items() if value is not None}
    return read({"properties": given, "headers": dict(headers), "body": body})


def _value(text: str) -> object:
    """What JSON reads as a number, a boolean or a text; else the text as it is."""
    try:
        value: object = json.loads(text, parse_constant=str)
    except (json.JSONDecodeError, RecursionError):
        return text
    return value if isinstance(value, int | float | str) else text
