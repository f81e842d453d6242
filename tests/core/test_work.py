"""How much is done for what a stranger sends: the event loop stands still meanwhile.

Work is counted in calls of functions, which a machine under load does not change.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from service.core.body import read_object
from service.core.codes import Code
from service.core.order import MAX_FIELDS
from service.core.outcome import Answered, classify
from service.core.request import Invalid, Request, parse
from tests.core.build import FIELDS, NOW, message, received

MOST_BYTES = 64 * 1024


def calls(work: Callable[[], object]) -> int:
    """How many functions are called in it."""
    count = 0

    def profile(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def reading(body: bytes) -> int:
    """The work of reading an order, beside that for its JSON."""
    whole = calls(lambda: parse(received(message(body=body)), NOW))
    return whole - calls(lambda: read_object(body))


def judging(body: bytes, status: int = 400) -> int:
    """The work of judging an answer."""
    return calls(lambda: classify(Answered(status, body), NOW))


def order(count: int, name: str = "p{}", value: object = 1) -> bytes:
    """An order of this many fields."""
    more = {name.format(number): value for number in range(count - len(FIELDS))}
    return json.dumps(FIELDS | more, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("name", "value"), [("p{}", 1), ("p{}.", 1), ("p{}", None), ("P{}[]", [[1]])]
)
def test_an_order_of_thousands_of_fields_is_less_work_than_one_of_a_hundred(
    name: str, value: object
) -> None:
    """At 64 KiB there is room for 4,952: they are counted, and not looked at."""
    most = order(4_000, name, value)
    assert len(most) <= MOST_BYTES
    assert reading(most) < reading(order(MAX_FIELDS, name, value))


@pytest.mark.parametrize("value", [1, True, "a, {b} [c]", 'a \\" b'])
def test_thousands_of_fields_are_not_even_parsed(value: object) -> None:
    """Counted outside of strings; one of a hundred with such values is read."""
    parsed = [parse(received(message(body=order(count, value=value))), NOW) for count in (100, 101)]
    assert isinstance(parsed[0], Request)
    assert isinstance(parsed[1], Invalid)
    assert parsed[1].message == "the order has 101 fields; at most 100 are allowed"
    many = received(message(body=order(2_500, value=value)))
    assert calls(lambda: parse(many, NOW)) < calls(lambda: read_object(order(100, value=value)))


def test_more_problems_than_are_told_are_no_more_work() -> None:
    """Twenty are put into words."""
    some, more = (reading(order(count, value=[1])) for count in (30, 90))
    assert more < 1.1 * some


@pytest.mark.parametrize(("name", "value"), [("p{}", 1), ("P{}[]", [[1]])])
def test_the_work_for_the_json_grows_no_faster_than_the_json(name: str, value: object) -> None:
    """Whatever is in it."""
    some, more = (
        calls(partial(read_object, body))
        for body in (order(count, name, value) for count in (500, 2_000))
    )
    assert more <= 4.1 * some


ANSWERS: dict[str, Callable[[int], object]] = {
    "an error": lambda count: {"error": "key the 'invalid " * count},
    "an object": lambda count: {"error": {f"{n}": "the key" for n in range(count)}},
    "a list": lambda count: {"errors": ["the key is"] * count},
    "objects": lambda count: {"errors": [{"message": "key"}] * count},
    "lists": lambda count: {"errors": [[[1]]] * count},
    "other keys": lambda count: {f"{n}": 1 for n in range(count)} | {"error": "no"},
    "blanks": lambda count: {"order": " " * count * 8, "error": "\u200b" * count, "message": "no"},
    "numbers": lambda count: {"order": 0, "errors": [1.5] * count},
}


@pytest.mark.parametrize("made", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_work_for_an_answer_grows_no_faster_than_the_answer(
    made: Callable[[int], object],
) -> None:
    """Four times as much is at most four times the work, and no order adds to it."""
    some, more = (judging(json.dumps(made(count)).encode()) for count in (500, 2_000))
    assert more <= 4 * some


def test_the_same_key_again_and_again_costs_no_more() -> None:
    """Two results are looked for once in each object."""
    some, more = (judging(b'{"error":"no"' + b',"a":1' * count + b"}") for count in (500, 2_000))
    assert more <= 4 * some


@pytest.mark.parametrize(
    "body", [b"{" + b"," * 500 + b"}", b"one, {" + b"two, " * 500, b'{"a": 1' + b", " * 500]
)
def test_what_only_has_many_commas_is_no_order_of_many_fields(body: bytes) -> None:
    """It is no JSON, and its producer is told so."""
    parsed = parse(received(message(body=body)), NOW)
    assert isinstance(parsed, Invalid)
    assert parsed.code is Code.INVALID_MESSAGE
    assert "is not JSON" in parsed.message
