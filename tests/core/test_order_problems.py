"""Parameters beyond the documented ones, and how the problems of one order are told together."""

import json

import pytest

from tests.core.build import FIELDS, json_with, order_of, problems_of


def sent(name: str, literal: str) -> str:
    """What the form has between the documented fields and the request_id."""
    form = order_of(json_with(name, literal)).form.decode("ascii")
    return form.partition("&quantity=1000&")[2].removesuffix("&request_id=o-1")


@pytest.mark.parametrize(
    ("name", "literal", "pair"),
    [
        ("comments", '"good\\nnice"', "comments=good%0Anice"),
        ("answer_number", "5", "answer_number=5"),
        ("min", "-3", "min=-3"),
        ("rate", "1.50", "rate=1.50"),
        ("rate", "1E5", "rate=1E5"),
        ("rate", "0.10000000000000000001", "rate=0.10000000000000000001"),
        ("old_posts", "true", "old_posts=true"),
        ("old_posts", "false", "old_posts=false"),
        ("expiry", '"31/12/2026"', "expiry=31%2F12%2F2026"),
        ("note", '""', "note="),
        ("note", '"a b&c=d+\u00e9"', "note=a+b%26c%3Dd%2B%C3%A9"),
        ("_x-1", '"\\ud83d\\ude00"', "_x-1=%F0%9F%98%80"),
        ("n" * 64, "1", f"{'n' * 64}=1"),
        ("note", f'"{"x" * 10_000}"', f"note={'x' * 10_000}"),
        ("keyword", '"shop"', "keyword=shop"),
    ],
    ids=lambda text: text[:20],
)
def test_another_scalar_is_passed_as_it_is(name: str, literal: str, pair: str) -> None:
    """Other service types take other parameters; each is sent as the producer wrote it."""
    assert sent(name, literal) == pair


@pytest.mark.parametrize(
    ("literal", "problem"),
    [
        ("null", "was null; must be a string, a number or a boolean"),
        ("[1, 2]", "was [1, 2]; must be a string, a number or a boolean"),
        ('{"a": "b"}', 'was {"a": "b"}; must be a string, a number or a boolean'),
        ('"a\\u0000"', 'was "a\\u0000"; must be UTF-8 text of at most 10000 characters'),
        ('"\\udfff"', 'was "\\udfff"; must be UTF-8 text of at most 10000 characters'),
        (
            f'"{"x" * 10_001}"',
            f'was "{"x" * 59}...; must be UTF-8 text of at most 10000 characters',
        ),
    ],
    ids=["null", "array", "object", "NUL", "lone-surrogate", "10001-characters"],
)
def test_another_value_that_is_no_scalar_is_refused(literal: str, problem: str) -> None:
    """A form has only texts; what none can say must not be guessed."""
    assert problems_of(json_with("comments", literal)) == f"comments: {problem}"


@pytest.mark.parametrize(
    "name",
    ["key", "action", "request_id", "KEY", "Key", "Action", "ACTION", "Request_Id", "REQUEST_ID"],
)
@pytest.mark.parametrize("literal", ['"x"', "null", "1"])
def test_a_reserved_parameter_makes_the_order_invalid(name: str, literal: str) -> None:
    """A producer that could set the key or the action could order for others; any case counts."""
    expected = f"{name}: is reserved for the relay; leave it out"
    assert problems_of(json_with(name, literal)) == expected


def test_a_letter_that_folds_to_a_reserved_name_is_refused() -> None:
    """The Kelvin sign in lower case is a k."""
    assert "is reserved for the relay" in problems_of(json_with("\u212aey", '"x"'))


@pytest.mark.parametrize(
    "name",
    [
        *("", "key[]", "key[0]", "request.id", "service[]", "a&key", "a=b", "a;key"),
        *("request id", " key", "key ", "key\n", "\tkey", "action\u0000"),
        *("1st", "-x", "n" * 65, "\u00e9", "k\u00ebY", "\uff4bey"),
    ],
    ids=lambda name: ascii(name)[:12],
)
def test_a_name_that_a_form_reader_might_fold_is_refused(name: str) -> None:
    """PHP reads `key[]` as key and `request.id` as request_id; others trim, or split at `;`."""
    quoted = json.dumps(name)
    quoted = quoted if len(quoted) <= 60 else f"{quoted[:60]}..."
    expected = f"{quoted}: names are letters, digits, _ and -, at most 64 of them"
    assert problems_of(json_with(name, "1")) == expected


def test_a_name_that_is_no_text_is_named_once() -> None:
    """A lone surrogate in a name is told like any other bad name, and once."""
    expected = '"\\ud800": names are letters, digits, _ and -, at most 64 of them'
    assert problems_of(json_with("\ud800", "1")) == expected


def test_all_problems_are_told_in_one_message() -> None:
    """Field by field in a fixed order: what it was and what is allowed."""
    text = (
        '{"coupon": "", "interval": 1.5, "runs": true, "quantity": 0, "username": 5,'
        ' "link": "ftp://x", "service": "1", "key": "k"}'
    )
    assert problems_of(text) == (
        'service: was "1"; must be a JSON integer; '
        'link: was "ftp://x"; must be an http or https URL; '
        "username: was 5; must be a JSON string; "
        "quantity: was 0; must be at least 1; "
        "runs: was true; must be a JSON integer; "
        "interval: was 1.5; must be a JSON integer; "
        'coupon: was ""; must not be empty; '
        "key: is reserved for the relay; leave it out"
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("{}", ["service", "link", "quantity"], id="empty-object"),
        pytest.param(
            '{"service": null, "link": "ftp://x", "quantity": 0}',
            ["service", "link", "quantity"],
            id="beside-a-null",
        ),
        pytest.param(
            '{"service": null, "link": null, "coupon": null}',
            ["service", "link", "coupon", "quantity"],
            id="several-nulls",
        ),
        pytest.param('{"service": "7", "quantity": 5}', ["service", "link"], id="beside-no-target"),
    ],
)
def test_no_problem_hides_another(text: str, names: list[str]) -> None:
    """A producer fixes an order once, not once a problem."""
    message = problems_of(text)
    assert [name for name in names if f"{name}: " not in message] == []


def test_problems_are_told_in_the_same_order_every_time() -> None:
    """The same request answered twice carries the same error, from whichever process."""
    names = [f"p{letter}." for letter in "abcdefghijkl"]
    text = json.dumps(FIELDS | dict.fromkeys(names, 1))
    told = [problem.split(":")[0].strip('"') for problem in problems_of(text).split("; ")]
    assert told == names


def test_a_message_has_at_most_20_problems() -> None:
    """A reply stays small, however bad the order is."""
    text = json.dumps(FIELDS | {f"p{number}.": 1 for number in range(90)})
    assert problems_of(text).count("names are letters") == 20


@pytest.mark.parametrize("name", ["Quantity", "SERVICE", "Link"])
def test_a_field_in_other_letters_is_refused_with_the_name_that_was_meant(name: str) -> None:
    """A form reader that folds case would see the field twice."""
    found = problems_of(f'{{"service": 7, "link": "https://x.y/", "quantity": 5, "{name}": 1}}')
    assert found == f"{name}: is not known; did you mean {name.lower()}?"


def fields(count: int) -> str:
    """A good order's JSON text with this many fields."""
    return json.dumps(FIELDS | {f"p{number}": 1 for number in range(count - len(FIELDS))})


def test_an_order_may_have_100_fields() -> None:
    """All are sent."""
    assert order_of(fields(100)).form.count(b"=") == 102


@pytest.mark.parametrize("count", [101, 4952])
def test_more_fields_are_refused(count: int) -> None:
    """And none of them is looked at."""
    expected = f"the order has {count} fields; at most 100 are allowed"
    assert problems_of(fields(count)) == expected
