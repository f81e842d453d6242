"""values.yaml: every value with its meaning and an example above it."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from charts.sources.values.describe import Block, Value

WIDTH = 100
_HEAD = """\
# The values of the chart order-relay. Written by `python -m charts.sources.values.generate` from
# charts/sources/values, and the block `config` from the program's settings: change them there.
"""


def text(root: Block) -> str:
    """The whole file."""
    return "\n".join([_HEAD, *_block(root, 0)]) + "\n"


def _block(block: Block, depth: int) -> Iterator[str]:
    for number, (name, found) in enumerate(block.values.items()):
        if depth == 0 and number:
            yield ""
        yield from _comment(found, depth)
        pad = "  " * depth
        if isinstance(found, Block):
            yield f"{pad}{name}:"
            yield from _block(found, depth + 1)
        else:
            yield from _assignment(name, found.default, pad)


def _comment(found: Value | Block, depth: int) -> Iterator[str]:
    pad = "  " * depth + "# "
    yield from textwrap.wrap(
        found.meaning, WIDTH, initial_indent=pad, subsequent_indent=pad, break_long_words=False
    )
    if isinstance(found, Value):
        for example in found.examples:
            yield f"{pad}e.g. {scalar(example)}"


def _assignment(name: str, value: Any, pad: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield f"{pad}{name}:"
        for key, inner in value.items():
            yield from _assignment(key, inner, pad + "  ")
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        yield f"{pad}{name}:"
        for item in value:
            yield f"{pad}  - {scalar(item)}"
    else:
        yield f"{pad}{name}: {scalar(value)}"


def scalar(value: Any) -> str:
    """A value on one line: JSON, which YAML understands."""
    return json.dumps(value, ensure_ascii=False)
