"""Which calls a fault is for, and how often."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Annotated, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from tests.world.standin.faults import FAULT, Fault


class _Match(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class RequestIdIs(_Match):
    """Calls with this request_id, or with this prefix where it ends with `*`."""

    request_id: Annotated[str, Field(min_length=1)]


class EveryNth(_Match):
    """Every nth of all calls since the rule was added, the nth being the first."""

    every: Annotated[int, Field(ge=1)]


class FirstCalls(_Match):
    """The first n calls of each order."""

    first: Annotated[int, Field(ge=1)]


class AtRandom(_Match):
    """A share of all calls, at random; the same ones each time that it is added."""

    share: Annotated[float, Field(gt=0, lt=1)]


class AllCalls(_Match):
    """Every call."""

    all: Literal[True] = True


Match = RequestIdIs | EveryNth | FirstCalls | AtRandom | AllCalls

_MATCH: TypeAdapter[Match] = TypeAdapter(Match)
_TIMES: TypeAdapter[int | None] = TypeAdapter(Annotated[int, Field(ge=1, strict=True)] | None)


@dataclass(slots=True)
class Rule:
    """A fault, the calls it is for, and how many of them are left; `left` None has no end."""

    fault: Fault
    match: Match
    left: int | None
    calls: int = 0
    fired: int = 0
    chance: Random = field(default_factory=lambda: Random(1))

    def applies(self, request_id: str, nth_of_order: int) -> bool:
        """Whether the call that `calls` has just counted is one of these."""
        match self.match:
            case AllCalls():
                return True
            case EveryNth(every=every):
                return self.calls % every == 0
            case FirstCalls(first=first):
                return nth_of_order <= first
            case AtRandom(share=share):
                return self.chance.random() < share
            case RequestIdIs(request_id=wanted):
                if wanted.endswith("*"):
                    return request_id.startswith(wanted[:-1])
                return request_id == wanted
            case _ as never:
                assert_never(never)

    def as_json(self) -> dict[str, object]:
        """Its line in `GET /faults`."""
        return {
            "match": self.match.model_dump(),
            "times": self.left,
            "fired": self.fired,
            **self.fault.model_dump(),
        }


def _rule(value: Mapping[str, object]) -> Rule:
    parameters = dict(value)
    match = _MATCH.validate_python(parameters.pop("match", {"all": True}))
    times = _TIMES.validate_python(parameters.pop("times", 1))
    return Rule(FAULT.validate_python(parameters), match, times)


class FaultRules:
    """The rules in the order they were added; for each call the first that applies has its way."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, fault: Fault, match: Match | None = None, times: int | None = 1) -> Rule:
        """Adds a fault for the next `times` calls (None has no end) that match (None is all)."""
        rule = Rule(fault, match or AllCalls(), _TIMES.validate_python(times))
        self.rules.append(rule)
        return rule

    def add_json(self, value: Mapping[str, object]) -> Rule:
        """`{"match": {...}, "times": n, "fault": <name>, ...}`; pydantic.ValidationError if not."""
        rule = _rule(value)
        self.rules.append(rule)
        return rule

    def replace_json(self, values: Iterable[Mapping[str, object]]) -> None:
        """These rules in the place of all others, in one step; nothing changes if one is wrong."""
        self.rules = [_rule(value) for value in values]

    def clear(self) -> None:
        """Forgets all rules; calls that already hang go on hanging."""
        self.rules.clear()

    def take(self, request_id: str, nth_of_order: int) -> Fault | None:
        """The fault for the order's nth call, which has just arrived, used up by one."""
        if not self.rules:
            return None
        for rule in self.rules:
            rule.calls += 1
        applying = (rule for rule in self.rules if rule.applies(request_id, nth_of_order))
        chosen = next(applying, None)
        if chosen is None:
            return None
        chosen.fired += 1
        if chosen.left is not None:
            chosen.left -= 1
            if chosen.left == 0:
                self.rules.remove(chosen)
        return chosen.fault
