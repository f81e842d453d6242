"""Broken set-ups at a broker."""

from datetime import timedelta
from typing import Any

from service.core.topology import build_whole_topology
from service.edges.amqp.questions import Bounds
from tests.commands.doctor.arounds import (
    another_server,
    late_login,
    managed,
    memory_alarm,
    no_certificate,
    no_connections,
    nothing_is_said,
    policy,
    rights,
    silent_after_login,
    stranger,
    tls,
    unbound,
    url,
    web_server,
)
from tests.commands.doctor.stand import (
    SetUp,
    classic,
    with_exchange,
    with_queue,
    without_exchange,
    without_queue,
)
from tests.world.broker.ports import free_ports

CHECK = {"AMQP__TOPOLOGY": "check"}
QUICK = Bounds(each_seconds=3, all_seconds=4)
ALL = {"configure": ".*", "write": ".*", "read": ".*"}
LEAST = {
    "configure": "^$",
    "write": r"^orders\.(replies|retry(\.[0-9]+)?|parked|unrouted|peers)$",
    "read": r"^orders(\.(requests|peers))?$",
}
UNMANAGED = ("MANAGEMENT__URL",)


def _off(flags: list[dict[str, Any]]) -> list[dict[str, Any]]:
    others = [flag for flag in flags if flag["name"] != "stream_queue"]
    return [*others, {"name": "stream_queue", "state": "disabled"}]


CONNECTIONS = [
    SetUp("a wrong password", url(lambda it: it.replace("@", "0@", 1)), without=UNMANAGED),
    SetUp("no such vhost", url(lambda it: it + "-gone"), without=UNMANAGED),
    SetUp(
        "no access to the vhost",
        url(lambda it: it.rpartition("/")[0] + "/%2F"),
        without=UNMANAGED,
    ),
    SetUp("the vhost's limit of connections is reached", no_connections, without=UNMANAGED),
    SetUp(
        "TLS at the plain port",
        url(lambda it: it.replace("amqp:", "amqps:")),
        without=UNMANAGED,
    ),
    SetUp("no TLS at the port for TLS", tls(scheme="amqp"), without=UNMANAGED),
    SetUp("the port of a web server", web_server, without=UNMANAGED),
    SetUp(
        "nothing listens at the port",
        url(lambda _: f"amqp://127.0.0.1:{free_ports(1)[0]}/"),
        without=UNMANAGED,
    ),
    SetUp("no such host", url(lambda _: "amqps://no-such-host.invalid/"), without=UNMANAGED),
    SetUp("a broker that says nothing", nothing_is_said, without=UNMANAGED, bounds=QUICK),
    SetUp(
        "a broker that says nothing after the login",
        silent_after_login,
        without=UNMANAGED,
        bounds=QUICK,
    ),
    SetUp(
        "a broker that takes the login late",
        late_login,
        without=UNMANAGED,
        bounds=Bounds(each_seconds=5, all_seconds=60),
    ),
    SetUp("the broker's certificate has expired", tls(ends=timedelta(days=-1))),
    SetUp("the broker's certificate is not valid yet", tls(begins=timedelta(days=1))),
    SetUp("the broker's certificate is for another name", tls("another.test")),
    SetUp("the broker's authority is not known", tls(ca=False)),
    SetUp("the client certificate is missing", tls(asks=True)),
    SetUp("the file of the authority holds no certificate", no_certificate, without=UNMANAGED),
    SetUp("the broker's certificate ends next week", tls(ends=timedelta(days=7))),
    SetUp("a memory alarm, seen over AMQP", memory_alarm, without=UNMANAGED),
]

_DECLARES = {"configure": r"^orders(\..*)?$", "read": r"^orders(\..*)?$"}
_DECLARES |= {"write": r"^(orders(\..*)?|amq\.default)$"}
RIGHTS = [
    SetUp(f"no write on the {what}", rights(LEAST, write=rf"^orders\.({others})$"), CHECK)
    for what, others in (
        ("replies", "retry|parked|unrouted|peers"),
        ("retries", "replies|parked|unrouted|peers"),
        ("parked", "replies|retry|unrouted|peers"),
        ("unrouted", "replies|retry|parked|peers"),
        ("replicas' exchange", "replies|retry|parked|unrouted"),
    )
]
RIGHTS += [
    SetUp("no read on the requests", rights(LEAST, read=r"^orders(\.peers)?$"), CHECK),
    SetUp("no read on the replicas' stream", rights(LEAST, read=r"^orders(\.requests)?$"), CHECK),
    SetUp(
        "no right to configure, and the relay declares",
        rights(_DECLARES, configure=r"^orders\..*$"),
    ),
    SetUp(
        "no right to bind a queue, and the relay declares",
        rights(
            _DECLARES, write=r"^(orders(\.(replies|retry|parked|unrouted|peers))?|amq\.default)$"
        ),
    ),
    SetUp(
        "no write on the default exchange, and the relay declares",
        rights(_DECLARES, write=r"^orders(\..*)?$"),
    ),
    SetUp(
        "the relay of an operator's topology may change it",
        rights(LEAST, configure=r"^orders$"),
        CHECK,
    ),
    SetUp(
        "the relay of an operator's topology may read the parked",
        rights(LEAST, read=r"^orders(\.(requests|peers|parked))?$"),
        CHECK,
    ),
]

OPERATORS = rights(LEAST)
TOPOLOGY = [
    SetUp("the requests are a classic queue", topology=classic("orders.requests")),
    SetUp("the parked are a classic queue", topology=classic("orders.parked")),
    SetUp(
        "the requests have no delivery limit",
        topology=with_queue("orders.requests", delivery_limit=None),
    ),
    SetUp(
        "the requests are not dead-lettered",
        topology=with_queue(
            "orders.requests", dead_letter_exchange=None, dead_letter_strategy=None
        ),
    ),
    SetUp(
        "a retry queue has another time to live",
        topology=with_queue("orders.retry.1", message_ttl=60_000),
    ),
    SetUp("the parked have a length limit", topology=with_queue("orders.parked", max_length=10)),
    SetUp(
        "the replies have no alternate exchange", topology=with_exchange("orders.replies", "topic")
    ),
    SetUp(
        "the exchange of the orders is of another type", topology=with_exchange("orders", "direct")
    ),
    SetUp(
        "an operator's queue is missing",
        OPERATORS,
        CHECK,
        topology=without_queue("orders.requests"),
    ),
    SetUp(
        "an operator's exchange is missing",
        OPERATORS,
        CHECK,
        without=UNMANAGED,
        topology=without_exchange("orders.parked"),
    ),
    SetUp(
        "the replicas' stream is missing", OPERATORS, CHECK, topology=without_queue("orders.peers")
    ),
    SetUp("another namespace than the operator's", settings=CHECK | {"AMQP__NAMESPACE": "shop"}),
    SetUp("nothing is declared yet", settings={"AMQP__NAMESPACE": "shop"}),
]

MANAGEMENT = [
    SetUp("the requests are not bound", unbound("orders.requests", "orders", "order.request")),
    SetUp("a retry queue is not bound", unbound("orders.retry.1", "orders.retry", "1")),
    SetUp(
        "a policy lets the parked expire",
        policy(r"^orders\.parked$", message_ttl=60_000),
        late=True,
    ),
    SetUp("a policy drops parked messages", policy(r"parked", max_length=1_000), late=True),
    SetUp("a policy deletes unused queues", policy(r".*", expires=3_600_000), late=True),
    SetUp(
        "a policy gives the orders an alternate exchange",
        policy(r"^orders", to="exchanges", alternate_exchange="amq.fanout"),
        late=True,
    ),
    SetUp("a stranger consumes the orders", stranger, late=True),
    SetUp(
        "a memory alarm", managed("nodes", lambda rows: [row | {"mem_alarm": True} for row in rows])
    ),
    SetUp(
        "a disk alarm",
        managed("nodes", lambda rows: [row | {"disk_free_alarm": True} for row in rows]),
    ),
    SetUp("the feature flag stream_queue is off", managed("feature-flags", _off)),
    SetUp("the management API refuses the login", managed("overview", lambda _: None)),
    SetUp("the management URL is another server's", another_server),
]

SHOP = build_whole_topology("shop", (1,))
GOOD = [
    SetUp("all rights, the relay declares"),
    SetUp("the least rights of a relay that declares", rights(_DECLARES)),
    SetUp("the least rights, an operator's topology", OPERATORS, CHECK),
    SetUp("over TLS", tls()),
    SetUp("without a management URL", without=UNMANAGED),
    SetUp("another namespace", settings={"AMQP__NAMESPACE": "shop"}, topology=SHOP),
    SetUp("several URLs", url(lambda it: f"{it}, {it.replace('127.0.0.1', 'localhost')}")),
    SetUp("the management login may only monitor", managed("feature-flags", lambda _: None)),
]
