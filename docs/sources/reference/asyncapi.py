"""The AsyncAPI document as a page: its operations, channels and messages."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from docs.sources.reference.tables import table
from service.commands.asyncapi.document import build

_TOP = """# AsyncAPI

The [AsyncAPI document](asyncapi.json) for people: all that it says of operations, channels and
messages. `order-relay asyncapi` prints it, for another prefix with `--namespace`. What is not in
it, and the messages in short: [messages](README.md). How to send orders and lose none:
[producers](../producers.md). This page is written from the document (`make log-schema`).
"""
_HEAD = ("name", "type", "bounds", "meaning")
_PARTS = {"x-amqp-properties": "Properties", "headers": "Headers", "payload": "Payload"}

Document = dict[str, Any]


def page() -> str:
    """The whole text."""
    whole = build("orders")
    components = whole["components"]["messages"]
    info = f"AsyncAPI {whole['asyncapi']}, order-relay {whole['info']['version']}, all bodies "
    return "".join(
        (
            f"{_TOP}\n{info}`{whole['defaultContentType']}`.\n\n## Operations\n",
            *(_operation(name, each) for name, each in whole["operations"].items()),
            "\n## Channels\n",
            *(_channel(name, each) for name, each in whole["channels"].items()),
            "\n## Messages\n",
            *(_message(name, each) for name, each in components.items()),
        )
    )


def _operation(name: str, operation: Document) -> str:
    amqp = operation["bindings"]["amqp"]
    rows = [
        ("channel", _linked(operation["channel"], "channel")),
        ("messages", _all(operation["messages"])),
        ("delivery mode, mandatory", f"`{amqp['deliveryMode']}`, {_json(amqp['mandatory'])}"),
    ]
    if reply := operation.get("reply"):
        address = reply["address"]
        rows += [
            ("reply's address", f"`{address['location']}`: {address['description']}"),
            ("reply's channel", _linked(reply["channel"], "channel")),
            ("reply's messages", _all(reply["messages"])),
        ]
    title = f"\n### Operation {name}: the relay {operation['action']}s\n\n"
    return f"{title}{operation['summary']}\n\n{table(('', 'value'), *rows)}"


def _channel(name: str, channel: Document) -> str:
    exchange = channel["bindings"]["amqp"]["exchange"]
    kind = [exchange["type"], *(word for word in ("durable", "autoDelete") if exchange[word])]
    address = channel["address"]
    rows = [
        ("exchange", f"`{exchange['name']}` ({', '.join(kind)})"),
        ("routing key", f"`{address}`" if address else "as the request says"),
        ("messages", _all(channel["messages"].values())),
    ]
    for parameter, values in channel.get("parameters", {}).items():
        rows.append((f"`{{{parameter}}}`", _codes(values["enum"])))
    said = " ".join(filter(None, (f"{channel['title']}.", channel.get("description"))))
    return f"\n### Channel {name}\n\n{said}\n\n{table(('', 'value'), *rows)}"


def _message(name: str, message: Document) -> str:
    said = " ".join(filter(None, (f"{message['title']}.", message.get("summary"))))
    kind = message.get("bindings", {}).get("amqp", {}).get("messageType")
    typed = f" AMQP's property `type` is `{kind}`." if kind else ""
    correlation = f"Its correlation id is `{message['correlationId']['location']}`."
    head = f"\n### Message {name}\n\n{said}{typed} {correlation}\n"
    return "".join((head, *_schemas(message), *_examples(message)))


def _schemas(message: Document) -> Iterator[str]:
    for part, title in _PARTS.items():
        schema = dict(message[part])
        rows = _rows(schema.pop("properties"), schema.pop("required", ()))
        yield f"\n**{title}**\n\n{table(_HEAD, *rows)}"
        if rest := {key: value for key, value in schema.items() if key != "type"}:
            yield f"\nAnd of the {title.lower()} as a whole:\n\n{_block(rest)}"


def _rows(fields: Document, needed: Iterable[str], prefix: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in fields.items():
        kinds = [each["type"] for each in (field, *field.get("anyOf", ())) if "type" in each]
        words = [" or ".join(kinds) or "text", *filter(None, (field.get("format"),))]
        words += ["required"] if name in needed else []
        # A `<` would begin an element of HTML.
        meaning = field.get("description", "").replace("<", "&lt;")
        yield f"`{prefix}{name}`", ", ".join(words), _bounds(field), meaning
        inner = field.get("properties", {})
        yield from _rows(inner, field.get("required", ()), f"{prefix}{name}.")


def _bounds(field: Document) -> str:
    told = []
    for end, unit in (("imum", ""), ("Length", " characters")):
        least, most = field.get(f"min{end}"), field.get(f"max{end}")
        if most is not None:
            told.append(f"{least} to {most}{unit}")
        elif least is not None:
            told.append(f"at least {least}{unit}")
    told += [_codes(field.get("enum", ()))]
    told += [f"`{field[name]}`" for name in ("pattern", "const") if name in field]
    return ", ".join(filter(None, told))


def _examples(message: Document) -> Iterator[str]:
    if properties := message.get("x-amqp-properties-example"):
        yield f"\n**Example of the properties**\n\n{_block(properties)}"
    for example in message["examples"]:
        about = f": {example['summary']}" if "summary" in example else ""
        yield f"\n**Example `{example['name']}`{about}**\n\n{_block(example['payload'])}"


def _all(references: Iterable[Document]) -> str:
    return ", ".join(_linked(each, "message") for each in references)


def _linked(reference: Document, kind: str) -> str:
    name = reference["$ref"].rpartition("/")[2]
    return f"[`{name}`](#{kind}-{name.lower()})"


def _codes(values: Iterable[object]) -> str:
    return ", ".join(f"`{value}`" for value in values)


def _block(value: object) -> str:
    return f"```json\n{_json(value)}\n```\n"


def _json(value: object) -> str:
    return json.dumps(value, indent=2)
