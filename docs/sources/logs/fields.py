"""Every kind of log line, as it follows from the classes of the events."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import ModuleType, NoneType
from typing import Any, get_args, get_type_hints

from docs.sources.logs.meanings import meaning
from service.core.codes import Code, Status
from service.core.settlement import Settlement
from service.edges.telemetry import catalogue
from service.edges.telemetry.sampling import SAMPLED
from service.flow import order_events, process_events
from service.flow.events import Event, Level, Unexpected
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
    return list(_of_module(order_events))


def process() -> list[Kind]:
    """The lines about the process and its connections."""
    return list(_of_module(process_events))


def repeated() -> list[Kind]:
    """The lines that stand for failures which were not written one by one."""
    return [_repeated(kind) for kind in SAMPLED]


def _of_module(module: ModuleType) -> Iterator[Kind]:
    for kind in get_args(Event):
        # What has no level is for the metrics alone.
        if kind.__module__ == module.__name__ and vars(kind).get("level") is not None:
            yield _of_event(kind)


def _of_event(kind: type[Event]) -> Kind:
    when = inspect.getdoc(kind) or ""
    if isinstance(level := vars(kind).get("level"), property):
        when = f"{when} {inspect.getdoc(level)}"
    written = tuple(_field(kind, each.name) for each in fields(kind))
    if kind is Unexpected:
        written = (*written, _traceback(kind.text))
    return Kind(kind.text, levels(kind), when, written)


def _repeated(kind: type[Event]) -> Kind:
    sampled, text = SAMPLED[kind], f"{kind.text}, repeated"
    # Where too many kinds come at once they are counted as one, and share nothing.
    shared = [Field(**{**vars(_field(kind, name)), "required": False}) for name in sampled.kind]
    counted = [
        Field("repeated_times", "integer", meaning(text, "repeated_times")),
        Field("within_seconds", "number", meaning(text, "within_seconds")),
    ]
    last = [
        Field(
            f"last_{name}",
            "string",
            meaning(text, f"last_{name}"),
            required=_is_required(kind, name),
        )
        for name in sampled.example
    ]
    loud = tuple(level for level in levels(kind) if level != Level.DEBUG)
    when = f"More lines `{kind.text}` of one kind were counted, not written."
    return Kind(text, loud, when, (*shared, *counted, *last))


def levels(kind: type[Event]) -> tuple[str, ...]:
    """The levels that its examples have, the quietest first."""
    found = {example.level for example in EXAMPLES if isinstance(example.event, kind)}
    return tuple(level for level in Level if level in found)


def _is_required(kind: type[Event], name: str) -> bool:
    return NoneType not in get_args(get_type_hints(kind)[name])


def _field(kind: type[Event], name: str) -> Field:
    hint = get_type_hints(kind)[name]
    (plain,) = [one for one in get_args(hint) or (hint,) if one is not NoneType]
    shown = "duration_ms" if name == "duration_seconds" else name
    return Field(
        shown,
        _TYPES.get(plain, "string"),
        meaning(kind.text, shown),
        required=_is_required(kind, name),
        words=_words(kind.text, plain, name),
        is_time=plain is datetime,
    )


def _words(text: str, plain: Any, name: str) -> tuple[str, ...]:
    of_type = tuple(plain) if issubclass(plain, StrEnum) else ()
    return CLOSED.get(f"{text}.{name}") or CLOSED.get(name) or of_type


def _traceback(text: str) -> Field:
    return Field("exception", "string", meaning(text, "exception"), required=False)


OURS_BESIDE = [
    Kind(
        "telemetry failed",
        (Level.ERROR,),
        "A defect of the relay: an event could not be counted or written. Once for each class.",
        (Field("event_type", "string", meaning("", "event_type")), _traceback("")),
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
    (Field("logger", "string", meaning("", "logger")), _traceback("")),
)
"""What libraries log, in their own words."""

_TYPES: dict[type, str] = {bool: "boolean", int: "integer", float: "number"}


def kinds() -> list[Kind]:
    """All kinds of lines that have a text of their own."""
    return [*orders(), *process(), *repeated(), *OURS_BESIDE]
