"""Which rights at the broker the relay needs for what, and what to do where some are refused."""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from enum import StrEnum

from service.core.record import record
from service.core.topology import Topology

REPLY_KEY = "order.accepted"
"""Rights on a topic exchange can depend on the key: this is that of most replies."""

DEFAULT_EXCHANGE = "amq.default"
"""As rights name it; as a name it is empty."""


class Access(StrEnum):
    """As in `rabbitmqctl set_permissions`."""

    CONFIGURE = "configure"
    WRITE = "write"
    READ = "read"
    BIND = "bind"
    """Write on the queue, and read on the exchange."""


class Thing(StrEnum):
    """What a right is for."""

    EXCHANGE = "exchange"
    QUEUE = "queue"


@record(frozen=True, slots=True)
class Right:
    """To do one thing with one exchange or queue; to bind it, `to` is the exchange.

    It is asked for with the key `asked`. `unbound` is another exchange that may be written to, to
    ask for the right to a key; `key` is what alone is refused, by a topic permission.
    """

    access: Access
    thing: Thing
    name: str
    to: str | None = None
    asked: str = field(default=REPLY_KEY, compare=False)
    unbound: str | None = field(default=None, compare=False)
    key: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        to = "" if self.to is None else f" (write) to exchange {self.to} (read)"
        key = "" if self.key is None else f" with the key {self.key}"
        return f"{self.access} {self.thing} {self.name}{to}{key}"


class Answer(StrEnum):
    """What the broker says of a right; `unclear` where it says something else."""

    GRANTED = "granted"
    REFUSED = "refused"
    KEY_REFUSED = "refused for the key"
    MISSING = "missing"
    UNCLEAR = "unclear"


def to_publish(topology: Topology) -> tuple[Right, ...]:
    """What the results of orders need: without these no order may be sent."""
    write, retry = (Access.WRITE, Thing.EXCHANGE), topology.retry_exchange
    replies = Right(*write, topology.replies_exchange, unbound=retry)
    return (replies, Right(*write, retry), Right(*write, topology.parked_exchange))


def to_rescue(topology: Topology) -> tuple[Right, ...]:
    """What a reply needs that its queue does not take; without it that reply stays in hand."""
    return (Right(Access.WRITE, Thing.EXCHANGE, topology.unrouted_exchange),)


def to_consume(topology: Topology) -> tuple[Right, ...]:
    """What the arrival of orders needs."""
    return (Right(Access.READ, Thing.QUEUE, topology.requests_queue),)


def to_share(topology: Topology) -> tuple[Right, ...]:
    """What replicas need to tell each other of the API's limits; without it orders flow, too."""
    return (
        Right(Access.WRITE, Thing.EXCHANGE, topology.peers),
        Right(Access.READ, Thing.QUEUE, topology.peers),
    )


def to_declare(topology: Topology) -> tuple[Right, ...]:
    """What a relay needs besides that declares its topology."""
    exchanges = (
        Right(Access.CONFIGURE, Thing.EXCHANGE, exchange.name) for exchange in topology.exchanges
    )
    queues = (Right(Access.CONFIGURE, Thing.QUEUE, queue.name) for queue in topology.queues)
    bindings = (
        Right(Access.BIND, Thing.QUEUE, one.queue, one.exchange, asked=one.routing_key)
        for one in topology.bindings
    )
    # A queue that dead-letters through the default exchange is made by who may write there.
    default = Right(Access.WRITE, Thing.EXCHANGE, DEFAULT_EXCHANGE)
    return (*exchanges, *queues, *bindings, default)


def beyond(topology: Topology) -> tuple[Right, ...]:
    """What no relay needs where an operator owns the topology, beside changing it."""
    read = {topology.requests_queue, topology.peers}
    others = (queue.name for queue in topology.queues if queue.name not in read)
    return (
        Right(Access.WRITE, Thing.EXCHANGE, topology.namespace),
        *(Right(Access.READ, Thing.QUEUE, name) for name in others),
    )


def lacking(rights: Iterable[Right]) -> str:
    """A sentence for rights that are refused, with what to do."""
    refused = list(rights)
    commands = dict.fromkeys(
        "set_topic_permissions" if right.key else "set_permissions" for right in refused
    )
    what = ", ".join(map(str, refused))
    return f"the user may not {what}; see rabbitmqctl {', '.join(commands)} and the README"


def refused_of(said: Mapping[Right, Answer], asked: Iterable[Right]) -> list[Right]:
    """Those that were asked and are refused; where a key alone is, with it."""
    return [
        replace(right, key=right.asked) if said[right] is Answer.KEY_REFUSED else right
        for right in asked
        if said.get(right) in (Answer.REFUSED, Answer.KEY_REFUSED)
    ]
