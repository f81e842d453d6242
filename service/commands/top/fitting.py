"""Rows and blocks as they are drawn, and which of them a small terminal has room for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, IntEnum

from service.commands.top import words
from service.commands.top.changes import Flow


class Tone(Enum):
    """What a row means; without colour LOOK and BAD have a mark before their label."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    LOOK = "look"
    BAD = "bad"


class Rank(IntEnum):
    """What a small terminal can go without, beginning with the highest."""

    ALWAYS = 0
    LESS = 1
    SELDOM = 2
    DETAIL = 3
    IDLE = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A label and its values; of the rows with the highest `rank` the last is left out first."""

    label: str
    values: tuple[str, ...]
    tone: Tone = Tone.PLAIN
    rank: int = Rank.ALWAYS


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under a title with a head for each value."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def height(self) -> int:
        """In lines."""
        return 1 + len(self.rows)


def height(blocks: Sequence[Block]) -> int:
    """Of blocks one below the other, an empty line between two."""
    return sum(block.height for block in blocks) + max(0, len(blocks) - 1)


def fit(blocks: Sequence[Block], lines: int | None) -> tuple[Block, ...]:
    """As many rows as fit into so many lines, the least important left out; None is no bound."""
    left = [block for block in blocks if block.rows]
    while lines is not None and left and height(left) > lines:
        ranked = [
            (row.rank, block_at, row_at)
            for block_at, block in enumerate(left)
            for row_at, row in enumerate(block.rows)
        ]
        _, block_at, row_at = max(ranked)
        block = left[block_at]
        rows = block.rows[:row_at] + block.rows[row_at + 1 :]
        left[block_at : block_at + 1] = [replace(block, rows=rows)] if rows else []
    return tuple(left)


def most(rows: Sequence[Row], number: int) -> tuple[Row, ...]:
    """At most so many rows; how many more there are is said in a last one."""
    if len(rows) <= number:
        return tuple(rows)
    return (*rows[: number - 1], Row(f"and {len(rows) - number + 1} more", (), Tone.DIM))


def flow_row(
    label: str, flow: Flow | None, tone: Tone = Tone.PLAIN, rank: int = Rank.ALWAYS
) -> Row:
    """A counter's rate and total; `tone` is for when it counted lately."""
    if flow is None:
        return Row(label, (words.NOTHING, words.NOTHING), Tone.DIM, rank)
    tone = tone if flow.lately > 0 else Tone.DIM
    return Row(label, (words.rate(flow.per_second), words.count(flow.total)), tone, rank)
