"""Encoders for AMQP 0-9-1 that check nothing, so that a test can send what no client would.

A table is made of pairs of a key and a *field*: a byte for the type, then the value.
"""

import struct
from collections.abc import Iterable, Mapping

FRAME_METHOD, FRAME_HEADER, FRAME_BODY = 1, 2, 3
FRAME_END = b"\xce"
BASIC_CLASS = 60

# AMQP 0-9-1, section 4.2.6.1 and the basic class: a bit of the flags for each, highest first.
PROPERTIES: tuple[tuple[str, str], ...] = (
    ("content_type", "shortstr"),
    ("content_encoding", "shortstr"),
    ("headers", "table"),
    ("delivery_mode", "octet"),
    ("priority", "octet"),
    ("correlation_id", "shortstr"),
    ("reply_to", "shortstr"),
    ("expiration", "shortstr"),
    ("message_id", "shortstr"),
    ("timestamp", "timestamp"),
    ("type", "shortstr"),
    ("user_id", "shortstr"),
    ("app_id", "shortstr"),
    ("cluster_id", "shortstr"),
)
Raw = bytes | int


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    """One frame as it goes over the wire."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + FRAME_END


def method(class_id: int, method_id: int, arguments: bytes = b"") -> bytes:
    """The payload of a method frame."""
    return struct.pack(">HH", class_id, method_id) + arguments


def shortstr(value: bytes) -> bytes:
    """At most 255 bytes, in whatever encoding they are."""
    return struct.pack(">B", len(value)) + value


def longstr(value: bytes) -> bytes:
    """Any bytes behind their length."""
    return struct.pack(">I", len(value)) + value


def table(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A table of keys and fields, in the order given, the same key as often as given."""
    return longstr(b"".join(shortstr(key) + field for key, field in pairs))


def text_field(value: bytes) -> bytes:
    """A long string."""
    return b"S" + longstr(value)


def binary_field(value: bytes) -> bytes:
    """A byte array, which pamqp decodes to bytes and cannot encode."""
    return b"x" + longstr(value)


def integer_field(value: int) -> bytes:
    """A signed 64-bit integer."""
    return b"l" + struct.pack(">q", value)


def timestamp_field(value: int) -> bytes:
    """Seconds since 1970, as large as 64 bits allow."""
    return b"T" + struct.pack(">Q", value)


def table_field(encoded: bytes) -> bytes:
    """A table inside a table."""
    return b"F" + encoded


def array_field(fields: Iterable[bytes]) -> bytes:
    """A list of fields."""
    return b"A" + longstr(b"".join(fields))


def deep_table(depth: int) -> bytes:
    """A table that holds a table, and so on, this many of them."""
    encoded = table([])
    for _ in range(depth):
        encoded = table([(b"k", table_field(encoded))])
    return encoded


def encode_properties(properties: Mapping[str, Raw]) -> bytes:
    """The flags and the values of a content header; a table is given encoded."""
    unknown = properties.keys() - {name for name, _ in PROPERTIES}
    if unknown:
        message = f"no such property: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    flags, values = 0, b""
    for position, (name, kind) in enumerate(PROPERTIES):
        if name in properties:
            flags |= 1 << (15 - position)
            values += _encode(kind, properties[name])
    return struct.pack(">H", flags) + values


def decode_properties(encoded: bytes) -> dict[str, Raw]:
    """The values behind the flags, strings and tables left as the bytes that they are."""
    (flags,) = struct.unpack_from(">H", encoded)
    decoded: dict[str, Raw] = {}
    at = 2
    for position, (name, kind) in enumerate(PROPERTIES):
        if flags & 1 << (15 - position):
            decoded[name], at = _decode(kind, encoded, at)
    return decoded


def content_header(body_size: int, properties: bytes) -> bytes:
    """The payload of a header frame."""
    return struct.pack(">HHQ", BASIC_CLASS, 0, body_size) + properties


def _encode(kind: str, value: Raw) -> bytes:
    if isinstance(value, int):
        return struct.pack(">Q" if kind == "timestamp" else ">B", value)
    return shortstr(value) if kind == "shortstr" else value


def _decode(kind: str, encoded: bytes, at: int) -> tuple[Raw, int]:
    if kind == "octet":
        return encoded[at], at + 1
    if kind == "timestamp":
        return struct.unpack_from(">Q", encoded, at)[0], at + 8
    if kind == "shortstr":
        end = at + 1 + encoded[at]
        return encoded[at + 1 : end], end
    end = at + 4 + int(struct.unpack_from(">I", encoded, at)[0])
    return encoded[at:end], end
