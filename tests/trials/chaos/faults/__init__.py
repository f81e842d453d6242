"""Every fault by its kind: a coroutine that carries out a plan and says what it did."""

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from tests.trials.chaos.faults import api, broker, exact, network, nodes, relay
from tests.trials.chaos.kinds import Kind
from tests.trials.chaos.plan import Planned
from tests.trials.chaos.world import World

Fault = Callable[[World, Planned], Awaitable[str | None]]
"""Returns when the fault is over and undone; None says that it could not strike."""

_PLACES = {
    "relay": (relay,),
    "broker": (broker, nodes),
    "amqp": (network,),
    "http": (network,),
    "api": (api,),
}


def _fault(kind: Kind) -> Fault:
    if kind in exact.MOMENTS:
        return exact.kill
    place, _, name = kind.partition(".")
    # What only changes how a link or the API is for a while has no coroutine of its own.
    usual = {"amqp": network.suffer, "http": network.suffer, "api": api.rule}.get(place)
    own = (getattr(module, name) for module in _PLACES[place] if hasattr(module, name))
    return cast("Fault", next(own, usual))


FAULTS: Mapping[Kind, Fault] = {kind: _fault(kind) for kind in Kind}
