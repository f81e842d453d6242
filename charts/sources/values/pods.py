"""What the pods are made of, and where they run."""

from charts.sources.values.describe import (
    FLAG,
    NAME,
    STRINGS,
    TEXT,
    Block,
    Value,
    block,
    kubernetes,
    kubernetes_object,
    list_of,
    one_of,
    or_null,
    whole,
)

NAMES: dict[str, Value | Block] = {
    "nameOverride": Value(
        "Replaces the chart's name in the names of objects.", "", NAME, ("relay",)
    ),
    "fullnameOverride": Value("Replaces the whole name of objects.", "", NAME, ("order-relay",)),
    "commonLabels": Value("Labels of every object.", {}, STRINGS, ({"team": "orders"},)),
}

IMAGE = block(
    "The image of the program.",
    repository=Value(
        "Where it is, without tag.",
        "order-relay",
        {"type": "string", "pattern": r"^[^\s:@]+(:[0-9]+/[^\s:@]+)?$"},
        ("registry.example.com/order-relay",),
    ),
    tag=Value(
        "Empty: the chart's appVersion.",
        "",
        {"type": "string", "pattern": r"^[A-Za-z0-9_.-]{0,128}$"},
        ("0.1.0",),
    ),
    digest=Value(
        "Wins over the tag.",
        "",
        {"type": "string", "pattern": r"^(sha256:[0-9a-f]{64})?$"},
        ("sha256:" + "0123456789abcdef" * 4,),
    ),
    pullPolicy=Value(
        "When it is pulled.", "IfNotPresent", one_of("Always", "IfNotPresent", "Never")
    ),
)

SERVICE_ACCOUNT = block(
    "The service account of the pods. The program asks Kubernetes nothing.",
    create=Value("Whether the chart makes it.", default=True, needs=FLAG),
    name=Value("Empty: the full name; `default` if it is not made.", "", NAME, ("relay",)),
    annotations=Value("Its annotations.", {}, STRINGS),
    automount=Value("Whether pods get its token.", default=False, needs=FLAG),
)


def _probe(meaning: str, period: int, timeout: int, failures: int) -> Block:
    return block(
        meaning,
        periodSeconds=Value("Seconds between two.", period, whole(1, 300)),
        timeoutSeconds=Value("Seconds for an answer.", timeout, whole(1, 60)),
        failureThreshold=Value("Failures in a row that count.", failures, whole(1, 100)),
    )


PODS: dict[str, Value | Block] = {
    "replicaCount": Value("Pods, unless autoscaling says how many.", 2, whole(0, 1000)),
    "revisionHistoryLimit": Value("Old ReplicaSets kept.", 3, whole(0, 100)),
    "podAnnotations": Value("Annotations of the pods.", {}, STRINGS),
    "podLabels": Value("Labels of the pods.", {}, STRINGS),
    "podSecurityContext": Value(
        "Of the pod; passes Pod Security `restricted`.",
        {
            "runAsNonRoot": True,
            "runAsUser": 10_001,
            "runAsGroup": 0,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        kubernetes_object("PodSecurityContext"),
    ),
    "securityContext": Value(
        "Of each container; passes Pod Security `restricted`.",
        {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        kubernetes_object("SecurityContext"),
    ),
    "resources": Value(
        "Of each container. A CPU limit would throttle bursts, and is left out.",
        {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        kubernetes_object("ResourceRequirements"),
    ),
    "startupProbe": _probe("Until /livez answers for the first time.", 2, 5, 30),
    "livenessProbe": _probe("/livez: a restart would help.", 10, 5, 3),
    "readinessProbe": _probe("/readyz: the relay consumes.", 5, 5, 2),
    "terminationGracePeriodSeconds": Value(
        "From SIGTERM to SIGKILL; null: config.drainSeconds, and 20 s to close.",
        None,
        or_null(whole(1, 2_700_000)),
        (60,),
    ),
    "priorityClassName": Value("Priority of the pods.", "", NAME, ("high",)),
    "nodeSelector": Value("Labels that a node must have.", {}, STRINGS),
    "tolerations": Value("Taints that are tolerated.", [], list_of(kubernetes("Toleration"))),
    "affinity": Value("Attraction to nodes and pods.", {}, kubernetes_object("Affinity")),
    "topologySpreadConstraints": Value(
        "How the pods spread; without a labelSelector the relay's own is used.",
        [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ],
        list_of(kubernetes("TopologySpreadConstraint")),
    ),
    "extraEnv": Value(
        "More variables; they win over `config`.",
        [],
        list_of(kubernetes("EnvVar")),
        ([{"name": "OTEL_RESOURCE_ATTRIBUTES", "value": "deployment.environment.name=test"}],),
    ),
    "extraEnvFrom": Value("More sources of variables.", [], list_of(kubernetes("EnvFromSource"))),
    "extraVolumes": Value("More volumes.", [], list_of(kubernetes("Volume"))),
    "extraVolumeMounts": Value("Where they are mounted.", [], list_of(kubernetes("VolumeMount"))),
    "initContainers": Value("Containers that run first.", [], list_of(kubernetes("Container"))),
    "lifecycle": Value(
        "Hooks of the container; SIGTERM alone drains the relay.",
        {},
        kubernetes_object("Lifecycle"),
    ),
}

DISRUPTION = block(
    "How many pods a node's drain may take at a time.",
    enabled=Value("Whether there is a PodDisruptionBudget.", default=True, needs=FLAG),
    maxUnavailable=Value(
        "Pods that may be away.",
        1,
        {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]{1,3}%$"},
        ("25%",),
    ),
    minAvailable=Value(
        "Pods that must be there; wins over maxUnavailable.",
        None,
        {"type": ["integer", "string", "null"], "minimum": 0, "pattern": "^[0-9]{1,3}%$"},
        (1, "50%"),
    ),
    unhealthyPodEvictionPolicy=Value(
        "What becomes of pods that are not ready.",
        "AlwaysAllow",
        one_of("AlwaysAllow", "IfHealthyBudget"),
    ),
)

SERVICE = block(
    "A Service for the admin port: metrics, health, and `helm test`.",
    enabled=Value("Whether there is one.", default=True, needs=FLAG),
    port=Value("Its port.", 8080, whole(1, 65_535)),
    annotations=Value("Its annotations.", {}, STRINGS),
)

PULL_SECRETS = Value(
    "Secrets for a private registry.",
    [],
    list_of(kubernetes("LocalObjectReference")),
    ([{"name": "registry"}],),
)

EXTRA_OBJECTS = Value(
    "More objects of any kind; templates in them are rendered.",
    [],
    list_of(
        {
            "type": "object",
            "required": ["apiVersion", "kind", "metadata"],
            "properties": {"apiVersion": TEXT, "kind": TEXT, "metadata": {"type": "object"}},
            "additionalProperties": True,
        }
    ),
)
