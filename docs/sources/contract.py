"""Writes the contract's document, its schemas and the tables of its page (`make log-schema`)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from charts.sources import write
from service.commands.asyncapi import schemas
from service.commands.asyncapi.document import build
from service.core.codes import Status
from service.core.producing.advice import Unwise
from service.edges.telemetry.catalogue import CODES_BY_STATUS

CONTRACT = Path(__file__).parent.parent / "contract"
PAGE = CONTRACT / "README.md"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def files() -> dict[Path, str]:
    """Every generated file, and what it should be."""
    return {
        CONTRACT / "asyncapi.json": _json(build("orders")),
        CONTRACT / "order.schema.json": _json(_schema("An order request's body", schemas.order())),
        CONTRACT / "reply.schema.json": _json(
            _schema("A reply's body", {"oneOf": [schemas.reply(status) for status in Status]})
        ),
        PAGE: _put_into(PAGE.read_text(encoding="utf-8")),
    }


def _schema(title: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": _DRAFT, "title": title, **schema}


def _json(value: dict[str, Any]) -> str:
    return f"{json.dumps(value, indent=2)}\n"


def _put_into(page: str) -> str:
    for name, lines in (("fields", _fields()), ("codes", _codes()), ("advice", _advice())):
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        head, rest = page.split(begin)
        page = "\n".join((head + begin, *lines, end + rest.split(end)[1]))
    return page


def _fields() -> Iterator[str]:
    schema = schemas.order()
    yield "| field | type | bounds |"
    yield "|---|---|---|"
    for name, field in schema["properties"].items():
        least, most = (field.get(f"{end}{'Length'}", field.get(f"{end}imum")) for end in _ENDS)
        unit = " characters" if field["type"] == "string" else ""
        needed = ", required" if name in schema["required"] else ""
        yield f"| `{name}` | {field['type']}{needed} | {least} to {most}{unit} |"


_ENDS = ("min", "max")


def _codes() -> Iterator[str]:
    yield "| status | codes |"
    yield "|---|---|"
    for status, codes in CODES_BY_STATUS.items():
        yield f"| `{status}` | {', '.join(f'`{code}`' for code in codes if code) or 'none'} |"


def _advice() -> Iterator[str]:
    """Each with the example of it among the vectors."""
    vectors = map(json.loads, (CONTRACT / "vectors.jsonl").read_text(encoding="utf-8").splitlines())
    examples = {code: each["about"] for each in vectors for code in each["expect"]["advice"]}
    yield "| advice | an example |"
    yield "|---|---|"
    for code in Unwise:
        yield f"| `{code}` | {examples[code]} |"


if __name__ == "__main__":
    write(files())
