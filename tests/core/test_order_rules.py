"""The rules for an order's fields, one row each, with the exact message that a producer reads."""

import pytest

from tests.core.build import json_with, order_of, problems_of

INTEGERS = ["service", "quantity", "runs", "interval"]
TEXTS = ["link", "username", "coupon"]
LARGEST = 2**63 - 1


def in_form(name: str, literal: str) -> str:
    """What the form has for this field set to this literal."""
    form = order_of(json_with(name, literal)).form.decode("ascii")
    return next(pair for pair in form.split("&") if pair.startswith(f"{name}="))


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(
    ("literal", "problem"),
    [
        ('"1000"', 'was "1000"; must be a JSON integer'),
        ("1000.0", "was 1000.0; must be a JSON integer"),
        ("1e3", "was 1e3; must be a JSON integer"),
        ("true", "was true; must be a JSON integer"),
        ("[1]", "was [1]; must be a JSON integer"),
        ("{}", "was {}; must be a JSON integer"),
        ("0", "was 0; must be at least 1"),
        ("-5", "was -5; must be at least 1"),
        (str(LARGEST + 1), f"was {LARGEST + 1}; must be at most {LARGEST}"),
        ("9" * 40, f"was {'9' * 40}; must be at most {LARGEST}"),
    ],
)
def test_an_integer_field_takes_whole_numbers_from_1(name: str, literal: str, problem: str) -> None:
    """Nothing is converted: text, fractions and booleans are no integers."""
    assert problems_of(json_with(name, literal)) == f"{name}: {problem}"


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("literal", ["1", "1000", str(LARGEST)])
def test_an_integer_field_is_sent_in_digits(name: str, literal: str) -> None:
    """From 1 up to what a 64-bit number holds."""
    assert in_form(name, literal) == f"{name}={literal}"


@pytest.mark.parametrize("name", ["username", "coupon"])
@pytest.mark.parametrize(
    ("literal", "problem"),
    [
        ('""', 'was ""; must not be empty'),
        ("5", "was 5; must be a JSON string"),
        ("1.50", "was 1.50; must be a JSON string"),
        ("false", "was false; must be a JSON string"),
        ('["x"]', 'was ["x"]; must be a JSON string'),
        ('"a\\u0000"', 'was "a\\u0000"; must have no control characters'),
        ('"a\\nb"', 'was "a\\nb"; must have no control characters'),
        ('"a\\u007f"', 'was "a\\u007f"; must have no control characters'),
        (f'"{"x" * 1001}"', f'was "{"x" * 59}...; must have at most 1000 characters'),
    ],
    ids=["empty", "int", "fraction", "boolean", "array", "NUL", "newline", "DEL", "1001"],
)
def test_a_text_field_takes_1_to_1000_plain_characters(
    name: str, literal: str, problem: str
) -> None:
    """Nothing is converted, cut or cleaned."""
    assert problems_of(json_with(name, literal)) == f"{name}: {problem}"


@pytest.mark.parametrize("name", TEXTS)
def test_a_lone_surrogate_is_no_text(name: str) -> None:
    """It has no UTF-8 form, so that it could not be sent."""
    problem = problems_of(json_with(name, '"https://example.com/\\ud800"'))
    assert problem.startswith(f'{name}: was "https://example.com/\\ud800"; ')


@pytest.mark.parametrize("name", [*INTEGERS, *TEXTS])
def test_null_is_no_value(name: str) -> None:
    """A null says nothing; the message names the field that has it."""
    assert problems_of(json_with(name, "null")).startswith(f"{name}: was null; ")


@pytest.mark.parametrize("name", ["service", "quantity"])
def test_a_needed_field_is_missed(name: str) -> None:
    """Without a service and a quantity there is no order."""
    text = json_with(name, "1").replace(f', "{name}": 1', "")
    assert problems_of(text) == f"{name}: is missing"


@pytest.mark.parametrize("name", ["service", "quantity"])
def test_a_needed_field_that_is_null_is_not_to_be_left_out(name: str) -> None:
    """The advice must lead to a valid order."""
    assert "leave it out" not in problems_of(json_with(name, "null"))


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com",
        "https://example.com/p?a=b&c=d#e",
        "HTTPS://EXAMPLE.COM/",
        "https://example.com:8443/p",
        "https://m\u00fcnchen.example/stra\u00dfe",
        "https://[2001:db8::1]/p",
        "https://user:word@example.com/",
        "https://example.com/" + "x" * 980,
    ],
    ids=lambda link: link[:30],
)
def test_a_web_link_is_taken(link: str) -> None:
    """http and https, with a host, up to 1,000 characters."""
    assert problems_of(json_with("link", f'"{link}"')) == ""


@pytest.mark.parametrize(
    "link",
    [
        *("example.com/p", "//example.com/p", "http:example.com", "@shop"),
        *("ftp://example.com/p", "javascript:alert(1)", "mailto:shop@example.com"),
        *("https://", "https:///p", "https://:80/p", "https://?q", "https://[::1"),
        *("https://example.com/a b", " https://example.com", "https://example.com "),
    ],
)
def test_what_is_no_web_link_is_refused(link: str) -> None:
    """Other schemes, no host and spaces are no links that the API could follow."""
    expected = f'link: was "{link}"; must be an http or https URL'
    assert problems_of(json_with("link", f'"{link}"')) == expected


@pytest.mark.parametrize(
    ("literal", "problem"),
    [
        ('""', "must not be empty"),
        ("5", "must be a JSON string"),
        (f'"https://example.com/{"x" * 981}"', "must have at most 1000 characters"),
        ('"https://example.com/\\t"', "must have no control characters"),
        ('"https://exa\\nmple.com/"', "must have no control characters"),
        ('"https://example.com/\\u0000"', "must have no control characters"),
    ],
    ids=["empty", "int", "1001-characters", "tab", "newline", "NUL"],
)
def test_a_link_is_plain_text_too(literal: str, problem: str) -> None:
    """The rules of a text hold for a link."""
    message = problems_of(json_with("link", literal))
    assert message.startswith("link: was ")
    assert message.endswith(f"; {problem}")


def test_a_username_serves_instead_of_a_link() -> None:
    """Subscriptions take a username; both may stand together."""
    alone = '{"service": 7, "username": "shop", "quantity": 5}'
    assert order_of(alone).form == b"action=add&service=7&username=shop&quantity=5&request_id=o-1"
    assert problems_of(json_with("username", '"shop"')) == ""


def test_neither_link_nor_username_is_no_order() -> None:
    """There must be something to serve."""
    expected = "link: is missing; a link or a username is needed"
    assert problems_of('{"service": 7, "quantity": 5}') == expected
