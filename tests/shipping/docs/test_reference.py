"""The pages of the reference are what the code says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs.sources.reference import asyncapi, errors
from docs.sources.reference.pages import files
from docs.sources.reference.tables import table
from service.commands.asyncapi.document import build
from service.edges.telemetry import catalogue
from service.flow.events.faults import ADVICE


@pytest.mark.parametrize(("path", "text"), files().items(), ids=lambda each: Path(each).name[:20])
def test_a_page_is_as_the_code_says(path: Path, text: str) -> None:
    """`make log-schema` writes it."""
    assert path.read_text(encoding="utf-8") == text


def test_every_metric_has_its_row() -> None:
    """By the same names as the catalogue."""
    page = next(text for path, text in files().items() if path.name == "metrics.md")
    names = [each.name for each in vars(catalogue).values() if isinstance(each, catalogue.Metric)]
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_the_page_of_the_asyncapi_document_has_all_that_it_says() -> None:
    """Each text and each number of it, but for references and for what is of no use to a person."""
    page = asyncapi.page().replace("&lt;", "<").replace("\\|", "|")
    whole = build("orders")
    del whole["info"]["title"], whole["info"]["description"], whole["info"]["license"]
    assert [value for value in values(whole) if value not in page] == []


def values(node: object) -> Iterator[str]:
    """The names, texts and numbers of a document, as the page has them."""
    match node:
        case dict():
            for key, value in node.items():
                if key not in {"$ref", "is", "bindingVersion"}:
                    yield from values(value)
            yield from node.get("properties", ())
        case list():
            for value in node:
                yield from values(value)
        case str():
            # In a block it is as JSON writes it.
            yield node if "\n" not in node and "\\x00]" not in node else json.dumps(node)
        case int() if not isinstance(node, bool):
            yield str(node)
        case _:
            pass


def test_what_is_said_of_a_wrong_setting_and_of_a_broker_can_be_searched() -> None:
    """Word for word, but for the values in it."""
    page = errors.page()
    firsts = {advice.partition("; see")[0] for advice in ADVICE.values()}
    assert [advice for advice in firsts if "ORDER_RELAY" not in advice and advice not in page] == []
    assert "`must ascend, and have at least one tier`" in page


def test_what_is_said_of_a_message_can_be_searched() -> None:
    """What is wrong with it, as a reply says it, and what is unwise."""
    page = errors.page()
    for text in (
        "the message has no message_id; without one a repeat would order twice",
        "another order was sent with this message_id; a new order needs a new one",
        "there is no timestamp; after a crash of all relays nothing says how long ago",
        "the message_id ... looks like a counter; one that starts again",
    ):
        assert f"- `{text}" in page


def test_the_texts_of_a_module() -> None:
    """What it raises, returns, keeps and tells; no docstring, no help, no key, nothing short."""
    source = '''
WHY = "what is kept for later"
def one(name: "Kind | None", why: Annotated[str, option(help="some help")]):
    """No text of an error."""
    option(help="another help")
    if name:
        raise ValueError(f"no such name: {name}")
    re.match(r"a pattern of \\\\d and more", name)
    return {"some key of it": "what is said of it"}[name] or "word"
'''
    said = {"what is kept for later", "no such name: ...", "what is said of it"}
    assert set(errors.texts(source)) == said


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    """As in a pattern."""
    assert table(("a",), ("x|y",)) == "| a |\n| --- |\n| x\\|y |\n"
