"""Writes what of the chart is made of the values' description (`make chart-files`)."""

import sys
from pathlib import Path

from charts.sources.values import as_schema, as_table, as_yaml
from charts.sources.values.root import values

CHART = Path(__file__).resolve().parents[2] / "order-relay"


def files() -> dict[Path, str]:
    """Every generated file and what it should be."""
    root, readme = values(), CHART / "README.md"
    return {
        CHART / "values.yaml": as_yaml.text(root),
        CHART / "values.schema.json": as_schema.text(root),
        readme: as_table.put_into(readme.read_text(encoding="utf-8"), root),
    }


def main() -> None:
    """Write those that are not as they should be."""
    for path, text in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.name}: written\n")


if __name__ == "__main__":
    main()
