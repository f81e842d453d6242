"""A scenario as data: which faults, how often and for how long, under which load and settings."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tests.trials.chaos.kinds import DELETES_QUEUES, HOLDS_CALLS, OF_CLUSTERS, Kind

SCENARIOS = Path(__file__).with_name("scenarios")

Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=600)]
Count = Annotated[int, Field(ge=1)]


class ScenarioError(Exception):
    """A scenario does not exist, or its file is wrong; the message says where and how."""


class _Part(BaseModel):
    # Strict: a misspelt or mistyped setting would make a run that proves something else.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Span(_Part):
    """A range of seconds."""

    least: Seconds
    most: Seconds

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"least ({self.least:g}) is more than most ({self.most:g})")
        return self


class Load(_Part):
    """The orders: how many, how fast, how many unanswered at most, and how many of which sort."""

    orders: Count = 3000
    rate_per_second: Annotated[float, Field(gt=0)] = 40.0
    backlog: Count = 1000
    share_with_deadline: Share = 0.05
    deadline: Span = Span(least=1.0, most=30.0)
    share_bad: Share = 0.04
    share_twins: Share = 0.04
    twin_after: Span = Span(least=0.0, most=8.0)
    share_unrouted: Share = 0.02

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.share_bad + self.share_with_deadline > 1:
            raise ValueError("share_bad and share_with_deadline together are more than 1")
        return self


class RelaySettings(_Part):
    """What the relays are set to: short waits, so that a run sees every rule at work."""

    topology: Literal["declare", "check"] = "declare"
    retry_delays_seconds: Annotated[tuple[Count, ...], Field(min_length=1)] = (1, 2, 5)
    api_timeout_seconds: Annotated[float, Field(gt=0)] = 2.0
    concurrency: Count = 32
    max_attempts: Count = 100
    max_age_seconds: Count = 900
    idempotency_window_seconds: Count = 900
    drain_seconds: Annotated[float, Field(gt=0)] = 8.0


class FaultPlan(_Part):
    """One kind of fault: so often on average, each for so long."""

    kind: Kind
    every_seconds: Annotated[float, Field(gt=0, le=3600)]
    lasts: Span = Span(least=0.0, most=0.0)


class Scenario(_Part):
    """One scenario; its name is its file's."""

    name: Annotated[str, Field(min_length=1)]
    about: Annotated[str, Field(min_length=1)]
    replicas: Annotated[int, Field(ge=1, le=8)] = 2
    nodes: Literal[1, 3] = 1
    quiet_within_seconds: Annotated[float, Field(gt=0)] = 240.0
    load: Load = Load()
    relay: RelaySettings = RelaySettings()
    faults: Annotated[tuple[FaultPlan, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        deleting = sorted(plan.kind for plan in self.faults if plan.kind in DELETES_QUEUES)
        if deleting and self.relay.topology != "check":
            raise ValueError(f'{", ".join(deleting)} needs relay.topology = "check"')
        of_clusters = sorted(plan.kind for plan in self.faults if plan.kind in OF_CLUSTERS)
        if of_clusters and self.nodes == 1:
            raise ValueError(f"{', '.join(of_clusters)} needs nodes = 3")
        return self

    @property
    def seconds(self) -> float:
        """How long the orders take to be sent where nothing holds them up."""
        return self.load.orders / self.load.rate_per_second

    @property
    def holds_calls_seconds(self) -> float:
        """How long a call can be on its way at most, for all that this scenario does to it."""
        return sum(plan.lasts.most for plan in self.faults if plan.kind in HOLDS_CALLS)

    def with_load(self, orders: int | None = None, rate: float | None = None) -> "Scenario":
        """The same with another number of orders, or orders a second; None leaves it."""
        wanted = {"orders": orders, "rate_per_second": rate}
        changed = {name: value for name, value in wanted.items() if value is not None}
        return self.model_copy(update={"load": self.load.model_copy(update=changed)})


def names(directory: Path = SCENARIOS) -> list[str]:
    """Every scenario there is."""
    return sorted(file.stem for file in directory.glob("*.toml"))


def load(name: str, directory: Path = SCENARIOS) -> Scenario:
    """A scenario by its name; ScenarioError says what is wrong with it, each with its place."""
    file = directory / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(names(directory))
        raise ScenarioError(f"no scenario {name!r}; there are {known}")
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{file.name}: {error}") from error
    try:
        # By way of JSON: only there does strict mode take a list for a tuple, a text for a Kind.
        return Scenario.model_validate_json(json.dumps({**content, "name": name}))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'scenario'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        raise ScenarioError(f"{file.name}: {problems}") from error
