"""What of the docs is made of the classes of the events."""

from pathlib import Path

from docs.sources.logs import as_page, as_schema

DOCS = Path(__file__).resolve().parents[2]
PAGE = DOCS / "logs.md"
SCHEMA = DOCS / "logs.schema.json"


def files() -> dict[Path, str]:
    """Every generated file and what it should be."""
    return {SCHEMA: as_schema.text(), PAGE: as_page.put_into(PAGE.read_text(encoding="utf-8"))}
