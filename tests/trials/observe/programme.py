"""Which site suffers what, so that all alerts come up side by side and none disturbs another."""

from dataclasses import dataclass, replace

from tests.trials.observe.expressions import Key
from tests.trials.observe.scenes import Scene, Trouble
from tests.trials.observe.site import SitePlan
from tests.trials.observe.troubles import answers, queues, relays

_FEW_QUEUES = {"RETRY__DELAYS_SECONDS": "1,5"}


@dataclass(frozen=True, slots=True)
class Act:
    """A site, and what is done to it, one after the other."""

    name: str
    plan: SitePlan
    scenes: tuple[Scene, ...]


def _scene(cause: str, trouble: Trouble, *alerts: str, recovery: Trouble | None = None) -> Scene:
    keys = tuple(Key(f"OrderRelay{name}", severity) for name, severity in map(str.split, alerts))
    return Scene(keys, cause, trouble, recovery) if recovery else Scene(keys, cause, trouble)


def _act(
    name: str, *scenes: Scene, relays: int = 1, per_second: float = 5.0, **settings: str
) -> Act:
    return Act(name, SitePlan(relays, per_second, {**_FEW_QUEUES, **settings}), scenes)


OUTAGE = _scene("the API refuses connections", answers.api_refuses_connections, "Held critical")
PARKED = _scene("messages without an id come", queues.messages_parked, "Parked warning")
BLOCKED = _scene(
    "the broker's memory alarm", queues.publishers_blocked, "PublisherBlocked critical"
)
"""Strikes every site of the broker, so it comes last."""

UNSURE = _act(
    "unsure",
    _scene(
        f"{answers.UNSURE} orders are placed and never answered for",
        answers.outcomes_unknown,
        "OutcomeUnknown warning",
        "OutcomeUnknown critical",
    ),
    RETRY__MAX_ATTEMPTS="2",
)
ACTS = (
    UNSURE,
    _act(
        "slow",
        _scene(
            "2 orders a second are served, 25 come",
            queues.more_than_is_served,
            "OrderTooOld warning",
            "QueueGrows warning",
        ),
        API__CONCURRENCY="4",
        AMQP__PREFETCH="400",
    ),
    _act(
        "process",
        _scene(
            "a control group with hardly enough memory",
            relays.memory_limited,
            "MemoryNearLimit warning",
        ),
        _scene(
            "SIGSTOP and SIGCONT, again and again",
            relays.relay_frozen_again_and_again,
            "EventLoopLag warning",
        ),
        relays=2,
    ),
    _act(
        "links",
        _scene("every relay is stopped", relays.relays_stopped, "Absent critical"),
        _scene(
            "the broker's connections are cut again and again",
            relays.links_cut_again_and_again,
            "ReconnectStorm warning",
        ),
        # After the storm, which the vain attempts of this one would begin before its time.
        _scene(
            "the broker's connections are cut, new ones refused",
            relays.broker_refuses,
            "NoConsumer critical",
        ),
    ),
    _act(
        "api",
        _scene("the API refuses the key", answers.key_refused, "CredentialsHeld critical"),
        _scene("the API answers 429", answers.throttled, "Throttled warning"),
        _scene("the balance is gone", answers.balance_gone, "MostRejected critical"),
    ),
    _act(
        "budget",
        _scene(
            f"the API answers every {answers.THROTTLED_EVERY}th call with 429",
            answers.throttled_below_the_budget,
            "BudgetTooHigh warning",
        ),
        API__RATE_PER_SECOND="50",
    ),
    _act(
        "errors",
        _scene(
            f"every third call is answered 500, {answers.FAILED} times",
            answers.some_calls_fail,
            *("ApiErrorBurnFast critical", "ApiErrorBurnSlow warning"),
            recovery=answers.good_orders_outweigh,
        ),
        per_second=10.0,
    ),
    # So few that none waits long in the relay, or a slow machine would make more late ones.
    _act(
        "late",
        _scene(
            f"{answers.LATE} answers take {answers.LATE_SECONDS} s",
            answers.some_answers_late,
            *("AnswersBurnFast critical", "AnswersBurnSlow warning"),
            recovery=answers.good_orders_outweigh,
        ),
        per_second=10.0,
        AMQP__PREFETCH="20",
    ),
    _act(
        "letters",
        PARKED,
        _scene("the replies' queue loses its binding", queues.replies_unbound, "Unrouted warning"),
    ),
)

# Without one in each form of the run, the panels of budgets would have nothing to show.
_BUDGET = {"API__RATE_PER_SECOND": "500"}
SHOP = SitePlan(relays=2, orders_per_second=10.0, settings=_BUDGET)
"""Two relays as they are by default, but for a budget that nothing reaches."""
CALM = SitePlan(relays=1, orders_per_second=5.0, settings=_BUDGET)
"""Where no order is ever held."""


def scenes_of(name: str) -> tuple[Act, ...]:
    """What brings about the alert of this name, with or without its prefix; none for no alert."""
    wanted = {name, f"OrderRelay{name}"}
    acts = (*ACTS, Act("shop", SHOP, (OUTAGE, BLOCKED)))
    chosen = (
        replace(act, scenes=tuple(one for one in act.scenes if _names(one) & wanted))
        for act in acts
    )
    return tuple(act for act in chosen if act.scenes)


def _names(scene: Scene) -> set[str]:
    return {key.name for key in scene.alerts}
