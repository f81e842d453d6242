"""Sending hostile messages over a raw connection, and collecting what comes of them."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aiormq.abc import AbstractChannel, DeliveredMessage

from tests.trials.hostile.messages import Case
from tests.world.broker import BrokerError, wire
from tests.world.broker.raw import RawMessage, RawPublisher
from tests.world.load import Replies

_MARK = re.compile(rb"hm-(\d{6})-")
_GOOD = re.compile(r"good-\d{7}")


class Sender:
    """A raw producer that connects again when the broker hangs up on it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._publisher: RawPublisher | None = None

    def send(self, case: Case) -> list[str]:
        """Send the case; the broker's words for each of its bodies that it refused."""
        refusals = []
        for body in case.bodies:
            try:
                if self._publisher is None:
                    self._publisher = RawPublisher(self._url)
                self._publisher.publish(
                    b"orders", case.routing_key, case.properties, headers=case.headers, body=body
                )
            except (BrokerError, OSError) as error:
                refusals.append(str(error))
                self.close()
        return refusals

    def close(self) -> None:
        """Hang up."""
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None

    def take_all(self, queue: bytes) -> list[RawMessage]:
        """Every message of the queue, taken out of it."""
        taken = []
        with RawPublisher(self._url) as taker:
            while (message := taker.get(queue)) is not None:
                taken.append(message)
        return taken


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply as it came: its status, and all its text for a search."""

    status: str
    code: str
    order: str | None
    text: str


class Inbox(Replies):
    """Every reply, by the hostile message or the good order that it is for."""

    def __init__(self) -> None:
        super().__init__()
        self.hostile: dict[int, list[Reply]] = {}
        self.good: dict[str, list[Reply]] = {}
        self.unmatched: list[Reply] = []

    def __len__(self) -> int:
        return len(self.hostile) + len(self.good) + len(self.unmatched)

    async def listen(self, channel: AbstractChannel) -> None:
        """Consumes every reply from now on; any key reaches the relay."""
        await super().listen(channel)
        # As from producers that bound more to its queue.
        await channel.queue_bind("orders.requests", "orders", "#")

    async def take(self, message: DeliveredMessage) -> None:
        """File a reply."""
        properties = message.header.properties
        key = getattr(message.delivery, "routing_key", "") or ""
        named = (properties.correlation_id, properties.message_id, key)
        places = "\n".join(str(each) for each in named)
        content: dict[str, Any] = json.loads(message.body)
        error = content.get("error") or {}
        text = f"{places}\n{properties.headers}\n{message.body.decode()}"
        reply = Reply(content["status"], error.get("code", ""), content.get("order"), text)
        if mark := _MARK.search(places.encode("utf-8", "replace")):
            self.hostile.setdefault(int(mark[1]), []).append(reply)
        elif good := _GOOD.search(places):
            self.good.setdefault(good[0], []).append(reply)
        else:
            self.unmatched.append(reply)
        self.signals.changed()


def parked_by_mark(messages: list[RawMessage]) -> tuple[Counter[int], list[RawMessage]]:
    """How often each hostile message is among the parked, and those that are none of them."""
    counted: Counter[int] = Counter()
    strange = []
    for message in messages:
        texts = [value for value in message.properties.values() if isinstance(value, bytes)]
        mark = _MARK.search(b"\n".join((*texts, message.body)))
        if mark is None:
            strange.append(message)
        else:
            counted[int(mark[1])] += 1
    return counted, strange


def repeatable(case: Case) -> str:
    """The case, so that it can be sent again."""
    properties = wire.encode_properties(
        {**case.properties, **({} if case.headers is None else {"headers": case.headers})}
    )
    return "\n".join(
        (
            f"routing key: {case.routing_key!r}",
            f"properties: {dict(case.properties)!r}",
            f"header frame: {properties!r}",
            *(f"body: {body!r}" for body in case.bodies),
        )
    )
