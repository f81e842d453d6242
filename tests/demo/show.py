"""Everything that the demo prints: plain lines of at most 80 columns, coloured on a terminal."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.demo.checks import Ended
from tests.demo.mail import Parked, Reply
from tests.demo.relay import MAIN, Explained, Metrics
from tests.demo.scenario import Chapter

WIDTH = 80
COLOURS = {"accepted": "green", "rejected": "yellow", "failed": "magenta", "unknown": "red"}
# What fits beside the longest code in the width.
NAME_WIDTH = 11
ABOUT_WIDTH = 27


class Show:
    """Where the demo talks to a person."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, emoji=False)
        self._console.width = min(self._console.width, WIDTH)

    def say(self, text: str = "", indent: int = 0, style: str = "", hanging: int = 0) -> None:
        """One paragraph, its lines after the first `hanging` columns further in."""
        # Not rich's padding: a pipe would get it as spaces at the end of each line.
        filled = textwrap.fill(
            text,
            self._console.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hanging),
            break_on_hyphens=False,
        )
        self._console.print(Text(filled, style), soft_wrap=True)

    def title(self, text: str) -> None:
        """A heading."""
        self.say()
        self.say(text, style="bold")

    def detail(self, text: str) -> None:
        """A line of what happens meanwhile."""
        self.say(text, 2, "dim")

    def as_is(self, text: str, style: str = "") -> None:
        """Lines to be copied, never broken."""
        self._console.print(Text(text, style), soft_wrap=True)

    def chapter(self, number: int, chapter: Chapter) -> None:
        """What the next messages are about."""
        self.title(f"{number}. {chapter.title}: {len(chapter.messages)} messages")
        self.say(chapter.text, 3)
        self.say()

    def reply(self, ended: Ended) -> None:
        """One line for a reply that has arrived."""
        wrong = bool(ended.problems())
        line = Text("!! " if wrong else "   ", "bold red" if wrong else "")
        line.append(f"{ended.message.name:<{NAME_WIDTH}} {ended.message.about:<{ABOUT_WIDTH}} ")
        line.append(f"{ended.reply.status:<8} ", COLOURS.get(ended.reply.status, ""))
        line.append(result(ended.reply))
        self._console.print(line, soft_wrap=True)

    def waiting(self, text: str) -> None:
        """One line of what the relay does about an order that waits."""
        self.say(f".. {text}", 3, "dim", hanging=3)

    def table(self, chapters: Iterable[Sequence[Ended]]) -> None:
        """All messages with what became of them, chapter by chapter."""
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
        # Folded where the terminal is narrow: rich's ellipsis is no ASCII.
        table.add_column("message", overflow="fold")
        table.add_column("what is special", overflow="fold")
        table.add_column("status", overflow="fold")
        table.add_column("order or code", overflow="fold")
        table.add_column("tries", justify="right", overflow="fold")
        table.add_column("ms", justify="right", overflow="fold")
        for ended in chapters:
            table.add_row()
            for e in ended:
                table.add_row(
                    Text(e.message.name),
                    Text(e.message.about),
                    Text(e.reply.status, COLOURS.get(e.reply.status, "")),
                    Text(result(e.reply)),
                    str(e.attempts),
                    f"{e.seconds * 1000:.0f}",
                    style="bold red" if e.problems() else "",
                )
        self._console.print(table)

    def ledger(self, ended: Iterable[Ended], ledger: Mapping[str, Any]) -> None:
        """Whether every accepted order exists exactly once, in words."""
        accepted = [e.message.message_id for e in ended if e.reply.status == "accepted"]
        orders = len(set(accepted))
        more = ledger["orders"] - orders
        self.say(
            f"{len(accepted)} replies say accepted. They are about {orders} orders, because what "
            "was sent again got the order id of the first time.",
            3,
        )
        self.say(
            f"The API's ledger has {ledger['orders']} orders after {ledger['calls']} calls: each "
            f"of the {orders} accepted orders exactly once, and {more} of unknown outcome. "
            f"Orders that exist twice: {ledger['more_than_one_order']}.",
            3,
        )
        self.say(
            "The unknown one (always-lost) was placed, but no answer to any of its attempts came "
            "back. The relay cannot know, so it says neither accepted nor failed: it says unknown, "
            "and keeps the order for a person.",
            3,
        )

    def kept(self, parked: Iterable[Parked], ended: Iterable[Ended]) -> None:
        """What lies where a person must look."""
        names = {e.message.key: e.message.name for e in ended}
        for each in parked:
            name = names.get(each.name, each.name)
            self.say(f"{'orders.parked':<16} {name:<{NAME_WIDTH}} {each.why}", 3, hanging=29)
        for e in ended:
            if e.reply.unrouted:
                why = f"nobody is bound for {e.reply.routing_key}"
                self.say(f"{'orders.unrouted':<16} {e.message.name:<{NAME_WIDTH}} {why}", 3)

    def metrics(self, metrics: Metrics) -> None:
        """The main metrics, with a word on each."""
        for explained in MAIN:
            self.say(f"{explained.name}: {_values(metrics, explained)}", 3, hanging=6)
            self.say(explained.meaning, 6, "dim")

    def problems(self, problems: Iterable[str]) -> None:
        """What is not as it must be."""
        for problem in problems:
            self.as_is(problem, "red")


def result(reply: Reply) -> str:
    """The order id without its many zeros, or why there is none."""
    order = f"ord_..{reply.order[-4:]}" if reply.order else reply.code
    return f"{order}, unrouted" if reply.unrouted else order


def _values(metrics: Metrics, explained: Explained) -> str:
    if explained.label is None:
        return f"{metrics.total(explained.name):g}"
    found = metrics.by(explained.name, explained.label)
    unit = " s:" if explained.label == "delay_seconds" else ""
    return ", ".join(f"{label}{unit} {value:g}" for label, value in found.items()) or "none"
