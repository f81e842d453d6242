"""Hand-written fakes of the outside world that write one log of effects, in order.

A test asserts that log as a whole: `["submit o-1", "reply accepted", "ack o-1"]`.
"""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs

from service.core.message import Message, Publication, PublicationKind, Received
from service.core.outcome import Answered, ApiResult
from service.flow.ports import Confirmed, Published, Unconfirmed, Unpublishable

GOOD_BODY: dict[str, object] = {"service": 7, "link": "https://example.com/p/1", "quantity": 1000}
OTHER_BODY = {**GOOD_BODY, "quantity": 2000}


def request(message_id: str | None = "o-1", **changes: object) -> Message:
    """A good request; `changes` replace fields of the message, `body` is a dict or bytes."""
    body = changes.pop("body", GOOD_BODY)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(body=data, message_id=message_id, **changes)  # type: ignore[arg-type]


def waited(message: Message, **arrival: object) -> Received:
    """What the broker hands out when `message` has waited in a retry queue."""
    deaths = [{"queue": "orders.retry.1", "count": 1}]
    back = replace(message, headers={**message.headers, "x-death": deaths})
    return Received(back, "", "orders.requests", **arrival)  # type: ignore[arg-type]


def placed(order_id: str = "ord_1") -> Answered:
    """The API's answer to an order that it placed."""
    return Answered(200, json.dumps({"order": order_id}).encode())


def refusal(text: str, status: int = 400) -> Answered:
    """The API's answer to an order that it does not want."""
    return Answered(status, json.dumps({"error": text}).encode())


class FakeApi:
    """An order API that answers from a script, and places an order for each id otherwise."""

    def __init__(self, log: list[str]) -> None:
        self._log = log
        self._script: dict[str, deque[ApiResult]] = defaultdict(deque)
        self._resumed = asyncio.Event()
        self._paused: Callable[[str], bool] = lambda _: False
        self.forms: list[bytes] = []

    def answer(self, message_id: str, *results: ApiResult) -> None:
        """Answer the next calls for `message_id` so."""
        self._script[message_id].extend(results)

    def forget(self) -> None:
        """Place every order from now on."""
        self._script.clear()

    def pause(self, *message_ids: str) -> None:
        """Keep calls, or only those for these ids, in flight until `resume`."""
        self._paused = lambda message_id: not message_ids or message_id in message_ids
        self._resumed.clear()

    def resume(self) -> None:
        """Let the calls in flight be answered."""
        self._paused = lambda _: False
        self._resumed.set()

    async def submit(self, form: bytes) -> ApiResult:
        """Answer as the script says, else place the order."""
        request_id = parse_qs(form.decode())["request_id"][0]
        self.forms.append(form)
        self._log.append(f"submit {request_id}")
        if self._paused(request_id):
            await self._resumed.wait()
        script = self._script[request_id]
        return script.popleft() if script else placed(f"ord_{request_id}")


class FakeBroker:
    """Queues in memory: what is delivered, given back, dead-lettered and published."""

    def __init__(self, log: list[str]) -> None:
        self._log = log
        self._failures: deque[Unconfirmed | Unpublishable] = deque()
        self.published: list[Publication] = []
        self.parked: list[Message] = []
        self.returned: list[Received] = []
        self.before_confirm: Callable[[], None] = lambda: None
        self.before_settled: Callable[[], None] = lambda: None
        self._out: list[FakeDelivery] = []

    def deliver(self, message: Message, **arrival: object) -> "FakeDelivery":
        """A delivery of a producer's `message`; `arrival` sets redelivered and so on."""
        by: dict[str, object] = {"exchange": "orders", "routing_key": "order.request"}
        return self.hand_out(Received(message, **(by | arrival)))  # type: ignore[arg-type]

    def hand_out(self, received: Received) -> "FakeDelivery":
        """A delivery, the first or one more, of what was received."""
        delivery = FakeDelivery(self, received)
        self._out.append(delivery)
        return delivery

    def lose_connection(self) -> None:
        """Take back what is not settled, to be handed out again."""
        for delivery in self._out:
            delivery.lose()
        self._out.clear()

    def refuse(self, *reasons: str) -> None:
        """Do not confirm the next publications."""
        self._failures.extend(Unconfirmed(reason) for reason in reasons)

    def never_take(self, reason: str) -> None:
        """Say of the next publication that no try can help."""
        self._failures.append(Unpublishable(reason))

    def accept(self) -> None:
        """Confirm from now on."""
        self._failures.clear()

    async def publish(self, publication: Publication) -> Published:
        """Confirm, or not."""
        await asyncio.sleep(0)
        self.before_confirm()
        if self._failures:
            failure = self._failures.popleft()
            self.note(f"unconfirmed {publication.kind}")
            return failure
        self.published.append(publication)
        if publication.kind is PublicationKind.PARKED:
            self.parked.append(publication.message)
        self.note(_words(publication))
        return Confirmed()

    def note(self, text: str) -> None:
        """Add to the log."""
        self._log.append(text)

    def replies(self) -> list[dict[str, object]]:
        """The bodies of all replies, in order."""
        bodies = [p for p in self.published if p.kind is PublicationKind.REPLY]
        return [json.loads(p.message.body) for p in bodies]


class FakeDelivery:
    """One delivery of the fake broker."""

    def __init__(self, broker: FakeBroker, received: Received) -> None:
        self._broker = broker
        self._received = received
        self.settled = False
        self.alive = True

    @property
    def received(self) -> Received:
        """The message."""
        return self._received

    @property
    def _name(self) -> str:
        return self._received.message.message_id or "-"

    async def ack(self) -> None:
        """Done with it."""
        if self._settles():
            self._broker.note(f"ack {self._name}")

    async def requeue(self, *, counted: bool = False) -> None:
        """Deliver it again."""
        if self._settles():
            self._broker.note(f"requeue {self._name}" + (" (counted)" if counted else ""))
            self._return()

    async def dead_letter(self) -> None:
        """Move it to the parked queue."""
        if self._settles():
            self._broker.note(f"dead-letter {self._name}")
            self._broker.parked.append(self._received.message)

    def lose(self) -> None:
        """Its connection is gone: it comes again, unless it was settled."""
        if self.alive and not self.settled:
            self._return()
        self.alive = False

    def _settles(self) -> bool:
        self._broker.before_settled()
        if not self.alive:
            return False
        # The broker would close the channel for it.
        assert not self.settled, f"{self._name} is settled twice"
        self.settled = True
        return True

    def _return(self) -> None:
        self._broker.returned.append(replace(self._received, redelivered=True))


def _words(publication: Publication) -> str:
    match publication.kind:
        case PublicationKind.REPLY:
            body = json.loads(publication.message.body)
            error = body.get("error")
            return f"reply {body['status']}" + (f" {error['code']}" if error else "")
        case PublicationKind.RETRY:
            return f"retry in {publication.routing_key}"
        case PublicationKind.PARKED:
            return "park"
