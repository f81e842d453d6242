"""Who may reach the pods, and whom they may reach."""

from charts.sources.values.describe import FLAG, PORT, Value, block, kubernetes, list_of

_PEERS = list_of(kubernetes("NetworkPolicyPeer"))

NETWORK = block(
    "In: Prometheus, to the admin port. Out: DNS, the broker, the API, and nothing else.",
    enabled=Value("Whether there is a NetworkPolicy.", default=True, needs=FLAG),
    metricsFrom=Value(
        "Who may read metrics; the default is any pod in the namespace `monitoring`.",
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
        _PEERS,
        ([{"namespaceSelector": {}}],),
    ),
    dnsTo=Value(
        "Where DNS is.",
        [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
        _PEERS,
    ),
    brokerTo=Value(
        "Where the broker is; the default is any pod of the cluster.",
        [{"namespaceSelector": {}}],
        _PEERS,
        (
            [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "rabbitmq"}}}],
            [{"ipBlock": {"cidr": "192.0.2.0/24"}}],
        ),
    ),
    brokerPorts=Value(
        "The broker's ports, as in its URL.",
        [5672, 5671],
        {**list_of(PORT), "minItems": 1, "uniqueItems": True},
    ),
    apiTo=Value(
        "Where the API is, at the port of config.api.url; the default is anywhere.",
        [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}],
        _PEERS,
    ),
    extraIngress=Value("More ways in.", [], list_of(kubernetes("NetworkPolicyIngressRule"))),
    extraEgress=Value("More ways out.", [], list_of(kubernetes("NetworkPolicyEgressRule"))),
)
