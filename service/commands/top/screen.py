"""Drawing the view with rich; nothing else knows it, so that only `top` pays for loading it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from service.commands.top import relay_blocks
from service.commands.top.fate import cells_of, shares_of
from service.commands.top.figures import Figures
from service.commands.top.fitting import Block, Row, Tone, fit, height
from service.commands.top.order_blocks import fate, waiting
from service.commands.top.samples import shown
from service.commands.top.verdict import Verdict, judge
from service.commands.top.view import Answering, View
from service.commands.top.words import duration, share
from service.core.depths import NotAsked

NARROWEST_FOR_TWO = 72
WIDEST = 108
"""Beyond it numbers would stand too far from what they count."""
SHORTEST_BAR = 10
ROOM_FOR_ALL = 24
SHORTEST_BODY = 8

_STYLES = {
    Tone.PLAIN: "",
    Tone.DIM: "dim",
    Tone.GOOD: "green",
    Tone.LOOK: "yellow",
    Tone.BAD: "bold red",
}
_BADGES = {
    Tone.GOOD: "bold black on green",
    Tone.LOOK: "bold black on yellow",
    Tone.BAD: "bold white on red",
}
_MARKS = {Tone.LOOK: "! ", Tone.BAD: "!!"}
"""So that a row says what it means without colour, too."""


class Screen:
    """A terminal, or a file that takes one picture."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._console = Console(file=file, highlight=False, markup=False, emoji=False)
        self._plain = self._console.options.ascii_only

    @property
    def can_live(self) -> bool:
        """Whether pictures can be drawn one over the other."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def print(self, view: View) -> None:
        """One picture, with all there is."""
        console = self._console
        console.print(draw(view, console.width, None, plain=self._plain))

    @contextmanager
    def live(self) -> Iterator[Callable[[View], None]]:
        """The whole terminal, given back as it was at the end; what draws a view in it."""
        with Live(console=self._console, screen=True, auto_refresh=False) as live:

            def show(view: View) -> None:
                size = self._console.size
                picture = draw(view, size.width, size.height, plain=self._plain)
                live.update(picture, refresh=True)

            yield show


def draw(view: View, width: int, lines: int | None, *, plain: bool = False) -> RenderableType:
    """The picture of `view`; `lines` None is without bound, for what can be scrolled.

    `plain` is for terminals that show nothing but ASCII.
    """
    width = min(width, WIDEST)
    badge = _badge(judge(view, width, lines))
    parts = [_header(view, width), *badge, *_fate(view, width, plain=plain), Text()]
    foot = _footer(view, width, live=lines is not None)
    room = None if lines is None else lines - len(parts) - len(foot) - 1
    relays: list[RenderableType] = []
    if len(view.instances) > 1 or view.figures is None:
        block = relay_blocks.instances(view.instances, _most_instances(view, room))
        relays = [_table(block, width, (width // 4 + 2, 6, 6, 6, 6, 9, 0)), Text()]
        room = None if room is None else room - block.height - 1
    if view.figures is not None:
        parts += [_body(view, view.figures, width, room, plain=plain), Text()]
    return Group(*parts, *relays, *foot) if foot else Group(*[*parts, *relays][:-1])


def _body(
    view: View, figures: Figures, width: int, room: int | None, *, plain: bool
) -> RenderableType:
    api = (relay_blocks.attempts(figures.api), relay_blocks.times(figures))
    orders = (fate(figures.orders), waiting(view.queues, figures.orders))
    process = relay_blocks.relay(figures.broker, figures.process)
    now = relay_blocks.now(figures)
    # A small terminal has more room on the left: most of its rows are details.
    small = room is not None and room < ROOM_FOR_ALL
    left, right = ((*orders, now), (*api, process)) if small else (orders, (*api, now, process))
    if width < NARROWEST_FOR_TWO:
        return _stack(fit((*left, *right), room), width)
    half = (width - 3) // 2
    sides = fit(left, room), fit(right, room)
    grid = Table.grid()
    for wide in (half, 3, half):
        grid.add_column(width=wide)
    between = Text("\n".join([" | " if plain else " │ "] * max(map(height, sides))), style="dim")
    grid.add_row(_stack(sides[0], half), between, _stack(sides[1], half))
    return grid


def _most_instances(view: View, room: int | None) -> int:
    if room is None:
        return len(view.instances)
    return max(2, min(len(view.instances), (room - SHORTEST_BODY) // 3))


def _header(view: View, width: int) -> RenderableType:
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
    return _ends(name, Text(f"{over}   {view.at:%H:%M:%S} UTC", style="dim"), width)


def _footer(view: View, width: int, *, live: bool) -> list[RenderableType]:
    note = f"queues not asked: {view.queues.why}" if isinstance(view.queues, NotAsked) else ""
    # It quotes the broker, or whoever answers in its place.
    note = shown(note, width)
    keys = "q quits" if live else ""
    return [_ends(Text(note), Text(keys), width, style="dim")] if note or keys else []


def _ends(left: Text, right: Text, width: int, style: str = "") -> RenderableType:
    """One line; where it is too short, the left text is cut."""
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(width=width - len(right) - 2, no_wrap=True, overflow="crop", style=style)
    grid.add_column(width=len(right), no_wrap=True, overflow="crop", style=style)
    grid.add_row(left, right)
    return grid


def _badge(verdict: Verdict) -> list[RenderableType]:
    """The word, and beside it its lines."""
    rows = []
    for number, text in enumerate(verdict.lines):
        row = Text(no_wrap=True, overflow="crop")
        word, style = f" {verdict.word} ", _BADGES[verdict.tone]
        row.append(*((word, style) if not number else (" " * len(word), "")))
        row.append(f"  {text}")
        rows.append(row)
    return [*rows]


def _fate(view: View, width: int, *, plain: bool) -> list[RenderableType]:
    """One line: a bar, and in words what its parts are."""
    shares = () if view.figures is None else shares_of(view.figures.orders)
    words = [f"{share(each.share)} {each.label}" for each in shares]
    room = width - len(", ".join(words)) - 3
    line = Text(" ", no_wrap=True, overflow="crop")
    for each, cells in zip(shares, cells_of(shares, max(room, SHORTEST_BAR)), strict=True):
        line.append((each.plain_fill if plain else each.fill) * cells, style=_STYLES[each.tone])
    for number, (each, text) in enumerate(zip(shares, words, strict=True)):
        line.append(", " if number else "  ")
        line.append(text, style=_STYLES[each.tone])
    return [line] if shares else []


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
            return (0, 7, 10)
        case _:
            return (0, *[7] * len(block.heads))


def _table(block: Block, width: int, widths: Sequence[int]) -> RenderableType:
    """`widths` of the label and each value; 0 takes what is left, to the left side."""
    table = Table.grid(padding=(0, 1, 0, 0))
    rest = width - sum(widths) - len(widths) + 1
    for number, wide in enumerate(widths):
        side: Literal["left", "right"] = "right" if number and wide else "left"
        table.add_column(width=wide or rest, justify=side, no_wrap=True, overflow="crop")
    heads = [Text(head, style="dim") for head in block.heads]
    table.add_row(Text(f"  {block.title}", style="bold"), *heads)
    for row in block.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> list[Text]:
    style = _STYLES[row.tone]
    texts = [_MARKS.get(row.tone, "  ") + row.label, *row.values]
    return [Text(text, style=style, no_wrap=True, overflow="crop") for text in texts]
