"""What a producer is advised against although the relay takes it: pure rules over one message."""

import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from service.core.body import short
from service.core.message import HEADER_PREFIX
from service.core.producing.written import Written
from service.core.record import record
from service.core.request import DEADLINE
from service.core.times import to_rfc3339

FAR_SECONDS = 900
"""A clock that is off by less is not worth a word; a time zone is off by more."""

DIRECT_REPLY_TO = "amq.rabbitmq.reply-to"


class Unwise(StrEnum):
    """What a message does that is allowed and seldom meant."""

    NO_TIMESTAMP = "no_timestamp"
    TIMESTAMP_FAR_OFF = "timestamp_far_off"
    DIRECT_REPLY_TO = "direct_reply_to"
    REPLY_TO_QUEUE = "reply_to_queue"
    REPLY_TO_PATTERN = "reply_to_pattern"
    COUNTER_ID = "counter_id"
    EXPIRATION = "expiration"
    IGNORED_HEADER = "ignored_header"


@record(frozen=True, slots=True)
class Advice:
    """One thing to do otherwise, and why."""

    code: Unwise
    message: str


# What brokers and clients name a queue that nobody named, and how people name theirs.
_QUEUE = re.compile(
    r"(amq|spring)[._].*|(.*[._:/-])?(queue|q)|[0-9a-f]{32}"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|orders(\..*)?",
    re.IGNORECASE | re.DOTALL,
)
_COUNTER = re.compile(r"([A-Za-z]+[-_.:/]?)?[0-9]{1,12}")


def advise(written: Written, now: datetime) -> tuple[Advice, ...]:
    """All that is unwise about it, for a relay that gets it at `now`."""
    return (
        *_timestamp(written, now),
        *_reply_to(written.message.reply_to or ""),
        *_message_id(written.message.message_id or ""),
        *_expiration(written),
        *_headers(written),
    )


def _timestamp(written: Written, now: datetime) -> Iterator[Advice]:
    moment = written.message.timestamp
    if written.far_timestamp is not None:
        text = (
            f"the timestamp {written.far_timestamp} is past the year 9999 and counts as none; "
            "AMQP's are whole seconds since 1970"
        )
        yield Advice(Unwise.TIMESTAMP_FAR_OFF, text)
    # Some clients write 0 where nobody set one, and the relay takes it for none.
    elif moment is None or not moment.timestamp():
        text = (
            "there is no timestamp; after a crash of all relays nothing says how long ago the "
            "order may have been sent"
        )
        yield Advice(Unwise.NO_TIMESTAMP, text)
    elif abs(off := (moment - now).total_seconds()) > FAR_SECONDS:
        where = "ahead of" if off > 0 else "behind"
        text = (
            f"the timestamp {to_rfc3339(moment)} is {abs(off):.0f} s {where} the relay's clock; "
            "it is when the order is published, in UTC"
        )
        yield Advice(Unwise.TIMESTAMP_FAR_OFF, text)


def _reply_to(key: str) -> Iterator[Advice]:
    if key.startswith(DIRECT_REPLY_TO):
        text = (
            "reply_to asks for RabbitMQ's direct reply-to, which the relay does not use; it is the "
            "routing key of the reply: bind a queue to the exchange of the replies with it"
        )
        yield Advice(Unwise.DIRECT_REPLY_TO, text)
    elif _QUEUE.fullmatch(key):
        text = (
            f"reply_to {short(key)} looks like the name of a queue; it is the routing key of the "
            "reply: only a queue that is bound to the exchange of the replies with it gets one"
        )
        yield Advice(Unwise.REPLY_TO_QUEUE, text)
    elif {"*", "#"} & set(key.split(".")):
        text = f"reply_to {short(key)} is a pattern; a reply's routing key is taken as it is"
        yield Advice(Unwise.REPLY_TO_PATTERN, text)


def _message_id(message_id: str) -> Iterator[Advice]:
    if _COUNTER.fullmatch(message_id):
        text = (
            f"the message_id {short(message_id)} looks like a counter; one that starts again, or "
            "another system's, gets the answer of an earlier order"
        )
        yield Advice(Unwise.COUNTER_ID, text)


def _expiration(written: Written) -> Iterator[Advice]:
    if written.expiration is not None:
        text = (
            f"the broker parks what expires, and nobody is answered; use the header {DEADLINE}, "
            "after which the relay answers failed"
        )
        yield Advice(Unwise.EXPIRATION, text)


def _headers(written: Written) -> Iterator[Advice]:
    for name in written.message.headers:
        if name.lower().startswith(HEADER_PREFIX) and name != DEADLINE:
            text = (
                f"the header {short(name)} is the relay's own; on a request it counts for nothing"
            )
            yield Advice(Unwise.IGNORED_HEADER, text)
