"""Writes what of the chart is made of the values' description (`make chart-files`)."""

import json
from pathlib import Path

from charts.sources import write
from charts.sources.values import as_schema, as_table, as_yaml
from charts.sources.values.root import values

CHART = Path(__file__).resolve().parents[2] / "order-relay"


def files() -> dict[Path, str]:
    """Every generated file and what it should be."""
    root, readme, schema = values(), CHART / "README.md", CHART / "values.schema.json"
    # `python -m tests.shipping.chart.rendered.definitions` writes them, and a test compares them.
    definitions = json.loads(schema.read_text(encoding="utf-8"))["definitions"]
    return {
        CHART / "values.yaml": as_yaml.text(root),
        schema: as_schema.text(root, definitions),
        readme: as_table.put_into(readme.read_text(encoding="utf-8"), root),
    }


if __name__ == "__main__":
    write(files())
