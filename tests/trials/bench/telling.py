"""The rows as a table for a terminal, as Markdown for the page, and as a picture."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

from rich.table import Table

from tests.trials.bench.figures import Figure, Row
from tests.world.commands import table_of
from tests.world.load.processes import ROOT

PAGE = ROOT / "docs" / "performance.md"
PICTURE = ROOT / "docs" / "pictures" / "bench.svg"
_BLOCK = re.compile("(<!-- make bench -->\n).*(<!-- end of make bench -->\n)", re.DOTALL)
_WIDTH, _LEFT, _BAR = 760, 250, 26
_STYLE = (
    "text{font:14px sans-serif;fill:#57606a}rect{fill:#8c959f}.ours{fill:#0969da}"
    "text.ours{fill:#0969da;font-weight:bold}"
)


def number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def table(rows: Sequence[Row]) -> Table:
    """A line for each figure."""
    shown = table_of("side: what", "median", "least", "most", "unit", "rounds")
    for workload, several in groupby(rows, key=lambda row: row.workload):
        shown.add_section()
        shown.add_row(f"[bold]{workload}")
        for row in several:
            for each in row.figures:
                numbers = (number(value) for value in (each.median, each.least, each.most))
                name = f"{row.side}: {each.name}"
                shown.add_row(name, *numbers, each.unit, str(len(each.values)))
    return shown


def markdown(rows: Sequence[Row]) -> str:
    """A table for each workload, a line for each side: the median, and the spread behind it."""
    parts = []
    for workload, several in groupby(rows, key=lambda row: row.workload):
        same = list(several)
        names = [f"{each.name}, {each.unit}" for each in same[0].figures]
        lines = [_line([workload, *names]), _line(["---"] * (len(names) + 1))]
        lines += [_line([row.side, *map(_cell, row.figures)]) for row in same]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(each: Figure) -> str:
    if len(each.values) == 1:
        return number(each.median)
    return f"{number(each.median)} ({number(each.least)} to {number(each.most)})"


def picture(rows: Sequence[Row], workload: str, name: str) -> str:
    """Bars of one figure, the least of them first."""
    bars = sorted(
        (each.median, row.side)
        for row in rows
        for each in row.figures
        if row.workload == workload and each.name == name
    )
    most = max(value for value, _ in bars)
    drawn = []
    for place, (value, side) in enumerate(bars):
        top, width = 34 + place * _BAR, (_WIDTH - _LEFT - 60) * value / most
        ours = ' class="ours"' if side == "order-relay" else ""
        drawn += [
            f'<text{ours} x="{_LEFT - 10}" y="{top + 15}" text-anchor="end">{escape(side)}</text>',
            f'<rect{ours} x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR - 6}"/>',
            f'<text{ours} x="{_LEFT + width + 6:.1f}" y="{top + 15}">{value:.2f}</text>',
        ]
    told = escape(f"{workload}: {name}, times that of the script on httpx2")
    title = f'<text x="{_LEFT}" y="20">{told}</text>'
    size = f'viewBox="0 0 {_WIDTH} {40 + len(bars) * _BAR}"'
    content = "\n".join([f"<style>{_STYLE}</style>", title, *drawn])
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{content}\n</svg>\n'


def write_page(rows: Sequence[Row], said: str, page: Path = PAGE, drawn: Path = PICTURE) -> None:
    """Puts what was measured between the page's marks, and draws the picture beside it."""
    text = page.read_text(encoding="utf-8")
    new = f"{said}\n\n{markdown(rows)}"
    page.write_text(_BLOCK.sub(lambda found: found[1] + new + found[2], text), encoding="utf-8")
    drawn.write_text(picture(rows, "overhead", "CPU"), encoding="utf-8")
