"""The figures that a person looks at, of one relay or of all of them together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.commands.top.changes import Change, Changes, Flow
from service.commands.top.quantiles import Quantiles
from service.edges.telemetry import catalogue


@dataclass(frozen=True, slots=True)
class Orders:
    """What became of the orders; every field is None or empty where nobody says it."""

    taken: Flow | None
    again: Flow | None
    """Of the taken ones those that the broker had handed out before."""
    replies: Mapping[tuple[str, str], Flow]
    """By status and code."""
    settled: Mapping[str, Flow]
    tiers: Mapping[str, Flow]
    """Retries by waiting tier."""
    answered_in: Quantiles | None
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Api:
    """The attempts at the order API, and what limits them; a limit of +Inf is none."""

    attempts: Mapping[str, Flow]
    took: Quantiles | None
    in_flight: float | None
    most_in_flight: float | None
    rate_per_second: float | None
    held: Mapping[str, int]
    """How many processes hold for each reason."""


@dataclass(frozen=True, slots=True)
class Broker:
    """The relay's connections to the broker."""

    up: Mapping[str, tuple[int, int]]
    """Of each connection how many are up, and how many should be."""
    reconnects: Mapping[str, Flow]
    """By cause."""
    confirmed_in: Quantiles | None


@dataclass(frozen=True, slots=True)
class Process:
    """How the processes fare: CPU in cores, memory summed, its worst share of a limit."""

    versions: tuple[str, ...]
    uptime_seconds: float | None
    """Of the one that began last."""
    loop_late: Quantiles | None
    cpu: Flow | None
    memory_bytes: float | None
    memory_limit_bytes: float | None
    memory_share: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """All of them."""

    orders: Orders
    api: Api
    broker: Broker
    process: Process


def figures(each: Sequence[Change]) -> Figures:
    """The figures of these processes, as if they were one."""
    changes = Changes(each)
    return Figures(_orders(changes), _api(changes), _broker(changes), _process(changes))


def _orders(changes: Changes) -> Orders:
    deliveries = changes.by(catalogue.DELIVERIES.name, "redelivered")
    replies = changes.by(catalogue.REPLIES.name, "status", "code")
    ages = changes.singles(catalogue.OLDEST_ORDER_AGE.name)
    return Orders(
        taken=changes.all(catalogue.DELIVERIES.name),
        again=deliveries.get(("true",)),
        replies={(status, code): flow for (status, code), flow in replies.items()},
        settled=_by(changes, catalogue.SETTLED.name, "settlement"),
        tiers=_by(changes, catalogue.RETRIES.name, "delay_seconds"),
        answered_in=changes.quantiles(catalogue.ORDER_DURATION.name),
        oldest_seconds=max(ages, default=None),
    )


def _api(changes: Changes) -> Api:
    held: dict[str, int] = {}
    for reason, value in changes.gauges(catalogue.HELD.name, "reason"):
        if value > 0:
            held[reason] = held.get(reason, 0) + 1
    return Api(
        attempts=_by(changes, catalogue.API_REQUESTS.name, "outcome"),
        took=changes.quantiles(catalogue.API_DURATION.name),
        in_flight=_sum(changes.singles(catalogue.IN_FLIGHT.name)),
        most_in_flight=_sum(changes.singles(catalogue.CONCURRENCY_LIMIT.name)),
        rate_per_second=_sum(changes.singles(catalogue.RATE_LIMIT.name)),
        held=held,
    )


def _broker(changes: Changes) -> Broker:
    up: dict[str, tuple[int, int]] = {}
    for connection, value in changes.gauges(catalogue.BROKER_CONNECTED.name, "connection"):
        standing, of = up.get(connection, (0, 0))
        up[connection] = (standing + (value > 0), of + 1)
    return Broker(
        up=up,
        reconnects=_by(changes, catalogue.BROKER_RECONNECTS.name, "cause"),
        confirmed_in=changes.quantiles(catalogue.PUBLISH_DURATION.name),
    )


def _process(changes: Changes) -> Process:
    versions = {version for version, _ in changes.gauges(catalogue.BUILD_INFO.name, "version")}
    return Process(
        versions=tuple(sorted(versions)),
        uptime_seconds=min(_known(map(_uptime, changes.each)), default=None),
        loop_late=changes.quantiles(catalogue.LOOP_LAG.name),
        cpu=changes.all(catalogue.PROCESS_CPU),
        memory_bytes=_sum(changes.singles(catalogue.PROCESS_MEMORY)),
        memory_limit_bytes=_sum(changes.singles(catalogue.MEMORY_LIMIT.name)),
        memory_share=max(_known(map(_memory_share, changes.each)), default=None),
    )


def _uptime(change: Change) -> float | None:
    began = change.after.single(catalogue.PROCESS_START)
    # Another machine's clock may be ahead of ours.
    return None if began is None else max(0.0, change.after.unix_seconds - began)


def _memory_share(change: Change) -> float | None:
    used = change.after.single(catalogue.PROCESS_MEMORY)
    limit = change.after.single(catalogue.MEMORY_LIMIT.name)
    return None if used is None or limit is None or limit <= 0 else used / limit


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _by(changes: Changes, name: str, label: str) -> dict[str, Flow]:
    return {value: flow for (value,), flow in changes.by(name, label).items()}


def _sum(values: Sequence[float]) -> float | None:
    return sum(values) if values else None
