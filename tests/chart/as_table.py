"""The README's tables of values, one for each block of values.yaml."""

from collections.abc import Iterator
from itertools import groupby

from tests.chart.as_yaml import scalar
from tests.chart.values.describe import Block, Value, leaves

BEGIN = "<!-- values: written by python -m tests.chart.generate -->"
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
            found = root.values[name]
            assert isinstance(found, Block)
            yield f"`{name}`: {found.meaning}\n"
            yield from _table(leaves(found, (name,)))


def _table(rows: Iterator[tuple[tuple[str, ...], Value]]) -> Iterator[str]:
    yield "| value | default | meaning |"
    yield "|---|---|---|"
    for path, value in rows:
        meaning = value.meaning + "".join(f"; e.g. {_code(one)}" for one in value.examples[:1])
        yield f"| `{'.'.join(path)}` | {_code(value.default)} | {meaning} |"
    yield ""


def _code(value: object) -> str:
    shown = scalar(value).replace("|", "\\|")
    return f"`{shown}`" if len(shown) <= LONGEST_DEFAULT else "see values.yaml"
