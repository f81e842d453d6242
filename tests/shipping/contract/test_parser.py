"""The document in front of AsyncAPI's own parser."""

import json

import pytest

from service.commands.asyncapi.document import build
from tests.shipping.contract import parser


@pytest.mark.skipif(parser.missing() is not None, reason=parser.missing() or "")
def test_the_document_is_valid() -> None:
    """Without an error, a warning or a hint; and one with AMQP's `replyTo` has an error."""
    document = build("orders")
    assert parser.complaints(json.dumps(document)) == []
    document["operations"]["order"]["bindings"]["amqp"]["replyTo"] = "shop-a.eu"
    assert any(line.startswith("error ") for line in parser.complaints(json.dumps(document)))
