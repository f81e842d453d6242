"""Draws the way of an order through the broker (`make log-schema`), without any program."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

PICTURE = Path(__file__).parent.parent / "pictures" / "way.svg"

_WIDTH, _HEIGHT = 980, 360
_BOX_WIDTH, _BOX_HEIGHT = 136, 46
_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    'font-family="system-ui, sans-serif" font-size="14">\n'
    "<title>The way of an order</title>\n"
    '<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>\n'
    # Light in both themes: a picture is not told which one the page has.
    f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fff"/>\n'
)

Point = tuple[int, int]


@dataclass(frozen=True)
class Box:
    """A program, an exchange (round) or a queue, by its centre."""

    words: str
    at: Point
    fill: str
    round: int = 4


@dataclass(frozen=True)
class Arrow:
    """Along its points; the words stand at `at`."""

    way: tuple[Point, ...]
    words: str = ""
    at: Point = (0, 0)
    is_dashed: bool = False


_PROGRAM, _EXCHANGE, _QUEUE = "#dbeafe", "#fef3c7", "#dcfce7"
_BOXES = (
    Box("producer", (90, 60), _PROGRAM),
    Box("orders", (290, 60), _EXCHANGE, 23),
    Box("orders.requests", (490, 60), _QUEUE),
    Box("order-relay", (690, 60), _PROGRAM),
    Box("order API", (890, 60), _PROGRAM),
    Box("orders.retry.*", (490, 160), _QUEUE),
    Box("orders.parked", (690, 310), _QUEUE),
    Box("orders.replies", (290, 240), _EXCHANGE, 23),
    Box("your queue", (90, 240), _QUEUE),
    Box("orders.unrouted", (290, 320), _QUEUE),
)
_ARROWS = (
    Arrow(((158, 60), (222, 60)), "order.request", (190, 30)),
    Arrow(((358, 60), (422, 60))),
    Arrow(((558, 50), (622, 50))),
    Arrow(((622, 70), (558, 70)), "ack, last of all", (590, 102)),
    Arrow(((758, 60), (822, 60)), "POST, request_id = message id", (790, 30)),
    Arrow(((670, 83), (670, 160), (558, 160)), "retry, confirmed", (606, 200), is_dashed=True),
    Arrow(((490, 137), (490, 83)), "after the delay", (436, 124), is_dashed=True),
    Arrow(((690, 83), (690, 240), (358, 240)), "reply, confirmed", (520, 230)),
    Arrow(((710, 83), (710, 287)), "for a person, confirmed", (800, 220), is_dashed=True),
    Arrow(((222, 240), (158, 240))),
    Arrow(((90, 217), (90, 83))),
    Arrow(((290, 263), (290, 297)), "no queue bound", (354, 286), is_dashed=True),
)


def picture() -> str:
    """The whole SVG."""
    return "".join((_HEAD, *map(_arrow, _ARROWS), *map(_box, _BOXES), "</svg>\n"))


def _box(box: Box) -> str:
    x, y = box.at
    return (
        f'<rect x="{x - _BOX_WIDTH // 2}" y="{y - _BOX_HEIGHT // 2}" width="{_BOX_WIDTH}" '
        f'height="{_BOX_HEIGHT}" rx="{box.round}" fill="{box.fill}" stroke="#555"/>'
        f"{_words(box.words, (x, y + 5))}"
    )


def _arrow(arrow: Arrow) -> str:
    points = " ".join(f"{x},{y}" for x, y in arrow.way)
    dashes = ' stroke-dasharray="5 4"' if arrow.is_dashed else ""
    line = f'<polyline points="{points}" fill="none" stroke="#555"{dashes} marker-end="url(#end)"/>'
    return f"{line}{_words(arrow.words, arrow.at)}"


def _words(words: str, at: Point) -> str:
    return f'<text x="{at[0]}" y="{at[1]}" text-anchor="middle">{escape(words)}</text>\n'
