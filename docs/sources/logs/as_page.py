"""The generated part of docs/logs.md: a table for each kind of line."""

from collections.abc import Iterator

from docs.sources.logs import fields
from docs.sources.logs.fields import Field, Kind

BEGIN = "<!-- lines: written by python -m docs.sources.logs -->"
END = "<!-- end of lines -->"

MOST_WORDS = 6
"""More words than these are for the schema alone; the codes are in the README, too."""

_HEADLINES = (
    ("On an order's way", fields.orders),
    ("Failures that repeat", fields.repeated),
    ("The process and its connections", fields.process),
    ("Defects of the log itself", lambda: fields.OURS_BESIDE),
)


def put_into(page: str) -> str:
    """The page with its tables as they should be."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text()}\n{END}{after}"


def text() -> str:
    """All tables."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    for headline, kinds in _HEADLINES:
        yield f"### {headline}\n"
        for kind in kinds():
            yield from _of(kind)


def _of(kind: Kind) -> Iterator[str]:
    yield f"#### `{kind.text}`\n"
    yield f"{', '.join(kind.levels)}. {kind.when}\n"
    if not kind.fields:
        return
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for field in kind.fields:
        optional = "" if field.required else ", may be absent"
        yield f"| `{field.name}` | {_type(field)}{optional} | {field.meaning} |"
    yield ""


def _type(field: Field) -> str:
    if len(field.words) > MOST_WORDS:
        return f"one of {len(field.words)} words"
    if field.words:
        return ", ".join(f"`{word}`" for word in field.words)
    if field.is_time:
        return "time"
    plain = {"string": "text", "boolean": "true or false"}.get(field.type, field.type)
    unit = next((unit for end, unit in _UNITS.items() if field.name.endswith(end)), "")
    return f"{plain}, {unit}" if unit else plain


_UNITS = {
    "per_second": "orders a second",
    "seconds": "seconds",
    "_ms": "milliseconds",
    "_bytes": "bytes",
}
