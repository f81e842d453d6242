"""The custom resources that the chart makes, by models that refuse what they do not know.

KEDA's and the Prometheus Operator's models are published; those of RabbitMQ's Topology Operator
(1.9 to 1.19), the External Secrets Operator (v1) and the Grafana Operator (v1beta1) are made here
after their CustomResourceDefinitions, as far as the chart uses them.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from tests.shipping.chart.rendered.helm import Object
from tests.shipping.chart.rendered.tools import keda, prometheus_operator

Arguments = dict[str, str | int | bool]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$", max_length=253)]
Filled = Annotated[str, Field(min_length=1)]
Duration = Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$")]


class _Part(BaseModel):
    # Manifests are read into these, by their own names alone; none is made in code.
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)  # type: ignore[pydantic-alias]


class _Named(_Part):
    name: Name


class _Cluster(_Part):
    name: Name | None = None
    namespace: Name | None = None
    connection_secret: _Named | None = None

    @model_validator(mode="after")
    def _one(self) -> "_Cluster":
        if (self.name is None) == (self.connection_secret is None):
            raise ValueError("either a name or a connectionSecret")
        return self


class _InCluster(_Part):
    rabbitmq_cluster_reference: _Cluster


class _InVhost(_InCluster):
    vhost: Filled


class _Declared(_InVhost):
    name: Filled
    durable: bool
    auto_delete: bool
    arguments: Arguments = Field(default_factory=dict)


class _Exchange(_Declared):
    type: Literal["direct", "fanout", "headers", "topic"]


class _Queue(_Declared):
    # Operators before 1.17 drop `deletionPolicy`.
    type: Literal["quorum", "classic", "stream"]
    deletion_policy: Literal["delete", "retain"]


class _Binding(_InVhost):
    source: str
    destination: Filled
    destination_type: Literal["exchange", "queue"]
    routing_key: str
    arguments: Arguments = Field(default_factory=dict)


class _Policy(_InVhost):
    name: Filled
    pattern: Filled
    apply_to: Literal["queues", "classic_queues", "quorum_queues", "streams", "exchanges", "all"]
    priority: int
    definition: Annotated[Arguments, Field(min_length=1)]


class _User(_InCluster):
    import_credentials_secret: _Named | None = None
    tags: list[Literal["management", "policymaker", "monitoring", "administrator"]] = Field(
        default_factory=list
    )


class _Rights(_Part):
    configure: str
    write: str
    read: str


class _Permission(_InVhost):
    # Of a user by name, or by its resource.
    user_reference: _Named
    permissions: _Rights


class _Store(_Part):
    name: Name
    kind: Literal["SecretStore", "ClusterSecretStore"]


class _Target(_Part):
    name: Name
    creation_policy: Literal["Owner", "Orphan", "Merge", "None"]


class _Remote(_Part):
    key: Filled
    property: Filled | None = None


class _Secret(_Part):
    secret_key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$", max_length=253)]
    remote_ref: _Remote


class _ExternalSecret(_Part):
    refresh_interval: Duration
    secret_store_ref: _Store
    target: _Target
    data: Annotated[list[_Secret], Field(min_length=1)]


class _Labels(_Part):
    match_labels: Annotated[dict[str, str], Field(min_length=1)]


class _Key(_Named):
    key: Filled


class _GrafanaDashboard(_Part):
    instance_selector: _Labels
    config_map_ref: _Key
    resync_period: Duration
    folder: Filled | None = None


_SPECS: Mapping[tuple[str, str], type[_Part]] = {
    ("rabbitmq.com/v1beta1", "Exchange"): _Exchange,
    ("rabbitmq.com/v1beta1", "Queue"): _Queue,
    ("rabbitmq.com/v1beta1", "Binding"): _Binding,
    ("rabbitmq.com/v1beta1", "Policy"): _Policy,
    ("rabbitmq.com/v1beta1", "User"): _User,
    ("rabbitmq.com/v1beta1", "Permission"): _Permission,
    ("external-secrets.io/v1", "ExternalSecret"): _ExternalSecret,
    ("grafana.integreatly.org/v1beta1", "GrafanaDashboard"): _GrafanaDashboard,
}

_PUBLISHED: Mapping[tuple[str, str], Callable[[], Any]] = {
    ("keda.sh/v1alpha1", "ScaledObject"): keda,
    ("keda.sh/v1alpha1", "TriggerAuthentication"): keda,
    ("monitoring.coreos.com/v1", "PodMonitor"): prometheus_operator,
    ("monitoring.coreos.com/v1", "ServiceMonitor"): prometheus_operator,
    ("monitoring.coreos.com/v1", "PrometheusRule"): prometheus_operator,
}

KINDS = frozenset({*_SPECS, *_PUBLISHED})
"""The custom resources that the chart may make: apiVersion and kind."""


def problems(found: Object) -> list[str]:
    """What is wrong with a custom resource: keys that its model does not know included."""
    key = found["apiVersion"], found["kind"]
    try:
        if key in _SPECS:
            unknown = sorted(set(found) - {"apiVersion", "kind", "metadata", "spec"})
            _SPECS[key].model_validate(found["spec"])
            return [f"{name}: not known" for name in unknown]
        model = getattr(_PUBLISHED[key](), found["kind"]).model_validate(found)
    except ValidationError as error:
        return [f"{one['loc']}: {one['msg']}" for one in error.errors()]
    kept = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return lost(found, kept)


def lost(given: Any, kept: Any, path: str = "") -> list[str]:
    """The keys that a model dropped without a word."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [
            problem
            for name, value in given.items()
            for problem in (
                lost(value, kept[name], f"{path}.{name}")
                if name in kept
                else [f"{path}.{name}: not known"]
            )
        ]
    if isinstance(given, list) and isinstance(kept, list):
        pairs = zip(given, kept, strict=True)
        return [text for at, pair in enumerate(pairs) for text in lost(*pair, path=f"{path}[{at}]")]
    return []
