"""What is shown of parked messages: nothing of a message reaches the terminal as it is."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from service.commands.top.words import NOTHING, count, duration, shown
from service.core.copies import ORIGINAL_HEADERS
from service.core.message import Received
from service.core.parked.found import Parked
from service.core.parked.selecting import Group, grouped
from service.core.times import to_rfc3339

LONGEST_ID = 128
LONGEST_TEXT = 300
LONGEST_VALUE = 2000
LONGEST_BODY = 16 * 1024
MOST_OUTCOMES = 20
MASK = "***"
_SECRET_FIELDS = frozenset({"key", "api_key", "password", "token"})
_ROW = "{:<12}  {:>8}  {:<22} {:>8}  {:<13}  {:<13}  {}"


def messages(number: int) -> str:
    """How many messages."""
    return f"{count(number)} message{'' if number == 1 else 's'}"


def summary(found: Sequence[Parked], queue: str, now: datetime) -> Iterator[str]:
    """How many there are, in groups."""
    yield f"{messages(len(found))} in {queue}"
    yield from (group_line(group, now) for group in grouped(found))


def group_line(group: Group, now: datetime) -> str:
    """One group."""
    oldest, newest = age(group.oldest, now), age(group.newest, now)
    code, number = shown(group.code or NOTHING), count(group.count)
    return f"{number:>9}  {code:<22} {group.standing:<18} oldest {oldest}, newest {newest}"


def rows(found: Sequence[Parked], now: datetime, limit: int) -> Iterator[str]:
    """A line each, at most `limit`; with 0 all."""
    if not found:
        return
    yield _ROW.format("handle", "parked", "code", "attempts", "first", "last", "message id")
    for one in found[: limit or None]:
        message_id = shown(one.message_id, LONGEST_ID) if one.message_id else NOTHING
        code, parked = shown(one.code or NOTHING), age(one.parked_at, now)
        yield _ROW.format(one.handle, parked, code, one.attempts, *_outcomes(one), message_id)
    if limit and len(found) > limit:
        yield f"... and {count(len(found) - limit)} more; --limit 0 shows all"


def _outcomes(parked: Parked) -> tuple[str, str]:
    """Of the first attempt and of the last one."""
    return shown(parked.first_outcome or NOTHING), shown(parked.last_outcome or NOTHING)


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago."""
    return NOTHING if moment is None else duration(max(0.0, (now - moment).total_seconds()))


def story(parked: Parked, now: datetime, window_seconds: int) -> Iterator[str]:
    """One message whole: what is known, its properties, its headers, its body."""
    received = parked.received
    yield f"handle          {parked.handle}"
    yield f"message id      {_told(parked.message_id)}"
    yield f"why             {shown(parked.code or NOTHING)}: {shown(parked.reason, LONGEST_TEXT)}"
    yield f"what exists     {parked.standing}"
    yield f"parked          {_when(parked.parked_at, now)}"
    yield f"first seen      {_when(parked.first_seen, now)}"
    if parked.unknown_since is not None:
        yield f"perhaps sent    {_when(parked.unknown_since, now)}"
        left = window_seconds - (now - parked.unknown_since).total_seconds()
        known = f"for {duration(left)} more" if left > 0 else "no longer, as far as can be told"
        yield f"API knows it    {known}"
    first, last = _outcomes(parked)
    yield f"attempts        {parked.attempts}, the first {first}, the last {last}"
    yield from _content(received, now)


def properties(handle: str, received: Received, now: datetime) -> Iterator[str]:
    """One message whole, of which no more is known."""
    yield f"handle          {handle}"
    yield f"message id      {_told(received.message.message_id)}"
    yield f"routing key     {_told(received.routing_key)}"
    yield from _content(received, now)


def _content(received: Received, now: datetime) -> Iterator[str]:
    for name in ("correlation_id", "reply_to", "content_type", "type", "app_id", "user_id"):
        if (value := getattr(received.message, name)) is not None:
            yield f"{name:<15} {_told(value)}"
    yield f"produced        {_when(received.message.timestamp, now)}"
    yield "headers"
    yield from _headers(received)
    yield f"body            {count(len(received.message.body))} bytes"
    yield from (f"  {line}" for line in body_lines(received.message.body))


def body_lines(body: bytes) -> list[str]:
    """JSON indented, what is secret in it masked; anything else escaped."""
    try:
        read = json.loads(body)
    except (ValueError, RecursionError):
        return [ascii(body[:LONGEST_BODY])[2:-1]]
    read = _masked(read)
    # ASCII only, and control characters escaped.
    return json.dumps(read, indent=2)[:LONGEST_BODY].splitlines()


def _masked(read: object) -> object:
    """What was read of JSON, without what its names call secret."""
    match read:
        case dict():
            return {k: MASK if _secret(k) else _masked(each) for k, each in read.items()}
        case list():
            return [_masked(each) for each in read]
        case _:
            return read


def outcomes(told: Iterable[str]) -> Iterator[str]:
    """What happens to how many, the most frequent first."""
    counted = Counter(told)
    for text, number in counted.most_common(MOST_OUTCOMES):
        yield f"{count(number):>9}  {shown(text, LONGEST_TEXT)}"
    if (left := len(counted) - MOST_OUTCOMES) > 0:
        yield f"      ... and {count(left)} more kinds"


def _headers(received: Received) -> Iterator[str]:
    for name, value in sorted(received.message.headers.items()):
        text = to_rfc3339(value) if isinstance(value, datetime) else value
        longest = LONGEST_BODY if name == ORIGINAL_HEADERS else LONGEST_VALUE
        shape = text if isinstance(text, str) else ascii(text)
        yield f"  {shown(str(name), LONGEST_ID)}: {shown(shape, longest)}"


def _secret(name: str) -> bool:
    return name.lower() in _SECRET_FIELDS


def _told(text: str | None) -> str:
    return NOTHING if text is None else shown(text, LONGEST_TEXT)


def _when(moment: datetime | None, now: datetime) -> str:
    return NOTHING if moment is None else f"{to_rfc3339(moment)[:19]}Z, {age(moment, now)} ago"
