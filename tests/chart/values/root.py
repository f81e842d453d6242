"""All values of the chart, in the order of values.yaml."""

from tests.chart.values.describe import OFF, Block, Value, excludes, on
from tests.chart.values.network import NETWORK
from tests.chart.values.observing import OBSERVING
from tests.chart.values.pods import (
    DISRUPTION,
    EXTRA_OBJECTS,
    IMAGE,
    NAMES,
    PODS,
    PULL_SECRETS,
    SERVICE,
    SERVICE_ACCOUNT,
)
from tests.chart.values.program import config
from tests.chart.values.scaling import AUTOSCALING
from tests.chart.values.secrets import SECRETS, TLS
from tests.chart.values.topology import TOPOLOGY

# Helm hands this to every chart that is part of another one.
_GLOBAL = Value(
    "Values of a parent chart; none is used.", {}, {"type": "object", "additionalProperties": True}
)


def values() -> Block:
    """The root of all values."""
    return Block(
        "The values of the chart order-relay.",
        {
            "config": config(),
            "secrets": SECRETS,
            "tls": TLS,
            "image": IMAGE,
            "imagePullSecrets": PULL_SECRETS,
            **NAMES,
            "serviceAccount": SERVICE_ACCOUNT,
            **PODS,
            "podDisruptionBudget": DISRUPTION,
            "service": SERVICE,
            "autoscaling": AUTOSCALING,
            **OBSERVING,
            "networkPolicy": NETWORK,
            "topology": TOPOLOGY,
            "extraObjects": EXTRA_OBJECTS,
            "global": _GLOBAL,
        },
        rules=(excludes(on("podMonitor", "enabled"), "serviceMonitor", "enabled", off=OFF),),
    )
