"""The form that is sent for an order: its exact bytes, the same on every attempt."""

import hashlib
import json
from random import Random
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.body import UnreadableBodyError, read_object
from service.core.order import FIELD_ORDER, RESERVED, InvalidOrderError, build_order
from tests.core.build import FIELDS, FORM, examples, many_examples, order_of


@pytest.mark.parametrize(
    ("text", "request_id", "form"),
    [
        pytest.param(json.dumps(FIELDS), "o-1", FORM, id="least"),
        pytest.param(
            '{"coupon": "SPRING 10%", "interval": 60, "runs": 3, "quantity": 100,'
            ' "username": "\u00e9t\u00e9", "link": "http://example.com/?a=1&b=2", "service": 12}',
            "a/b c+d",
            b"action=add&service=12&link=http%3A%2F%2Fexample.com%2F%3Fa%3D1%26b%3D2"
            b"&username=%C3%A9t%C3%A9&quantity=100&runs=3&interval=60&coupon=SPRING+10%25"
            b"&request_id=a%2Fb+c%2Bd",
            id="all-fields",
        ),
        pytest.param(
            '{"service": 1, "username": "x", "quantity": 1, "posts": 5, "min": 1.50,'
            ' "comments": "a\\r\\nb", "Delay": false}',
            "\u2713",
            b"action=add&service=1&username=x&quantity=1&Delay=false&comments=a%0D%0Ab"
            b"&min=1.50&posts=5&request_id=%E2%9C%93",
            id="other-parameters-sorted",
        ),
    ],
)
def test_the_exact_bytes(text: str, request_id: str, form: bytes) -> None:
    """Documented fields in a fixed order, then the others by name, then the request_id."""
    order = order_of(text, request_id)
    assert order.form == form
    assert order.fingerprint == hashlib.sha256(form).hexdigest()


plain = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\x7f"),
    min_size=1,
    max_size=30,
)
whole = st.integers(1, 2**63 - 1)
links = st.builds(
    "https://{}/{}".format,
    st.sampled_from(["example.com", "xn--bcher-kva.example", "10.0.0.1:80"]),
    plain.map(lambda text: text.replace(" ", "")),
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,9}", fullmatch=True).filter(
    lambda name: name.lower() not in RESERVED and name not in FIELD_ORDER
)
free = plain | st.booleans() | st.integers(-(10**20), 10**20)
orders = st.builds(
    dict[str, object].__or__,
    st.fixed_dictionaries(
        {"service": whole, "link": links, "quantity": whole},
        optional={"username": plain, "runs": whole, "interval": whole, "coupon": plain},
    ),
    st.dictionaries(names, free, max_size=4),
)


@examples
@given(orders, plain, st.randoms(use_true_random=False))
def test_the_order_of_the_keys_changes_nothing(
    fields: dict[str, object], request_id: str, shuffler: Random
) -> None:
    """The same order has the same bytes, in whatever order and layout its JSON was written."""
    shuffled = list(fields.items())
    shuffler.shuffle(shuffled)
    once = order_of(json.dumps(fields), request_id)
    again = order_of(json.dumps(dict(shuffled), indent=2, ensure_ascii=False), request_id)
    assert once == again


@examples
@given(orders, plain)
def test_the_form_says_what_the_order_says(fields: dict[str, object], request_id: str) -> None:
    """A strict form reader gets back each parameter, once, and nothing else."""
    form = order_of(json.dumps(fields), request_id).form.decode("ascii")
    read = parse_qsl(form, keep_blank_values=True, strict_parsing=True, errors="strict")
    expected = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
    } | {"action": "add", "request_id": request_id}
    assert dict(read) == expected
    assert len(read) == len(expected)


@examples
@given(orders, plain, plain)
def test_another_id_is_another_form(fields: dict[str, object], first: str, second: str) -> None:
    """Two orders that differ in nothing but the message id are told apart."""
    text = json.dumps(fields)
    same = order_of(text, first) == order_of(text, second)
    assert same == (first == second)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
near_orders = st.dictionaries(
    st.sampled_from([*FIELD_ORDER, *RESERVED, "Key", "posts", "a.b", "\ud800"]) | st.text(),
    anything | st.just("\udfff") | links | whole,
).map(lambda value: json.dumps(value).encode())


@many_examples
@given(near_orders | st.binary(max_size=50), st.text(st.characters(codec="utf-8"), max_size=5))
def test_any_body_is_an_order_or_refused_with_words(body: bytes, request_id: str) -> None:
    """Nothing but UnreadableBodyError and InvalidOrderError comes of a body."""
    try:
        order = build_order(read_object(body), request_id)
    except (UnreadableBodyError, InvalidOrderError):
        return
    assert order.form.startswith(b"action=add&service=")
    assert build_order(read_object(body), request_id) == order
