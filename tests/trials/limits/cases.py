"""What is tried, as a closed set of kinds; what each must show is in its fields."""

from dataclasses import dataclass
from enum import StrEnum

from tests.world.standin.limiter import Counted, Limits

R = 80.0
"""The limit of most cases, in calls a second."""
LATENCY_SECONDS = 0.05


class Player(StrEnum):
    """Who limits the calls: the relay, or one of three scripts that anyone would write."""

    RELAY = "relay"
    NONE = "no limiter"
    FIXED = "fixed R / replicas"
    WAIT = "fixed wait on 429"


OTHERS = (Player.NONE, Player.FIXED, Player.WAIT)


class Act(StrEnum):
    """What is done to replicas that share a limit."""

    JOIN = "more are started"
    KILL = "one is killed (-9)"
    STOP = "one is stopped, and woken"
    CUT = "one is cut off from the broker, and healed"
    CLOSE = "the broker closes all their connections"
    HANG = "the node that leads queues and stream hangs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A name, how many replicas there are, and how long is watched what they do."""

    name: str
    replicas: int = 3
    seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady(Case):
    """Orders never run out, and the API keeps to its limits: how much of them is used.

    `told` is the rate that the replicas are told, None where they have to learn it. They have
    `settle_seconds` for that; `before` is another limit that the API had for a minute, first.
    """

    api: Limits
    told: float | None
    settle_seconds: float
    before: Limits | None = None
    stalls: bool = False
    delivered: float
    throttled: float
    players: tuple[Player, ...] = (Player.RELAY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbed(Case):
    """Something is done to replicas that know the limit: never more than it, and soon all of it.

    `lasting_seconds` is how long it is done; `more` are started.
    """

    act: Act
    rate: float = R
    more: int = 0
    lasting_seconds: float = 0.0
    seconds: float = 25.0
    busiest: float = 1.05
    delivered: float = 0.95
    within_seconds: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage(Case):
    """The API answers nobody for `seconds`, with 500, or with 503 that says when to come again."""

    orders: int = 10_000
    retry_after_seconds: int | None = None
    seconds: float = 300.0
    calls: int = 100
    within_seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongKey(Case):
    """The API refuses the key of all for `seconds`, from the start or while orders flow."""

    from_the_start: bool
    seconds: float = 30.0
    calls: int = 10
    within_seconds: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours(Case):
    """Good orders beside some that the API has something against."""

    per_second: float = 10.0
    within_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaky(Case):
    """A share of the calls fails at random: how much is served of what could be."""

    share: float = 0.7
    delivered: float = 0.6
    players: tuple[Player, ...] = (Player.RELAY, Player.FIXED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstFail(Case):
    """The first attempts of each order fail: all are answered within `seconds`."""

    first: int = 2
    orders: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(Case):
    """An API of some workers that is quick, slow for `seconds`, and quick again."""

    workers: int = 8
    quick_seconds: float = LATENCY_SECONDS
    slow_seconds: float = 2.0
    times_its_own: float = 1.5
    within_seconds: float = 10.0


AnyCase = Steady | Disturbed | Outage | WrongKey | Neighbours | Flaky | FirstFail | Slow


def limits(rate: float = R, counted: Counted = Counted.BUCKET, after: int | None = 1) -> Limits:
    """An API with an exact limit that takes LATENCY_SECONDS for a call."""
    return Limits(
        rate_per_second=rate,
        counted=counted,
        retry_after_seconds=after,
        latency_seconds=LATENCY_SECONDS,
    )
