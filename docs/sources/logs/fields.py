"""Every kind of log line, as it follows from the classes of the events."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from service.core.codes import Code, Status
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.edges.telemetry.sampling import SAMPLED
from service.flow.events import Event
from service.flow.events.declare import Level
from service.flow.events.order import OrderEvent
from service.flow.events.process import ProcessEvent, Unexpected
from tests.edges.telemetry.examples import EXAMPLES

IN_PARKED_QUEUE = (Settlement.PARKED, Settlement.DEAD_LETTERED)

CLOSED: dict[str, tuple[str, ...]] = {
    "status": tuple(Status),
    "code": tuple(Code),
    "outcome": catalogue.OUTCOMES,
    "retry.outcome": catalogue.RETRIED_OUTCOMES,
    "answered.settlement": (Settlement.REPLIED, *IN_PARKED_QUEUE),
    "parked.settlement": IN_PARKED_QUEUE,
}
"""The words of fields whose type allows more; by name, or by text and name."""


@dataclass(frozen=True)
class Field:
    """One field of one kind of line: a type of JSON, or the words it can be."""

    name: str
    type: str
    meaning: str
    required: bool = True
    words: tuple[str, ...] = ()
    is_time: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of line, told by its text."""

    text: str
    levels: tuple[str, ...]
    when: str
    fields: tuple[Field, ...]


def orders() -> list[Kind]:
    """The lines on an order's way."""
    return list(_written(get_args(OrderEvent)))


def process() -> list[Kind]:
    """The lines about the process and its connections."""
    return list(_written(get_args(ProcessEvent)))


def repeated() -> list[Kind]:
    """The lines that stand for failures which were not written one by one."""
    return [_repeated(kind) for kind in SAMPLED]


def _written(events: Iterable[type[Event]]) -> Iterator[Kind]:
    # What has no level is for the metrics alone.
    return (_of_event(kind) for kind in events if kind.declared_level is not None)


def _of_event(kind: type[Event]) -> Kind:
    when = inspect.getdoc(kind) or ""
    if isinstance(level := vars(kind).get("level"), property):
        when = f"{when} {inspect.getdoc(level)}"
    written = tuple(_field(kind, each.name) for each in fields(kind))
    if kind is Unexpected:
        written = (*written, _TRACEBACK)
    return Kind(kind.text, levels(kind), when, written)


def _repeated(kind: type[Event]) -> Kind:
    sampled, text = SAMPLED[kind], f"{kind.text}, repeated"
    # Where too many kinds come at once they are counted as one, and share nothing.
    shared = [replace(_field(kind, name), required=False) for name in sampled.kind]
    counted = [
        Field("repeated_times", "integer", "how many more of these failures there were"),
        Field("within_seconds", "number", "how long ago the first one was written"),
    ]
    example = "of the last one, as an example"
    last = [
        Field(f"last_{name}", "string", example, required=_field(kind, name).required)
        for name in sampled.example
    ]
    loud = tuple(level for level in levels(kind) if level != Level.DEBUG)
    when = f"More lines `{kind.text}` of one kind were counted, not written."
    return Kind(text, loud, when, (*shared, *counted, *last))


def levels(kind: type[Event]) -> tuple[str, ...]:
    """The levels that its examples have, the quietest first."""
    found = {example.level for example in EXAMPLES if isinstance(example.event, kind)}
    return tuple(level for level in Level if level in found)


def _field(kind: type[Event], name: str) -> Field:
    options, meaning = _options(get_type_hints(kind, include_extras=True)[name])
    (plain,) = options - {NoneType}
    return Field(
        "duration_ms" if name == "duration_seconds" else name,
        _TYPES.get(plain, "string"),
        meaning,
        required=NoneType not in options,
        words=_words(kind.text, plain, name),
        is_time=plain is datetime,
    )


def _options(hint: Any) -> tuple[set[Any], str]:
    """The types that a field may have, and the meaning that is declared with one of them."""
    if get_origin(hint) is Annotated:
        inner, meaning = get_args(hint)
        return _options(inner)[0], meaning
    found = [_options(option) for option in get_args(hint)]
    if not found:
        return {hint}, ""
    return set().union(*(types for types, _ in found)), "".join(words for _, words in found)


def _words(text: str, plain: Any, name: str) -> tuple[str, ...]:
    of_type = tuple(plain) if issubclass(plain, StrEnum) else ()
    return CLOSED.get(f"{text}.{name}") or CLOSED.get(name) or of_type


_TRACEBACK = Field(
    "exception", "string", "the traceback, without the values of variables", required=False
)

OURS_BESIDE = [
    Kind(
        "telemetry failed",
        (Level.ERROR,),
        "A defect of the relay: an event could not be counted or written. Once for each class.",
        (
            Field(
                "event_type",
                "string",
                "the class of the event that could not be counted or written",
            ),
            _TRACEBACK,
        ),
    ),
    Kind(
        "a log line could not be shown",
        (Level.ERROR,),
        "A line could not be written as it was.",
        (Field("error", "string", "the class of the exception"),),
    ),
]
"""The lines that come from no event."""

LIBRARY = Kind(
    "",
    ("debug", "info", "warning", "error", "critical"),
    "A library of the relay logged something; `event` is its text.",
    (
        Field("logger", "string", "the library that logged; only lines of libraries have it"),
        _TRACEBACK,
    ),
)
"""What libraries log, in their own words."""

_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number"}


def kinds() -> list[Kind]:
    """All kinds of lines that have a text of their own."""
    return [*orders(), *process(), *repeated(), *OURS_BESIDE]
