"""What can be found, each with a code that stays: what it means, and what to do about it."""

from service.commands.doctor import api_kinds
from service.commands.doctor.findings import Kind, Mark
from service.flow.events.faults import ADVICE, BrokerFault

CONNECTED = Kind("OR-B00", Mark.OK, "The broker takes the login.")
_FAULTS = {
    BrokerFault.HOST_UNKNOWN: 1,
    BrokerFault.DNS_AWAY: 2,
    BrokerFault.REFUSED: 3,
    BrokerFault.NO_WAY: 4,
    BrokerFault.SILENT: 5,
    BrokerFault.CLOSED: 6,
    BrokerFault.NOT_AMQP: 7,
    BrokerFault.PLAIN_PORT: 8,
    BrokerFault.TLS_CLOSED: 9,
    BrokerFault.TLS_FAILED: 10,
    BrokerFault.CLIENT_CERTIFICATE: 11,
    BrokerFault.CA_UNKNOWN: 12,
    BrokerFault.CERTIFICATE_EXPIRED: 13,
    BrokerFault.CERTIFICATE_EARLY: 14,
    BrokerFault.CERTIFICATE_NAME: 15,
    BrokerFault.FILES: 16,
    BrokerFault.LOGIN: 17,
    BrokerFault.CERTIFICATE_LOGIN: 18,
    BrokerFault.MECHANISM: 19,
    BrokerFault.VHOST_MISSING: 20,
    BrokerFault.VHOST_FORBIDDEN: 21,
    BrokerFault.VHOST_DOWN: 22,
    BrokerFault.LIMIT: 23,
    BrokerFault.LOCKED: 24,
}
"""The number of each in its code: it stays, whatever is added."""
FAULTS = {
    fault: Kind(f"OR-B{number:02d}", Mark.WRONG, f"No connection: {fault}.", ADVICE[fault])
    for fault, number in _FAULTS.items()
}
UNREACHED = Kind(
    "OR-B30", Mark.WRONG, "No connection, for no reason that is known.", "see the broker's log"
)
SILENT = Kind(
    "OR-B34",
    Mark.WRONG,
    "The broker took the login, and then did not answer all that it was asked.",
    "see `rabbitmq-diagnostics check_alarms`, and whether every queue has a leader: "
    "docs/runbooks/queue-without-leader.md",
)
OLD = Kind(
    "OR-B31",
    Mark.WRONG,
    "RabbitMQ is older than 3.10.",
    "at-least-once dead-lettering needs 3.10: without it orders are lost in a crash; upgrade",
)
BROKER_EXPIRES = Kind(
    "OR-B32", Mark.LOOK, "The broker's certificate ends within two weeks.", "renew it"
)
PLAIN = Kind(
    "OR-B33",
    Mark.LOOK,
    "The broker is reached over a network and without TLS.",
    "whoever hears the network reads the password and the orders; use amqps://",
)

BLOCKED = Kind(
    "OR-B35",
    Mark.WRONG,
    "The broker blocks those who publish.",
    "it has an alarm: free memory or disk there; see rabbitmq-diagnostics alarms",
)

SLOW = Kind(
    "OR-B36",
    Mark.LOOK,
    "The broker answers slowly, or this machine does.",
    "a relay waits 10 s for the login; look again when the broker and this machine are less busy",
)

RIGHTS = Kind("OR-R00", Mark.OK, "The user has every right that the relay needs.")
LACKING = Kind(
    "OR-R01",
    Mark.WRONG,
    "The user lacks a right that orders need.",
    "see rabbitmqctl set_permissions, or set_topic_permissions for a key, and the README",
)
LACKING_SHARE = Kind(
    "OR-R02",
    Mark.LOOK,
    "The user lacks a right on the stream of the replicas.",
    "without it several replicas share the API's limits by counting consumers, which is rough; "
    "see the README",
)
TOO_MANY = Kind(
    "OR-R03",
    Mark.LOOK,
    "The user may do what no relay needs where an operator owns the topology.",
    "with ORDER_RELAY_AMQP__TOPOLOGY=check the relay configures nothing, reads the requests only "
    "and places no request: take these rights away; the README has the least",
)

LACKING_RESCUE = Kind(
    "OR-R04",
    Mark.LOOK,
    "The user may not publish to the unrouted.",
    "a reply that its queue does not take stays in hand, and its order comes again; grant write "
    "on the exchange",
)

STANDS = Kind("OR-T00", Mark.OK, "The topology is as it should be.")
MISSING = Kind("OR-T01", Mark.WRONG, "A queue or exchange is missing.", ADVICE[BrokerFault.MISSING])
UNDECLARED = Kind(
    "OR-T02",
    Mark.LOOK,
    "A queue or exchange is missing, and the relay declares it at its start.",
    "nothing to do, or: order-relay topology",
)
NO_STREAM = Kind(
    "OR-T06",
    Mark.LOOK,
    "The exchange or the stream of the replicas is missing, or was made otherwise.",
    "orders are relayed, but several replicas share the API's limits roughly; order-relay topology",
)
NOTHING = Kind(
    "OR-T07",
    Mark.WRONG,
    "Nothing of the topology is there.",
    "see ORDER_RELAY_AMQP__NAMESPACE and the vhost in ORDER_RELAY_AMQP__URL; where both are right, "
    "its operator makes it: order-relay topology",
)
DIFFERS = Kind(
    "OR-T03", Mark.WRONG, "A queue or exchange was made otherwise.", ADVICE[BrokerFault.DIFFERS]
)
UNSEEN = Kind(
    "OR-T04",
    Mark.UNCHECKED,
    "The user may not see a part of the topology.",
    "this RabbitMQ shows a thing only to who has some right on it",
)
UNCOMPARED = Kind(
    "OR-T05",
    Mark.UNCHECKED,
    "The user may not compare a part of the topology with what it should be.",
    "run doctor once with a login that may configure it",
)

SETTINGS = Kind("OR-S00", Mark.OK, "The settings can be used.")
BAD_SETTINGS = Kind(
    "OR-S01",
    Mark.WRONG,
    "A setting cannot be used; the relay does not start (exit code 78).",
    "the line says what is allowed; order-relay config shows where each setting comes from",
)
DRAIN = Kind(
    "OR-S02",
    Mark.LOOK,
    "An attempt may take longer than the process has at its end.",
    "orders that are cut off are tried again, and may end as unknown: raise "
    "ORDER_RELAY_DRAIN_SECONDS above ORDER_RELAY_API__TIMEOUT_SECONDS",
)
PREFETCH = Kind(
    "OR-S03",
    Mark.WRONG,
    "More deliveries are held than the rate serves in a quarter of an hour.",
    "the broker takes back what is held for half an hour; lower ORDER_RELAY_AMQP__PREFETCH",
)
OPEN_FILE = Kind(
    "OR-S04", Mark.WRONG, "Others may write a secret's file.", "chmod go-w it, or mount it anew"
)
PORT_TAKEN = Kind(
    "OR-S05",
    Mark.WRONG,
    "Something else listens at the admin port.",
    "see ORDER_RELAY_ADMIN__PORT, or end what listens there",
)
RUNS_HERE = Kind("OR-S06", Mark.OK, "A relay runs here already, at the admin port.")
ROOT = Kind(
    "OR-S07",
    Mark.LOOK,
    "The image runs as root, and not as its own user.",
    "it needs no right of root: take --user 0 or runAsUser: 0 away; its own user is 10001",
)

NO_MANAGEMENT = Kind(
    "OR-M00",
    Mark.UNCHECKED,
    "Bindings, policies, other consumers, alarms and feature flags cannot be seen over AMQP.",
    "set ORDER_RELAY_MANAGEMENT__URL",
)
MANAGED = Kind("OR-M01", Mark.OK, "Bindings, policies, consumers and alarms are as they should be.")
MANAGEMENT_AWAY = Kind(
    "OR-M02",
    Mark.UNCHECKED,
    "The management API cannot be asked, or does not know the queues.",
    "see ORDER_RELAY_MANAGEMENT__URL; its user needs the tag monitoring; over https it is trusted "
    "as ORDER_RELAY_AMQP__CA_FILE says",
)
UNBOUND = Kind(
    "OR-M03",
    Mark.WRONG,
    "A binding is missing.",
    "order-relay topology makes it; else messages that go by it are lost",
)
POLICY = Kind(
    "OR-M04",
    Mark.WRONG,
    "A policy changes how one of the relay's queues keeps messages.",
    "give the policy a pattern that leaves the relay's queues alone, or delete it",
)
STRANGER = Kind(
    "OR-M05",
    Mark.WRONG,
    "Something else consumes the orders.",
    "what it takes the relay never sees; end it, or give it a namespace of its own",
)
ALARM = Kind(
    "OR-M06",
    Mark.WRONG,
    "The broker has an alarm, and takes no publication.",
    "free memory or disk there; see rabbitmq-diagnostics alarms",
)
NO_FLAG = Kind(
    "OR-M07",
    Mark.WRONG,
    "The feature flag stream_queue is off.",
    "rabbitmqctl enable_feature_flag stream_queue: without it dead-lettering can lose orders",
)
ELSEWHERE = Kind(
    "OR-M08",
    Mark.WRONG,
    "A policy gives one of the relay's exchanges an alternate exchange.",
    "what no queue is bound for is confirmed, and goes there, where nobody looks: give the policy "
    "a pattern that leaves the relay's exchanges alone, or delete it",
)
UNASKED = Kind(
    "OR-X02",
    Mark.UNCHECKED,
    "There was no answer, or no time to ask.",
    "mend what is wrong first, then look again",
)
FAILED = Kind("OR-X01", Mark.WRONG, "A look failed.", "try again, or look by hand")

KINDS: tuple[Kind, ...] = (
    *(kind for kind in list(vars().values()) if isinstance(kind, Kind)),
    *FAULTS.values(),
    *api_kinds.KINDS,
)
"""All of them."""
