"""How an event is declared: its text and level by a decorator, its fields with their meanings.

The page and the schema of the log are written from these declarations (`docs/sources/logs`).
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar, dataclass_transform

from service.core.record import record


class Level(StrEnum):
    """How loud an event is."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Declared:
    """What `event` sets; a class whose level depends on its values overrides `level`."""

    __slots__ = ()
    text: ClassVar[str]
    declared_level: ClassVar[Level | None]

    @property
    def level(self) -> Level | None:
        """None for an event that is for the metrics alone."""
        return self.declared_level


D = TypeVar("D", bound=Declared)


@dataclass_transform(frozen_default=True)
def event(text: str, level: Level | None = Level.INFO) -> Callable[[type[D]], type[D]]:
    """Declare an event by the text of its line and how loud it is."""

    def declare(kind: type[D]) -> type[D]:
        declared = record(frozen=True, slots=True)(kind)
        declared.text = text
        declared.declared_level = level
        return declared

    return declare


RequestId = Annotated[
    str | None, "the message id of the request, which is its `request_id` at the API"
]
OrderId = Annotated[str, "the message id of the request, which is its `request_id` at the API"]
Code = Annotated[str | None, "why it was not accepted: the `error.code` of the reply"]
Message = Annotated[str | None, "the same in words: the `error.message` of the reply"]
HttpStatus = Annotated[int | None, "the status of the API's answer, where it answered"]
Attempts = Annotated[
    int, "how often the order reached the API, or may have; throttled attempts do not count"
]
Redelivered = Annotated[bool, "whether the broker had delivered the message before"]
FirstSeen = Annotated[
    datetime, "when a relay first saw the order: the `first_seen_at` of the reply"
]
Reason = Annotated[str, "why, in words"]
