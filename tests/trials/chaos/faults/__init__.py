"""Every fault by its kind: a coroutine that carries out a plan and says what it did."""

from collections.abc import Awaitable, Callable, Mapping

from tests.trials.chaos.faults import api, broker, exact, network, relay
from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.world import World

Fault = Callable[[World, Planned], Awaitable[str | None]]
"""Returns when the fault is over and mended; None says that it could not strike."""

FAULTS: Mapping[Kind, Fault] = {
    Kind.RELAY_KILL: relay.kill,
    Kind.RELAY_FREEZE: relay.freeze,
    Kind.RELAY_STOP: relay.stop,
    Kind.RELAY_ROLL: relay.roll,
    Kind.BROKER_KILL: broker.kill,
    Kind.BROKER_STOP: broker.stop,
    Kind.BROKER_FREEZE: broker.freeze,
    Kind.BROKER_MOVE_LEADERS: broker.move_leaders,
    Kind.BROKER_ALARM: broker.alarm,
    Kind.BROKER_CLOSE: broker.close,
    Kind.BROKER_DENY_WRITE: broker.deny_write,
    Kind.BROKER_DENY_ALL: broker.deny_all,
    Kind.BROKER_DELETE_RETRY: broker.delete_retry,
    Kind.BROKER_DELETE_REQUESTS: broker.delete_requests,
    Kind.BROKER_DELETE_EXCHANGE: broker.delete_exchange,
    Kind.BROKER_UNBIND_PARKED: broker.unbind_parked,
    Kind.AMQP_CUT: network.cut,
    Kind.AMQP_REFUSE: network.refuse,
    Kind.AMQP_HALF_OPEN: network.suffer,
    Kind.AMQP_STALL: network.suffer,
    Kind.AMQP_BYTES: network.suffer,
    Kind.AMQP_LATENCY: network.suffer,
    Kind.HTTP_CUT: network.cut,
    Kind.HTTP_REFUSE: network.refuse,
    Kind.HTTP_HALF_OPEN: network.suffer,
    Kind.HTTP_STALL: network.suffer,
    Kind.HTTP_BYTES: network.suffer,
    Kind.HTTP_LATENCY: network.suffer,
    Kind.API_STORM: api.rule,
    **dict.fromkeys(api.RULES, api.rule),
    Kind.API_WRONG_KEY: api.wrong_key,
    Kind.API_FREEZE: api.freeze,
    **dict.fromkeys(exact.MOMENTS, exact.kill),
}
