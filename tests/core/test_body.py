"""Reading a request body: strict JSON in UTF-8, one object, no key twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.body import (
    MAX_BODY_BYTES,
    MAX_DEPTH,
    Fraction,
    UnreadableBodyError,
    read_object,
    short,
)
from tests.core.build import examples, many_examples


def refusal(body: bytes) -> str:
    """What is wrong with this body."""
    with pytest.raises(UnreadableBodyError) as caught:
        read_object(body)
    return str(caught.value)


NEEDED = "a JSON object is needed"
BOM = "starts with a byte order mark; plain UTF-8 is needed"
NESTED = "is nested too deeply; a flat object is needed"
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", f"is empty; {NEEDED}"),
    "array": (b"[]", f"is a JSON array; {NEEDED}"),
    "string": (b'"x"', f"is a JSON string; {NEEDED}"),
    "integer": (b"7", f"is a JSON number; {NEEDED}"),
    "fraction": (b"7.5", f"is a JSON number; {NEEDED}"),
    "boolean": (b"true", f"is a JSON boolean; {NEEDED}"),
    "null": (b"null", f"is null; {NEEDED}"),
    "UTF-8-BOM": (b"\xef\xbb\xbf{}", BOM),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), BOM),
    "UTF-16-big-endian": (b"\xfe\xff\x00{", BOM),
    "latin-1": ('{"a": "é"}'.encode("latin-1"), "is not UTF-8 (byte 7 is 0xe9)"),
    "surrogate-in-UTF-8": (b'{"a": "\xed\xa0\x80"}', "is not UTF-8 (byte 7 is 0xed)"),
    "same-key-twice": (b'{"a": 1, "a": 2}', 'has the key "a" twice'),
    "same-key-escaped": (b'{"a": 1, "\\u0061": 2}', 'has the key "a" twice'),
    "nested-key-twice": (b'{"x": {"a": 1, "a": 1}}', 'has the key "a" twice'),
    "NaN": (b'{"a": NaN}', "has NaN, which is not JSON"),
    "Infinity": (b'{"a": Infinity}', "has Infinity, which is not JSON"),
    "minus-Infinity": (b'{"a": -Infinity}', "has -Infinity, which is not JSON"),
    "5000-digits": (
        b'{"a": ' + b"1" * 5000 + b"}",
        "has a number of 5000 characters; at most 40 are allowed",
    ),
    "41-character-fraction": (
        b'{"a": 0.' + b"1" * 39 + b"}",
        "has a number of 41 characters; at most 40 are allowed",
    ),
    "1e400": (b'{"a": 1e400}', "has the number 1e400, which is too large"),
    "-1e400": (b'{"a": -1e400}', "has the number -1e400, which is too large"),
    "60000-brackets": (b'{"a":' + b"[" * 60_000, NESTED),
    "10000-braces": (b'{"a":' * 10_000, NESTED),
    "one-too-deep": (b'{"\\"[": "]", "a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", NESTED),
    "over-64-KiB": (b" " * 65_537, "has 65537 bytes; at most 65536 are allowed"),
}


@pytest.mark.parametrize(("body", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_readable_object_is_refused(body: bytes, message: str) -> None:
    """Each refusal says what is wrong, and where it helps, what would be right."""
    assert refusal(body) == f"the body {message}"


@pytest.mark.parametrize(
    "body",
    [
        *(b" ", b"{", b'{"a": 1', b'{"a": 1,}', b"{'a': 1}", b"{a: 1}", b"{} {}", b"\x00{}"),
        *(b'{"a": 01}', b'{"a": .5}', b'{"a": +1}', b'{"a": 0x10}'),
        *(b'{"a": "\n"}', b'{"a": "\x00"}', b'{"a": "\\x41"}'),
        *(b"service=1&quantity=5", '{"a": 1}'.encode("utf-16-le"), b'\x0c{"a": 1}'),
        *(b'// comment\n{"a": 1}', b'{"a": undefined}'),
    ],
    ids=repr,
)
def test_what_is_no_json_is_refused_with_its_place(body: bytes) -> None:
    """Nothing beyond RFC 8259 is read, and the refusal says at which line and column it ends."""
    message = refusal(body)
    assert message.startswith("the body is not JSON: ")
    assert " at line " in message
    assert ", column " in message


def test_a_body_of_exactly_64_kib_is_read() -> None:
    """64 KiB are allowed."""
    body = b'{"a": 1}'
    assert read_object(body + b" " * (MAX_BODY_BYTES - len(body))) == {"a": 1}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1), id="deep"),
        pytest.param("[" + "[[]], " * MAX_DEPTH + "{}]", id="side-by-side"),
        pytest.param('"' + "[{" * MAX_DEPTH + '"', id="text"),
        pytest.param('["\\"' + "[" * MAX_DEPTH + '\\\\", "]"]', id="escaped-quotes"),
    ],
)
def test_brackets_count_only_inside_one_another(value: str) -> None:
    """As deep as the bound is read on every Python, and can be quoted; text has no depth."""
    read = read_object(f'{{"a": {value}}}'.encode())
    assert read == {"a": json.loads(value)}
    assert short(read).startswith('{"a": ')


def test_each_kind_of_value_is_read_as_it_is() -> None:
    """Integers stay integers, fractions keep their literal, text its characters."""
    text = (
        '\t{"i": -7, "f": 1.50, "e": 1E3, "s": "\u00e9\\n", "b": true, "n": null, "l": [1.0]}\r\n'
    )
    assert read_object(text.encode()) == {
        "i": -7,
        "f": Fraction("1.50"),
        "e": Fraction("1E3"),
        "s": "\u00e9\n",
        "b": True,
        "n": None,
        "l": [Fraction("1.0")],
    }


@pytest.mark.parametrize("literal", ["1.50", "0.1", "1000.0", "1e3", "-0.0", "1E+2", "1e-400"])
def test_a_fraction_is_written_as_it_was(literal: str) -> None:
    """A float would print another text than the producer's."""
    value = read_object(f'{{"a": {literal}}}'.encode())["a"]
    assert isinstance(value, Fraction)
    assert str(value) == literal


def test_numbers_of_40_characters_are_read() -> None:
    """The bound on a number's length is inclusive."""
    assert read_object(b'{"a": ' + b"9" * 40 + b"}") == {"a": 10**40 - 1}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 59 + "..."),
        ("\ud800\u00e9\x00", '"\\ud800\\u00e9\\u0000"'),
        (Fraction("1.50"), "1.50"),
        (None, "null"),
        (True, "true"),
        (["a", 1], '["a", 1]'),
        (b"\xff", "\"b'\\\\xff'\""),
    ],
    ids=["60", "61", "escapes", "fraction", "null", "true", "array", "bytes"],
)
def test_what_is_quoted_is_ascii_and_cut_after_60_characters(value: object, text: str) -> None:
    """What an error message quotes can be printed anywhere."""
    assert short(value) == text


scalars = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(max_size=20)
objects = st.dictionaries(st.text(max_size=10), scalars | st.lists(scalars, max_size=3), max_size=5)


@examples
@given(objects, st.booleans())
def test_every_object_of_json_is_read_back(value: dict[str, object], escape: object) -> None:
    """What a JSON writer wrote is what is read, escaped or in UTF-8."""
    assert read_object(json.dumps(value, ensure_ascii=bool(escape)).encode()) == value


json_like = st.text('{}[]",:0123456789.eE+-truefalsn \\u', max_size=60).map(str.encode)


@many_examples
@given(st.binary(max_size=60) | json_like)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Reading raises UnreadableBodyError and nothing else."""
    try:
        found = read_object(body)
    except UnreadableBodyError:
        return
    assert isinstance(found, dict)
