"""Replies that nobody was bound for: what each says, and its copy for who is bound now."""

import json
from datetime import datetime
from hashlib import sha256

from service.core.copies import copy_of, dropped
from service.core.message import Publication, PublicationKind, Received
from service.core.parked.acting import Planned, Refused
from service.core.parked.found import HANDLE_CHARACTERS
from service.core.record import record

_PROPERTIES = ("message_id", "correlation_id")


@record(frozen=True, slots=True)
class Unrouted:
    """One reply; `routing_key` is where it was to go."""

    handle: str
    request_id: str | None
    status: str
    routing_key: str
    answered_at: datetime | None
    received: Received


def read_reply(received: Received) -> Unrouted:
    """What `received`, a message of the unrouted queue, says."""
    message = received.message
    status = ""
    try:
        body = json.loads(message.body)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict) and isinstance(body.get("status"), str):
        status = body["status"]
    return Unrouted(
        handle=handle_of(received),
        request_id=message.message_id,
        status=status,
        routing_key=received.routing_key,
        answered_at=message.timestamp,
        received=received,
    )


def handle_of(received: Received) -> str:
    """The same for the same reply, also for its copy that came back."""
    named = [getattr(received.message, name) or "" for name in _PROPERTIES]
    parts = "\0".join((received.routing_key, *named))
    digest = sha256(parts.encode("utf-8", "surrogateescape") + b"\0")
    digest.update(received.message.body)
    return digest.hexdigest()[:HANDLE_CHARACTERS]


def deliver(received: Received) -> Planned | Refused:
    """Publish it once more; who is bound to the replies now gets it."""
    if received.undecodable is not None:
        return Refused("it cannot be written again as it is")
    message = received.message
    headers = {name: value for name, value in message.headers.items() if not dropped(name)}
    copy = Publication(PublicationKind.REPLY, received.routing_key, copy_of(message, headers))
    return Planned((copy,), f"delivered to who is bound for {received.routing_key}")


@record(frozen=True, slots=True)
class Choice:
    """Which replies are meant; each part that is there must hold."""

    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether nothing is asked for in particular."""
        return self == Choice()

    def takes(self, reply: Unrouted) -> bool:
        """Whether `reply` is meant: by request id or handle, and by routing key."""
        return (not self.ids or reply.request_id in self.ids or reply.handle in self.ids) and (
            not self.keys or reply.routing_key in self.keys
        )
