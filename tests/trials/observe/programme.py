"""Which site suffers what, so that all alerts come up side by side and none disturbs another."""

from dataclasses import dataclass, replace

from tests.trials.observe.expressions import Key
from tests.trials.observe.scenes import Scene
from tests.trials.observe.site import SitePlan
from tests.trials.observe.troubles import answers, queues, relays

CRITICAL, WARNING = "critical", "warning"
_FEW_QUEUES = {"RETRY__DELAYS_SECONDS": "1,5"}


@dataclass(frozen=True, slots=True)
class Act:
    """A site, and what is done to it, one after the other."""

    name: str
    plan: SitePlan
    scenes: tuple[Scene, ...]


def _key(name: str, severity: str) -> Key:
    return Key(f"OrderRelay{name}", severity)


def _plan(relays: int = 1, per_second: float = 5.0, **settings: str) -> SitePlan:
    return SitePlan(relays, per_second, {**_FEW_QUEUES, **settings})


OUTAGE = Scene(
    (_key("Held", CRITICAL),), "the API refuses connections", answers.api_refuses_connections
)
PARKED = Scene((_key("Parked", WARNING),), "messages without an id come", queues.messages_parked)
LINKS = Act(
    "links",
    _plan(),
    (
        Scene((_key("Absent", CRITICAL),), "every relay is stopped", relays.relays_stopped),
        Scene(
            (_key("ReconnectStorm", WARNING),),
            "the broker's connections are cut again and again",
            relays.links_cut_again_and_again,
        ),
        # After the storm, which the vain attempts of this one would begin before its time.
        Scene(
            (_key("NoConsumer", CRITICAL),),
            "the broker's connections are cut, new ones refused",
            relays.broker_refuses,
        ),
    ),
)
API = Act(
    "api",
    _plan(),
    (
        Scene((_key("CredentialsHeld", CRITICAL),), "the API refuses the key", answers.key_refused),
        Scene((_key("Throttled", WARNING),), "the API answers 429", answers.throttled),
    ),
)
ERRORS = Act(
    "errors",
    _plan(per_second=10.0),
    (
        Scene(
            (_key("ApiErrorBurnFast", CRITICAL), _key("ApiErrorBurnSlow", WARNING)),
            f"every third call is answered 500, {answers.FAILED} times",
            answers.some_calls_fail,
            answers.good_orders_outweigh,
        ),
    ),
)
LATE = Act(
    "late",
    # So few that none waits long in the relay, or a slow machine would make more late ones.
    _plan(per_second=10.0, AMQP__PREFETCH="20"),
    (
        Scene(
            (_key("AnswersBurnFast", CRITICAL), _key("AnswersBurnSlow", WARNING)),
            f"{answers.LATE} answers take {answers.LATE_SECONDS} s",
            answers.some_answers_late,
            answers.good_orders_outweigh,
        ),
    ),
)
UNSURE = Act(
    "unsure",
    _plan(RETRY__MAX_ATTEMPTS="2"),
    (
        Scene(
            (_key("OutcomeUnknown", WARNING), _key("OutcomeUnknown", CRITICAL)),
            f"{answers.UNSURE} orders are placed and never answered for",
            answers.outcomes_unknown,
        ),
    ),
)
SLOW = Act(
    "slow",
    _plan(API__CONCURRENCY="4", AMQP__PREFETCH="400"),
    (
        Scene(
            (_key("OrderTooOld", WARNING), _key("QueueGrows", WARNING)),
            "2 orders a second are served, 25 come",
            queues.more_than_is_served,
        ),
    ),
)
LETTERS = Act(
    "letters",
    _plan(),
    (
        PARKED,
        Scene(
            (_key("Unrouted", WARNING),),
            "the replies' queue loses its binding",
            queues.replies_unbound,
        ),
    ),
)
PROCESS = Act(
    "process",
    _plan(relays=2),
    (
        Scene(
            (_key("MemoryNearLimit", WARNING),),
            "a control group with hardly enough memory",
            relays.memory_limited,
        ),
        Scene(
            (_key("EventLoopLag", WARNING),),
            "SIGSTOP and SIGCONT, again and again",
            relays.relay_frozen_again_and_again,
        ),
    ),
)
ACTS = (UNSURE, SLOW, PROCESS, LINKS, API, ERRORS, LATE, LETTERS)

BLOCKED = Scene(
    (_key("PublisherBlocked", CRITICAL),), "the broker's memory alarm", queues.publishers_blocked
)
"""Strikes every site of the broker, so it comes last."""


# Both, for the budgets of all are added up: beside one without a limit there is no budget to show.
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
