"""Drawing the view with rich; nothing else knows it, so that only `top` pays for loading it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TextIO

from rich.box import MINIMAL
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from service.commands.top import blocks, words
from service.commands.top.blocks import FATES, WAITS, Row
from service.commands.top.figures import View, seconds_of
from service.commands.top.findings import BAD, GOOD, LOOK, judge
from service.core.depths import Unreadable
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue

NARROWEST_FOR_TWO, WIDEST = 72, 108
"""Beyond it numbers would stand too far from what they count."""
SHORTEST_BAR, SHORTEST_BODY, ROOM_FOR_ALL = 10, 8, 24

_BADGES = {GOOD: "black on green", LOOK: "black on yellow", BAD: "white on red"}
_MARKS = {LOOK: "! ", BAD: "!!"}
"""So that a row says what it means without colour, too."""


def console(file: TextIO | None = None) -> Console:
    """A terminal, or a file that takes one picture."""
    return Console(file=file, highlight=False, markup=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """A view, drawn as there is room; without a height all of it is."""

    view: View

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        view, lines, of = self.view, options.height, len(self.view.relays) + len(self.view.silent)
        width = min(options.max_width, WIDEST)
        name, over = Text("order-relay", "bold"), "since the start"
        state = f"   {len(view.relays)} of {of} answer"
        if view.relays:
            name.append(f" {', '.join(sorted(view.by(catalogue.BUILD_INFO, 'version')))}".rstrip())
            state += f", up {words.duration(view.uptime_seconds)}"
            if seconds := max(map(seconds_of, view.relays.values())):
                over = f"last {words.duration(seconds)}"
        name.append(state, "not bold dim")
        yield _ends(name, f"{over}   {view.at:%H:%M:%S} UTC", width)
        word, tone, texts = judge(view, width, lines)
        room = None if lines is None else lines - len(texts) - 4
        badge = (f" {word} ", f"bold {_BADGES[tone]}")
        yield _cut(badge, "  ", f"\n{' ' * (len(word) + 4)}".join(texts))
        bar = _bar(view, width, plain=options.ascii_only)
        yield from bar
        room = room and room - len(bar)
        relays: list[RenderableType] = []
        if of > 1 or not view.relays:
            most = None if room is None else max(2, (room - SHORTEST_BODY) // 3)
            block = blocks.relays(view, most)
            relays = [Text(), _table(block, width)]
            room = room and room - len(block) - 1
        if view.relays:
            yield from (Text(), _body(view, width, room))
        yield from relays
        note = f"queues not asked: {view.queues.why}" if isinstance(view.queues, Unreadable) else ""
        if note or lines:
            # The note quotes the broker, or whoever answers in its place.
            left = Text(words.shown(note, width), "dim")
            yield from (Text(), _ends(left, "q quits" if lines else "", width))


def _ends(left: Text, right: str, width: int) -> Text:
    """One line; where it is too short, the left text is cut."""
    left.truncate(max(0, width - len(right) - 2), overflow="crop", pad=True)
    return _cut(left, "  ", (right, "dim"))


def _cut(*parts: str | Text | tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="crop")


def _bar(view: View, width: int, *, plain: bool) -> list[Text]:
    """The fate of the latest orders as cells and in words; nothing where there were none."""
    retried = view.by(catalogue.SETTLED, "settlement")[Settlement.RETRIED]
    flows = {**view.by(catalogue.REPLIES, "status"), WAITS: retried}
    counts = {fate: flows[fate].lately for fate in FATES if fate in flows and flows[fate].lately}
    shares = {fate: count / sum(counts.values()) for fate, count in counts.items()}
    texts = [Text(f"{words.share(share)} {fate}", FATES[fate][0]) for fate, share in shares.items()]
    said = Text(", ").join(texts)
    room = max(width - len(said) - 3, SHORTEST_BAR)
    # What is rare has a cell too: it is what one looks for.
    cells = {fate: max(1, int(room * share)) for fate, share in shares.items()}
    if cells:
        # What was rounded, down or up, is made good where it shows least.
        cells[max(cells, key=lambda fate: cells[fate])] += room - sum(cells.values())
    bar = [(FATES[fate][1 + plain] * number, FATES[fate][0]) for fate, number in cells.items()]
    return [_cut(" ", *bar, "  ", said)] if bar else []


def _body(view: View, width: int, room: int | None) -> RenderableType:
    times, now, relay = blocks.process(view)
    left, right = [blocks.orders(view), blocks.queues(view)], [blocks.attempts(view), times, relay]
    # A small terminal has more room on the left: most of its rows are details.
    small = room is not None and room < ROOM_FOR_ALL
    left, right = ([*left, now], right) if small else (left, [*right[:2], now, relay])
    if width < NARROWEST_FOR_TWO:
        return _stack(blocks.fit([*left, *right], room), width)
    half = (width - 3) // 2
    grid = Table(box=MINIMAL, show_header=False, show_edge=False, pad_edge=False)
    grid.border_style = "dim"
    grid.add_column(width=half)
    grid.add_column(width=half)
    grid.add_row(*(_stack(blocks.fit(side, room), half) for side in (left, right)))
    return grid


def _stack(column: Sequence[Sequence[Row]], width: int) -> RenderableType:
    return Group(*[part for block in column for part in (_table(block, width), Text())][:-1])


def _table(block: Sequence[Row], width: int) -> RenderableType:
    table, (title, *rows) = Table.grid(padding=(0, 1, 0, 0)), block
    # Of the label and its values by their number; 0 is what is left, and stands on the left side.
    by_number = {1: (15, 0), 2: (0, 7, 10), 3: (0, 7, 7, 7), 6: (width // 4 + 2, *[6] * 4, 9, 0)}
    widths = by_number[len(title.values)]
    rest = width - sum(widths) - len(widths) + 1
    for number, wide in enumerate(widths):
        side: Literal["left", "right"] = "right" if number and wide else "left"
        table.add_column(width=wide or rest, justify=side, no_wrap=True, overflow="crop")
    table.add_row(Text(f"  {title.label}", "bold"), *(Text(head, "dim") for head in title.values))
    for row in rows:
        label = f"{_MARKS.get(row.tone, '  ')}{row.label}"
        table.add_row(*map(Text, (label, *row.values)), style=row.tone)
    return table
