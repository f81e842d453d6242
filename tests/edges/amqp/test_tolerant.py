"""Decoders that no bytes can break, and that read good ones as pamqp does."""

import struct
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pamqp.decode
import pamqp.encode
import pamqp.frame
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pamqp.common import FieldTable

from service.edges.amqp import tolerant
from service.edges.amqp.codec import encodable
from service.edges.amqp.tolerant import MAX_DEPTH, MAX_VALUES, MOST_FRAME_BYTES, UndecodableTable
from tests.edges.amqp.tables import EPOCH, pamqp_as_it_is, quick, tables
from tests.world.broker import wire

ONE = wire.integer_field(1)
LAST_SECOND = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    tolerant.install()


def _encoded(table: dict[str, object]) -> bytes:
    headers = encodable(table)
    assert isinstance(headers, dict)
    return pamqp.encode.field_table(headers)


def _undecodable(encoded: bytes) -> bytes:
    consumed, read = tolerant.table(encoded + b"what follows")
    assert consumed == len(encoded)
    assert isinstance(read, UndecodableTable)
    return read.raw


@quick
@given(st.binary(max_size=200))
@example(b"")
@example(b"\x00\x00")
@example(b"\x00\x00\x00\x00")
@example(b"\xff\xff\xff\xff")
@example(b"\x00\x00\x00\x02\x01k")
def test_no_bytes_at_all_raise(data: bytes) -> None:
    """Whatever they are, their length is told, and a dict."""
    consumed, read = tolerant.table(data)
    assert isinstance(read, dict)
    assert consumed == (4 + struct.unpack_from(">I", data)[0] if len(data) >= 4 else len(data))


@quick
@given(st.binary(max_size=200))
def test_no_content_of_a_table_raises(content: bytes) -> None:
    """Behind a true length, too; what cannot be read is kept as it came."""
    consumed, read = tolerant.table(wire.longstr(content))
    assert consumed == 4 + len(content)
    assert not isinstance(read, UndecodableTable) or read.raw == content


@quick
@given(tables, st.data())
def test_no_damage_to_a_good_table_raises(table: dict[str, object], data: st.DataObject) -> None:
    """One byte of it is another."""
    encoded = bytearray(_encoded(table))
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] = data.draw(st.integers(0, 255))
    assert isinstance(tolerant.table(bytes(encoded))[1], dict)


@quick
@given(tables)
def test_a_good_table_is_read_as_pamqp_reads_it(table: dict[str, object]) -> None:
    """The same values, the same length, whatever follows."""
    encoded = _encoded(table)
    ours = tolerant.table(encoded + b"what follows")
    with pamqp_as_it_is():
        assert ours == pamqp.decode.field_table(encoded + b"what follows")


@quick
@given(tables)
def test_what_is_read_is_written_as_it_was(table: dict[str, object]) -> None:
    """Reading and writing again gives the same values, and then the same bytes."""
    encoded = _encoded(table)
    _, read = tolerant.table(encoded)
    assert read == table
    assert _encoded(dict(read)) == encoded


def test_every_type_of_a_field_is_read_as_pamqp_reads_it() -> None:
    """Those too that pamqp never writes."""
    fields = [
        b"t\x01", b"b\xff", b"B\xff", b"s\xff\xfe", b"u\xff\xfe", b"I\xff\xff\xff\xfe",
        b"i\xff\xff\xff\xfe", b"l" + b"\xff" * 8, b"L" + b"\xff" * 8, b"f" + struct.pack(">f", 0.1),
        b"d" + struct.pack(">d", 0.1), b"D\x02\x00\x00\x04\xd2", wire.text_field(b"text"),
        wire.text_field(b"\xff not UTF-8"), wire.array_field([b"V", b"t\x00"]),
        wire.timestamp_field(1_700_000_000), wire.table_field(wire.table([(b"k", b"V")])), b"V",
        b"\x00", wire.binary_field(b"\xff"),
    ]  # fmt: skip
    assert {field[:1] for field in fields} == pamqp.decode.TABLE_MAPPING.keys()
    encoded = wire.table((f"k{n}".encode(), field) for n, field in enumerate(fields))
    ours = tolerant.table(encoded)
    with pamqp_as_it_is():
        assert ours == pamqp.decode.field_table(encoded)


@pytest.mark.parametrize(
    "content",
    [
        wire.table([(b"\xff", ONE)]),
        wire.table([(b"k", wire.table_field(wire.table([(b"\xff", ONE)])))]),
        wire.table([(b"k", b"?")]),
        wire.longstr(b"\x09k"),
        wire.longstr(b"\x01k"),
        wire.longstr(b"\x01kS\x00\x00\x00\x09text"),
        wire.longstr(b"\x01kl\x00"),
        wire.longstr(b"\x01kF\x00\x00\x00\x09"),
        wire.longstr(b"\x01kA\x00\x00\x00\x01t"),
        wire.deep_table(MAX_DEPTH + 1),
        wire.deep_table(5_000),
    ],
)
def test_what_cannot_be_read_is_kept_as_it_came(content: bytes) -> None:
    """Never a part of it, and nothing of what follows the table in its frame."""
    assert _undecodable(content) == content[4:]


def test_a_table_that_is_longer_than_its_frame_is_not_read() -> None:
    """A text that the frame cuts off would be taken for a shorter one."""
    whole = wire.table([(b"kept", wire.text_field(b"as it was"))])
    for cut in range(4, len(whole)):
        assert isinstance(tolerant.table(whole[:cut])[1], UndecodableTable)


def test_a_nested_table_that_is_longer_than_its_parent_is_not_read() -> None:
    """What follows the parent would be taken for a part of it."""
    field = b"\x01kF" + wire.table([(b"k", ONE)])
    parent = struct.pack(">I", len(field) - 3) + field
    consumed, read = tolerant.table(parent)
    assert consumed == len(parent) - 3
    assert isinstance(read, UndecodableTable)


def test_a_table_may_have_so_many_texts() -> None:
    """One more, and none of it is read."""
    most: dict[str, object] = {str(number): "" for number in range(MAX_VALUES)}
    assert tolerant.table(_encoded(most))[1] == most
    assert _undecodable(_encoded(most | {"more": ""}))


def test_tables_may_be_nested_so_deep() -> None:
    """As deep as anybody means it."""
    encoded = wire.deep_table(MAX_DEPTH)
    ours = tolerant.table(encoded)
    with pamqp_as_it_is():
        assert ours == pamqp.decode.field_table(encoded)


@quick
@given(st.binary(max_size=255))
def test_a_short_string_is_read_whatever_it_is(data: bytes) -> None:
    """What is no UTF-8 can be told apart, and is still there."""
    consumed, text = tolerant.short_string(wire.shortstr(data) + b"more")
    assert consumed == len(data) + 1
    assert text.encode("utf-8", "surrogateescape") == data


@quick
@given(st.integers(0, 2**64 - 1))
@example(2**64 - 1)
@example(0)
@example(2**32 - 1)
@example(2**32)
@example(LAST_SECOND)
@example(LAST_SECOND + 1)
def test_a_timestamp_is_a_moment_or_none(number: int) -> None:
    """Seconds, however many; beyond the year 9999 nothing, and in a header what it was."""
    consumed, moment = tolerant.timestamp(struct.pack(">Q", number))
    assert consumed == 8
    _, headers = tolerant.table(wire.table([(b"t", wire.timestamp_field(number))]))
    if number > LAST_SECOND:
        assert moment is None
        assert headers == {"t": number}
    else:
        assert moment == EPOCH + timedelta(seconds=number)
        assert headers == {"t": moment}
    assert _encoded(dict(headers)) == wire.table([(b"t", wire.timestamp_field(number))])


def test_a_timestamp_that_is_cut_off_is_none() -> None:
    """No frame of a broker has one."""
    assert tolerant.timestamp(b"\x00" * 7) == (7, None)


@quick
@given(st.integers(0, 255), st.integers(0, 2**32 - 1))
@example(0, 2**32 - 1)
@example(255, 2**31)
def test_a_decimal_has_no_sign(scale: int, digits: int) -> None:
    """A large one is not a negative one, and a copy has the same."""
    encoded = wire.table([(b"d", b"D" + struct.pack(">BI", scale, digits))])
    _, headers = tolerant.table(encoded)
    assert headers == {"d": Decimal(digits).scaleb(-scale)}
    assert _encoded(dict(headers)) == encoded


def test_installing_twice_changes_nothing() -> None:
    """Every connection does it."""
    before = dict(pamqp.decode.METHODS), dict(pamqp.decode.TABLE_MAPPING)
    encoder = pamqp.encode.encode_table_value
    tolerant.install()
    assert before == (pamqp.decode.METHODS, pamqp.decode.TABLE_MAPPING)
    assert pamqp.encode.encode_table_value is encoder
    headers: FieldTable = {"third": 1 / 3}
    assert pamqp.encode.field_table(headers) == wire.table(
        [(b"third", b"d" + struct.pack(">d", 1 / 3))]
    )


def test_a_frame_has_a_bound() -> None:
    """What seems to be the length of one is in truth the text of another protocol."""
    header = struct.Struct(">BHI")
    assert pamqp.frame.frame_parts(header.pack(3, 1, MOST_FRAME_BYTES)) == (3, 1, MOST_FRAME_BYTES)
    assert pamqp.frame.frame_parts(header.pack(3, 1, MOST_FRAME_BYTES + 1)) == (3, 1, None)
    for text in (b"HTTP/1.1", b"SSH-2.0-", b"220 smtp", b"-ERR unk"):
        assert pamqp.frame.frame_parts(text[:7])[2] is None
