"""The copy of a parked message that is tried again, by way of the first waiting tier.

That way the relay knows what it says about itself for its own words, no other queue sees it, and
who may only order cannot send one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from service.core.copies import copy_of, dropped, ours
from service.core.decision import RetryPolicy, give_up
from service.core.history import History, to_headers
from service.core.message import HEADER_PREFIX, Message, Publication, PublicationKind, Received
from service.core.parked.found import Parked
from service.core.record import record
from service.core.request import DEADLINE, Request, parse
from service.core.times import to_rfc3339

REPLAYED_BY = HEADER_PREFIX + "replayed-by"
REPLAYED_AT = HEADER_PREFIX + "replayed-at"
REPLAYED_REASON = HEADER_PREFIX + "replayed-reason"
REPLACED_ID = HEADER_PREFIX + "replaced-id"

_PARKED = HEADER_PREFIX + "parked-"


@record(frozen=True, slots=True)
class Rules:
    """What the relays go by."""

    namespace: str
    policy: RetryPolicy

    @property
    def first_wait_seconds(self) -> int:
        """How long a replay waits before a relay sees it."""
        return self.policy.delays_seconds[0]

    def signed(
        self, replayed: Publication, by: str, reason: str, now: datetime, *, without_deadline: bool
    ) -> Publication:
        """The replay with who did it, when and why."""
        kept = {
            name: value
            for name, value in replayed.message.headers.items()
            if not (without_deadline and name == DEADLINE)
        }
        who = {REPLAYED_BY: by, REPLAYED_AT: to_rfc3339(now), REPLAYED_REASON: reason}
        return replace(replayed, message=replace(replayed.message, headers=kept | who))


def derived_id(parked: Parked) -> str:
    """The new message id: always the same for one parked message.

    A drawn one would be a second order after a kill between the confirm and the ack.
    """
    when = parked.parked_at.isoformat() if parked.parked_at else ""
    parts = f"order-relay\0{parked.message_id or ''}\0{when}\0"
    digest = sha256(parts.encode("utf-8", "surrogateescape"))
    digest.update(sha256(parked.received.message.body).digest())
    return str(UUID(bytes=digest.digest()[:16], version=5))


def replay_again(parked: Parked, rules: Rules, now: datetime) -> Publication:
    """Under the same id: an order may exist, and its history says so."""
    # An order may exist since then, so at least one attempt was made.
    attempts = max(1, parked.attempts)
    history = History(
        first_seen=parked.first_seen or parked.parked_at or now,
        attempts=attempts,
        unknown_since=parked.unknown_since,
        first_outcome=parked.first_outcome,
        last_outcome=parked.last_outcome,
        replayed_at=now,
        attempts_before=attempts,
    )
    headers = _kept(parked) | to_headers(history)
    return _publication(copy_of(parked.received.message, headers), rules)


def replay_anew(parked: Parked, rules: Rules, body: bytes | None) -> Publication:
    """As a new order under the derived id; the reply correlates with the old one."""
    old, message = parked.message_id or "", parked.received.message
    copy = copy_of(message, _without_history(_kept(parked)) | {REPLACED_ID: old})
    new = replace(
        copy,
        body=message.body if body is None else body,
        message_id=derived_id(parked),
        correlation_id=message.correlation_id or old or None,
    )
    return _publication(new, rules)


def objection(replayed: Publication, rules: Rules, now: datetime) -> str | None:
    """Why a relay would not send it: the relay's own rules, asked before."""
    arrives_at = now + timedelta(seconds=rules.first_wait_seconds)
    tier = f"{rules.namespace}.retry.{replayed.routing_key}"
    headers = {**replayed.message.headers, "x-death": [{"queue": tier}]}
    message = replace(replayed.message, headers=headers)
    request = parse(Received(message, "", f"{rules.namespace}.requests"), arrives_at)
    if not isinstance(request, Request):
        return f"the relay would not send it: {request.message}"
    end = give_up(request.history, request.deadline, rules.policy, arrives_at)
    if end is not None and end.answer.problem is not None:
        hint = "; see --without-deadline" if request.deadline else ""
        return f"the relay would give it up at once: {end.answer.problem.message}{hint}"
    return None


def _kept(parked: Parked) -> dict[str, object]:
    return {
        name: value
        for name, value in parked.received.message.headers.items()
        # On what the broker moved, a header of ours may be its sender's.
        if not dropped(name) and not name.startswith(_PARKED) and (parked.relayed or not ours(name))
    }


def _without_history(headers: Mapping[str, object]) -> dict[str, object]:
    every = to_headers(
        History(
            _SOME,
            unknown_since=_SOME,
            suspicions=1,
            first_outcome="",
            last_outcome="",
            replayed_at=_SOME,
        )
    )
    return {name: value for name, value in headers.items() if name not in every}


_SOME = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def _publication(message: Message, rules: Rules) -> Publication:
    return Publication(PublicationKind.RETRY, str(rules.first_wait_seconds), message)
