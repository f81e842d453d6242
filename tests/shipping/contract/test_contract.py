"""The files of docs/contract: as the program says, and all of one opinion."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.sources.contract import CONTRACT, files
from service.commands.asyncapi import schemas
from service.commands.asyncapi.document import build
from service.core import answer as answers
from service.core.answer import Answer, Problem
from service.core.codes import Code, Status
from service.core.history import History
from service.core.outcome import Accepted
from service.core.producing.written import read
from service.core.reply import build_reply
from service.edges.telemetry.catalogue import CODES_BY_STATUS
from tests.core.build import NOW, message, received, reply_body
from tests.shipping.schemas import Validator

VECTORS: list[dict[str, Any]] = [
    json.loads(line) for line in (CONTRACT / "vectors.jsonl").read_text("utf-8").splitlines()
]
BEYOND_SCHEMAS = {"twice-the-key", "quantity-fraction", "deadline-passed"}
"""What is wrong with these, JSON Schema has no word for."""
DOCUMENT = build("orders")


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_files_are_as_the_program_says(path: Path) -> None:
    """`make log-schema` writes them."""
    assert path.read_text(encoding="utf-8") == files()[path]


@pytest.mark.parametrize("name", DOCUMENT["components"]["messages"])
def test_every_example_keeps_its_schema(name: str) -> None:
    """The parser does not look at that; and the schemas are schemas."""
    described = DOCUMENT["components"]["messages"][name]
    assert described["examples"]
    for example in described["examples"]:
        for part in ("payload", "headers"):
            Validator.check_schema(described[part])
            assert list(_errors(described[part], example[part])) == []
    if "x-amqp-properties-example" in described:
        properties = described["x-amqp-properties-example"]
        assert list(_errors(described["x-amqp-properties"], properties)) == []


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_schemas_agree_with_the_relay(vector: dict[str, Any]) -> None:
    """What is sent keeps them, and what is rejected does not, where they can tell."""
    good = vector["expect"]["status"] == "sent" or vector["name"] in BEYOND_SCHEMAS
    assert (not list(_problems(vector["message"]))) is good


def _problems(written: dict[str, Any]) -> Iterator[str]:
    properties = {k: v for k, v in written["properties"].items() if k != "timestamp"}
    yield from _errors(schemas.order_properties(), properties)
    headers = {k: v for k, v in written.get("headers", {}).items() if not isinstance(v, dict)}
    yield from _errors(schemas.order_headers(), headers)
    try:
        body = json.loads(read(written).message.body.decode("utf-8"), parse_constant=str)
    except ValueError as error:
        yield str(error)
    else:
        yield from _errors(schemas.order(), body)


def test_every_reply_keeps_its_schema() -> None:
    """Each status with each of its codes, and nobody's id; no reply keeps another's."""
    history = History(NOW, attempts=1)
    said = [answers.accepted(Accepted("ord_1"), history)]
    said += [
        Answer(status, 1, NOW, problem=Problem(code, "why", http_status))
        for status, codes in CODES_BY_STATUS.items()
        for code in map(Code, filter(None, codes))
        for http_status in (None, 400)
    ]
    for each in said:
        for message_id in ("o-1", None):
            built = build_reply(received(message(message_id=message_id)), each, NOW)
            body = reply_body(built)
            kept = [s for s in Status if not list(_errors(schemas.reply(s), body))]
            assert kept == [each.status]
            sent = built.message
            properties = {
                name: getattr(sent, name)
                for name in ("correlation_id", "content_type", "type", "app_id")
            }
            assert list(_errors(schemas.reply_properties(), properties)) == []
            assert list(_errors(schemas.reply_headers(), dict(sent.headers))) == []


def test_another_namespace_has_other_exchanges() -> None:
    """And nothing else differs."""
    other = json.dumps(build("eu"))
    assert '"name": "eu.replies"' in other
    assert json.loads(
        other.replace('"eu', '"orders').replace("exchange eu", "exchange orders")
    ) == (DOCUMENT)


def _errors(schema: dict[str, Any], value: object) -> Iterator[str]:
    for error in Validator(schema).iter_errors(value):
        yield error.message
