"""The README's tables of values, one for each block of values.yaml."""

from collections.abc import Iterator
from itertools import groupby

from charts.sources.values.as_yaml import scalar
from charts.sources.values.describe import Block, Value, leaves

BEGIN = "<!-- values: written by python -m charts.sources.values.generate -->"
END = "<!-- end of values -->"
LONGEST_DEFAULT = 60


def put_into(readme: str, root: Block) -> str:
    """The README with its tables as they should be."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text(root)}\n{END}{after}"


def text(root: Block) -> str:
    """All tables: one of the values that stand alone, and one of each block."""
    return "\n".join(_tables(root))


def _tables(root: Block) -> Iterator[str]:
    for block, names in groupby(root.values, lambda name: isinstance(root.values[name], Block)):
        if not block:
            yield from _table(
                ((name,), found) for name in names if isinstance(found := root.values[name], Value)
            )
            continue
        for name in names:
            if isinstance(found := root.values[name], Block):
                yield f"`{name}`: {found.meaning}\n"
                yield from _table(leaves(found, (name,)))


def _table(rows: Iterator[tuple[tuple[str, ...], Value]]) -> Iterator[str]:
    yield "| value | default | meaning |"
    yield "|---|---|---|"
    for path, value in rows:
        example = "".join(_example(one) for one in value.examples[:1])
        meaning = value.meaning.replace("|", "\\|") + example
        yield f"| `{'.'.join(path)}` | {_code(value.default)} | {meaning} |"
    yield ""


def _example(value: object) -> str:
    shown = _code(value)
    return f" E.g. {shown}." if shown.startswith("`") else " An example is in values.yaml."


def _code(value: object) -> str:
    shown = scalar(value).replace("|", "\\|")
    return f"`{shown}`" if len(shown) <= LONGEST_DEFAULT else "see values.yaml"
