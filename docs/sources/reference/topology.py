"""The exchanges, queues and bindings, from the data that declares them."""

from docs.sources.reference.tables import table
from service.core.topology import build_whole_topology

_TOP = """# Topology

What `order-relay topology` declares with the namespace `orders`; every queue and exchange is
durable. Of the retry queues there is one for each delay of `ORDER_RELAY_RETRY__DELAYS_SECONDS`;
here for 5 s. The rights that each login needs: [README](../README.md#rights-at-the-broker).
Another owner of it: [an operator's topology](operator-topology.md). To change an argument:
[upgrading](upgrading.md). This page is written from the program (`make log-schema`).

"""
_DELAY = 5


def page() -> str:
    """The whole text."""
    whole = build_whole_topology("orders", (_DELAY,))
    exchanges = (
        (f"`{each.name}`", each.type, _arguments(dict(each.arguments))) for each in whole.exchanges
    )
    queues = ((f"`{each.name}`", _arguments(dict(each.arguments))) for each in whole.queues)
    bindings = (
        (_code(each.exchange), _code(each.routing_key), _code(each.queue))
        for each in whole.bindings
    )
    return (
        f"{_TOP}## Exchanges\n\n{table(('exchange', 'type', 'arguments'), *exchanges)}"
        f"\n## Queues\n\n{table(('queue', 'arguments'), *queues)}"
        f"\n## Bindings\n\n{table(('exchange', 'routing key', 'queue'), *bindings)}"
    )


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _arguments(arguments: dict[str, object]) -> str:
    return ", ".join(f"`{name}={value}`" for name, value in arguments.items())
