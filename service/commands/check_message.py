"""`order-relay check-message`: what the relay would say of a message, without a broker."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from service.app.exit_codes import ExitCode
from service.core.message import Received
from service.core.order import Order
from service.core.producing.advice import advise
from service.core.producing.verdict import judge, told
from service.core.producing.written import UnreadableMessageError, Written, read_all
from service.core.topology import REQUEST_ROUTING_KEY
from service.edges.amqp.codec import undecodable_reason

EXCHANGE = "orders"


def check(file: TextIO, *, strict: bool) -> ExitCode:
    """Say it as JSON, a line for each where there are several; `strict` minds the unwise, too."""
    try:
        messages = read_all(file.read())
    except (UnreadableMessageError, UnicodeDecodeError) as error:
        sys.stderr.write(f"order-relay: {file.name}: {error}\n")
        return ExitCode.CHECK_FAILED
    now, good = datetime.now(UTC), True
    for verdict, says in verdicts(messages, now):
        json.dump(says, sys.stdout, indent=2 if len(messages) == 1 else None)
        sys.stdout.write("\n")
        good &= isinstance(verdict, Order) and not (strict and says["advice"])
    return ExitCode.OK if good else ExitCode.CHECK_FAILED


def verdicts(messages: list[Written], now: datetime) -> Iterator[tuple[object, dict[str, object]]]:
    """What the relay does with each, and that for programs; `now` for those that name no time."""
    for written in messages:
        at = written.at or now
        received = as_received(written)
        verdict = judge(received, at)
        yield verdict, told(received, verdict, advise(written, at), at)


def as_received(written: Written) -> Received:
    """The message as the relay gets it the first time."""
    message, key = written.message, REQUEST_ROUTING_KEY
    reason = undecodable_reason(message, f"{EXCHANGE}{key}")
    return Received(message, EXCHANGE, key, undecodable=reason)
