"""The libraries as they are without the relay's cures."""

from collections.abc import Iterator
from contextlib import contextmanager

import pamqp.decode

from service.edges.amqp import tolerant


@contextmanager
def pamqp_as_it_is() -> Iterator[None]:
    """Inside the block pamqp decodes with its own functions."""
    decode = pamqp.decode
    decode.METHODS |= {
        "shortstr": decode.short_str,
        "timestamp": decode.timestamp,
        "table": decode.field_table,
    }
    decode.TABLE_MAPPING[b"T"] = decode.timestamp
    try:
        yield
    finally:
        tolerant.install()
