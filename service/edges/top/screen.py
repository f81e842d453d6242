"""Drawing the view with rich; nothing else knows it, so that only `top` pays for loading it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from service.edges.top import relay_blocks
from service.edges.top.findings import Severity, severity
from service.edges.top.fitting import Block, Row, Tone, fit, height
from service.edges.top.order_blocks import fate, waiting
from service.edges.top.telling import tell
from service.edges.top.view import Answering, View
from service.edges.top.words import duration

WIDTH_OF_A_PIPE = 100
NARROWEST_FOR_TWO = 72
ROOM_FOR_SENTENCES = 32
MOST_FINDINGS = 6
SHORTEST_BODY = 8

_STYLES = {
    Tone.PLAIN: "",
    Tone.DIM: "dim",
    Tone.GOOD: "green",
    Tone.LOOK: "yellow",
    Tone.BAD: "bold red",
}
_MARKS = {Tone.LOOK: "! ", Tone.BAD: "!!"}
"""So that a row says what it means without colour, too."""


class Screen:
    """A terminal, or a file that takes one picture."""

    def __init__(self, file: TextIO | None = None, width: int | None = None) -> None:
        console = Console(file=file, width=width, highlight=False, markup=False, emoji=False)
        if not console.is_terminal and width is None:
            # rich would take 80 columns for what has none.
            console = Console(
                file=file, width=WIDTH_OF_A_PIPE, highlight=False, markup=False, emoji=False
            )
        self._console = console

    @property
    def can_live(self) -> bool:
        """Whether pictures can be drawn one over the other."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def print(self, view: View) -> None:
        """One picture, with all there is."""
        self._console.print(draw(view, self._console.width, None))

    @contextmanager
    def live(self) -> Iterator["LiveScreen"]:
        """The whole terminal, given back as it was at the end."""
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            yield LiveScreen(self._console, live)


class LiveScreen:
    """The whole terminal, drawn anew for each view."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console = console
        self._live = live

    def show(self, view: View) -> None:
        """Draw `view` in the terminal's present size."""
        size = self._console.size
        self._live.update(draw(view, size.width, size.height), refresh=True)


def draw(view: View, width: int, lines: int | None) -> RenderableType:
    """The picture of `view`; `lines` None is without bound, for what can be scrolled."""
    parts = [_header(view), *_verdict(view, width, lines), Text()]
    several = len(view.instances) > 1
    room = None if lines is None else lines - len(parts) - 1
    table = relay_blocks.instances(view.instances, _instance_rows(view, room))
    if room is not None and (several or view.figures is None):
        room -= table.height + 1
    if view.figures is not None:
        left = (fate(view.figures.orders), waiting(view.queues, view.figures.orders))
        right = (
            relay_blocks.attempts(view.figures.api),
            relay_blocks.times(view.figures),
            relay_blocks.now(view.figures),
            relay_blocks.relay(view.figures.broker, view.figures.process),
        )
        parts.append(_columns(left, right, width, room))
        if several:
            parts.append(Text())
    if several or view.figures is None:
        parts.append(_table(table, width, (22, 7, 7, 7, 6, 10, 0)))
    return Group(*parts)


def _instance_rows(view: View, room: int | None) -> int:
    if room is None:
        return len(view.instances)
    return max(2, min(len(view.instances), (room - SHORTEST_BODY) // 3))


def _header(view: View) -> RenderableType:
    answering = [one for one in view.instances if isinstance(one, Answering)]
    name = Text("order-relay", style="bold")
    rest = f"   {len(answering)} of {len(view.instances)} answer"
    if view.figures is not None:
        process = view.figures.process
        name.append(f" {', '.join(process.versions)}".rstrip())
        rest = f"{rest}, up {duration(process.uptime_seconds)}"
    name.append(rest, style="not bold dim")
    window = view.window_seconds
    over = "since the start" if window is None else f"last {duration(window)}"
    grid = Table.grid(expand=True)
    grid.add_column(no_wrap=True, overflow="crop")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(name, Text(f"{over}   {view.at:%H:%M:%S} UTC", style="dim"))
    return grid


def _verdict(view: View, width: int, lines: int | None) -> list[RenderableType]:
    told = [(severity(finding), tell(finding)) for finding in view.findings]
    if view.figures is None:
        return [_badge("NO ANSWER", "white on red", "no relay answers; each says why below")]
    if not told:
        return [_badge("ALL WELL", "black on green", "nothing held, nothing parked, all connected")]
    bad = any(each is Severity.BAD for each, _ in told)
    word, style = ("TROUBLE", "white on red") if bad else ("LOOK", "black on yellow")
    if lines is not None and lines < ROOM_FOR_SENTENCES:
        return [_badge(word, style, _joined([each.short for _, each in told], width - 12))]
    shown = told[:MOST_FINDINGS]
    texts = [f"{each.short}: {each.more}" for _, each in shown]
    if len(told) > len(shown):
        texts[-1] += f" (and {len(told) - len(shown)} more)"
    blank = " " * len(word)
    return [
        _badge(word if not number else blank, style if not number else "", text)
        for number, text in enumerate(texts)
    ]


def _badge(word: str, style: str, text: str) -> RenderableType:
    badge = Text(no_wrap=True, overflow="crop")
    badge.append(f" {word} ", style=f"bold {style}")
    badge.append(f"  {text}")
    return badge


def _joined(texts: Sequence[str], width: int) -> str:
    for number in range(len(texts), 0, -1):
        rest = len(texts) - number
        line = ", ".join(texts[:number]) + (f", and {rest} more" if rest else "")
        if len(line) <= width or number == 1:
            return line
    return ""


def _columns(
    left: tuple[Block, ...], right: tuple[Block, ...], width: int, lines: int | None
) -> RenderableType:
    if width < NARROWEST_FOR_TWO:
        return _stack(fit((*left, *right), lines), width)
    half = (width - 3) // 2
    sides = fit(left, lines), fit(right, lines)
    grid = Table.grid()
    grid.add_column(width=half)
    grid.add_column(width=3)
    grid.add_column(width=half)
    line = Text("\n".join([" │ "] * max(map(height, sides))), style="dim")
    grid.add_row(_stack(sides[0], half), line, _stack(sides[1], half))
    return grid


def _stack(blocks: Sequence[Block], width: int) -> RenderableType:
    parts: list[RenderableType] = []
    for block in blocks:
        parts += [_table(block, width, _widths(block)), Text()]
    return Group(*parts[:-1])


def _widths(block: Block) -> tuple[int, ...]:
    match len(block.heads):
        case 1:
            return (15, 0)
        case 2:
            return (0, 8, 11)
        case _:
            return (0, *[8] * len(block.heads))


def _table(block: Block, width: int, widths: Sequence[int]) -> RenderableType:
    """`widths` of the label and each value; 0 takes what is left, to the left side."""
    table = Table.grid(padding=(0, 1, 0, 0))
    for number, wide in enumerate(widths):
        right = number > 0 and wide > 0
        rest = width - sum(widths) - len(widths) + 1
        table.add_column(
            width=wide or rest,
            justify="right" if right else "left",
            no_wrap=True,
            overflow="crop",
        )
    heads = [Text(head, style="dim") for head in block.heads]
    table.add_row(Text(f"  {block.title}", style="bold"), *heads)
    for row in block.rows:
        table.add_row(*_cells(row))
    if not block.note:
        return table
    note = Text(f"  {block.note}", style="dim", no_wrap=True, overflow="crop")
    return Group(table, note)


def _cells(row: Row) -> list[Text]:
    style = _STYLES[row.tone]
    texts = [_MARKS.get(row.tone, "  ") + row.label, *row.values]
    return [Text(text, style=style, no_wrap=True, overflow="crop") for text in texts]
