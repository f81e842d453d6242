"""Who makes the exchanges and queues, where it is not the relay itself."""

from charts.sources.values.describe import (
    FLAG,
    NAME,
    SECRET_KEY,
    TEXT,
    Value,
    block,
    list_of,
    one_of,
    whole,
)

_POLICY = {
    "type": "object",
    "required": ["name", "pattern", "applyTo", "definition"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
        "pattern": TEXT,
        "applyTo": one_of("queues", "quorum_queues", "exchanges", "all"),
        "priority": whole(0, 1000),
        "definition": {"type": "object", "minProperties": 1, "additionalProperties": True},
    },
}

_CLUSTER = block(
    "The RabbitMQ cluster: by name, or by a Secret that says how to reach it.",
    name=Value("Its RabbitmqCluster.", "", NAME, ("rabbitmq",)),
    namespace=Value("Its namespace; empty: this one.", "", NAME, ("messaging",)),
    connectionSecret=Value(
        "A Secret with uri, username and password, for a broker without Cluster Operator.",
        "",
        NAME,
        ("rabbitmq-admin",),
    ),
)

_USER = block(
    "A login with no more rights than the relay needs; the one of the relay's URL.",
    create=Value("Whether it is made.", default=False, needs=FLAG),
    credentialsSecret=Value(
        "A Secret with username and password; required where created.",
        "",
        NAME,
        ("order-relay-login",),
    ),
)

_PERSON = block(
    "A login for a person who runs `trace`, `parked` and `unrouted`; the one of `tools`.",
    create=Value("Whether it is made.", default=False, needs=FLAG),
    credentialsSecret=Value(
        "A Secret with username and password; required where created.",
        "",
        NAME,
        ("order-relay-person-login",),
    ),
)

_OPERATOR = block(
    "RabbitMQ's Topology Operator makes it, and the relay only looks.",
    enabled=Value("Whether it does.", default=False, needs=FLAG),
    cluster=_CLUSTER,
    vhost=Value("The virtual host, which must exist.", "/", {**TEXT, "minLength": 1}),
    retain=Value(
        "Whether exchanges, queues and the orders in them outlive the release.",
        default=True,
        needs=FLAG,
    ),
    user=_USER,
    person=_PERSON,
    policies=Value(
        "Policies of the virtual host.",
        [],
        list_of(_POLICY),
        (
            [
                {
                    "name": "requests-length",
                    "pattern": r"^orders\.requests$",
                    "applyTo": "quorum_queues",
                    "definition": {"max-length": 1_000_000},
                }
            ],
        ),
    ),
)

_JOB = block(
    "A hook Job declares what is missing before an install or upgrade, and the relay only looks.",
    enabled=Value("Whether it does.", default=False, needs=FLAG),
    existingSecret=Value(
        "A Secret with the URL of a login that may configure; empty: secrets.existingSecret.",
        "",
        NAME,
        ("order-relay-admin",),
    ),
    amqpUrlKey=Value("Its key with the URL.", "amqp__url", SECRET_KEY),
    backoffLimit=Value("Tries after the first.", 3, whole(0, 20)),
    activeDeadlineSeconds=Value("Seconds for all tries.", 300, whole(10, 3600)),
)

TOPOLOGY = block(
    "Who makes the exchanges, queues and bindings; without either of these the relay itself.",
    operator=_OPERATOR,
    job=_JOB,
)
