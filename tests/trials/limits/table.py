"""All cases, those that matter most first."""

from collections.abc import Sequence

from tests.trials.limits.cases import (
    OTHERS,
    Act,
    AnyCase,
    Disturbed,
    FirstFail,
    Flaky,
    Neighbours,
    Outage,
    Player,
    R,
    Slow,
    Steady,
    WrongKey,
    limits,
)
from tests.world.standin.limiter import Counted

_BUCKET, _WINDOW = Counted.BUCKET, Counted.WINDOW
_FOR_ALL = (Player.RELAY, *OTHERS)
_LEARNED_SECONDS = 60.0
_FOUND_AGAIN_SECONDS = 120.0
_ENOUGH_CALLS = 2400
"""One that is refused is well below a per mille of them, where there is time for so many."""


def _seconds(rate: float, *, stalls: bool = False) -> float:
    return 60.0 if stalls else min(60.0, _ENOUGH_CALLS / rate)


def _known(rate: float, counted: Counted, replicas: int, *, stalls: bool = False) -> Steady:
    side_by_side = counted is _BUCKET and not stalls and (rate == R or replicas == 3)
    return Steady(
        name=f"known-{rate:g}-{counted}-{replicas}{'-stalls' * stalls}",
        replicas=replicas,
        api=limits(rate, counted),
        told=rate,
        seconds=_seconds(rate, stalls=stalls),
        settle_seconds=10,
        stalls=stalls,
        delivered=0.97,
        throttled=0.005,
        players=_FOR_ALL if side_by_side else (Player.RELAY,),
    )


def _unknown(
    rate: float,
    counted: Counted,
    replicas: int,
    after: int | None,
    *,
    told: float | None = None,
    name: str = "unknown",
) -> Steady:
    # The scripts know of no limit anyway, or must be told: with other replicas it is all the same.
    side_by_side = (name, rate, counted, replicas, after) == ("unknown", R, _BUCKET, 3, 1)
    return Steady(
        name=f"{name}-{rate:g}-{counted}-{f'after{after}' if after else 'untold'}-{replicas}",
        replicas=replicas,
        api=limits(rate, counted, after),
        told=told,
        seconds=_seconds(rate),
        settle_seconds=_LEARNED_SECONDS,
        delivered=0.85 if after == 5 else 0.92,
        throttled=0.02,
        players=(Player.RELAY, Player.NONE, Player.WAIT) if side_by_side else (Player.RELAY,),
    )


def _changed(to: float, after: int | None) -> Steady:
    return Steady(
        name=f"{'doubled' if to > R else 'halved'}-{f'after{after}' if after else 'untold'}",
        before=limits(R, _BUCKET, after),
        api=limits(to, _BUCKET, after),
        told=None,
        seconds=_seconds(to),
        settle_seconds=_FOUND_AGAIN_SECONDS,
        delivered=0.92,
        throttled=0.02,
    )


CASES: Sequence[AnyCase] = (
    *(
        _known(rate, counted, replicas)
        for rate in (R, 6.0)
        for counted in Counted
        for replicas in (1, 3, 8)
    ),
    *(_known(R, counted, replicas, stalls=True) for counted in Counted for replicas in (1, 3)),
    *(_unknown(R, _BUCKET, replicas, 1) for replicas in (1, 3, 8)),
    *(_unknown(R, _BUCKET, replicas, None) for replicas in (1, 3, 8)),
    *(_unknown(R, counted, 3, 5) for counted in Counted),
    _unknown(R, _WINDOW, 1, 1),
    _unknown(R, _WINDOW, 3, None),
    _unknown(6.0, _BUCKET, 1, None),
    _unknown(6.0, _BUCKET, 3, 1),
    _unknown(6.0, _WINDOW, 3, 5),
    _unknown(6.0, _WINDOW, 8, 1),
    *(_changed(to, after) for to, after in ((2 * R, 1), (R / 2, 1), (R / 2, None))),
    *(_unknown(R, _BUCKET, replicas, 1, told=2 * R, name="twice") for replicas in (1, 3)),
    _unknown(R, _WINDOW, 3, None, told=2 * R, name="twice"),
    *(_unknown(R, counted, 3, 1, told=1.05 * R, name="5-percent") for counted in Counted),
    Disturbed(name="join-one-to-two", replicas=2, act=Act.JOIN, more=1),
    Disturbed(name="join-four-to-one", replicas=1, act=Act.JOIN, more=4),
    Disturbed(name="join-one-to-one-6", replicas=1, rate=6.0, act=Act.JOIN, more=1),
    Disturbed(name="kill", act=Act.KILL),
    Disturbed(name="stop-60", act=Act.STOP, lasting_seconds=60),
    Disturbed(name="stop-8", act=Act.STOP, lasting_seconds=8),
    Disturbed(name="cut", act=Act.CUT, lasting_seconds=30),
    Disturbed(name="close", act=Act.CLOSE),
    Outage(name="outage-500"),
    Outage(name="outage-503", retry_after_seconds=4),
    WrongKey(name="key-wrong", from_the_start=True),
    WrongKey(name="key-wrong-8", replicas=8, from_the_start=True),
    WrongKey(name="key-revoked", from_the_start=False),
    Neighbours(name="neighbours-1", replicas=1),
    Neighbours(name="neighbours-3"),
    Flaky(name="flaky"),
    FirstFail(name="first-two-fail-1", replicas=1),
    FirstFail(name="first-two-fail-3"),
    Slow(name="slow-1", replicas=1),
    Slow(name="slow-3"),
    Disturbed(name="hang", act=Act.HANG, lasting_seconds=6),
)


def named(beginning: str) -> list[AnyCase]:
    """The cases whose names begin so."""
    return [case for case in CASES if case.name.startswith(beginning)]
