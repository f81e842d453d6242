"""All values of the chart, in the order of values.yaml."""

from charts.sources.values import pods
from charts.sources.values.describe import Block, Value, block
from charts.sources.values.network import NETWORK
from charts.sources.values.observing import OBSERVING
from charts.sources.values.program import config
from charts.sources.values.scaling import AUTOSCALING
from charts.sources.values.secrets import SECRETS, TLS
from charts.sources.values.tools import TOOLS
from charts.sources.values.topology import TOPOLOGY

# Helm hands this to every chart that is part of another one.
_GLOBAL = Value(
    "Values of a parent chart; none is used.", {}, {"type": "object", "additionalProperties": True}
)


def values() -> Block:
    """The root of all values."""
    return block(
        "The values of the chart order-relay.",
        config=config(),
        secrets=SECRETS,
        tls=TLS,
        image=pods.IMAGE,
        imagePullSecrets=pods.PULL_SECRETS,
        **pods.NAMES,
        serviceAccount=pods.SERVICE_ACCOUNT,
        **pods.PODS,
        podDisruptionBudget=pods.DISRUPTION,
        service=pods.SERVICE,
        autoscaling=AUTOSCALING,
        **OBSERVING,
        networkPolicy=NETWORK,
        topology=TOPOLOGY,
        tools=TOOLS,
        extraObjects=pods.EXTRA_OBJECTS,
        **{"global": _GLOBAL},
    )
