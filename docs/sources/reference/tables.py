"""A table of Markdown."""


def table(*rows: tuple[str, ...]) -> str:
    """The first row is its head; a `|` inside a cell does not end it."""
    head, *rest = rows
    lines = (head, ("---",) * len(head), *rest)
    cells = ((cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)
