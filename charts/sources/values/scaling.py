"""How many pods there are: by KEDA, by a HorizontalPodAutoscaler, or fixed."""

from charts.sources.values.describe import (
    FLAG,
    NAME,
    SECRET_KEY,
    TEXT,
    Value,
    block,
    kubernetes,
    kubernetes_object,
    list_of,
    or_null,
    whole,
)

_KEDA = block(
    "A KEDA ScaledObject over the length of the requests queue. Orders that the relay holds count: "
    "they are not done.",
    enabled=Value("Whether there is one.", default=False, needs=FLAG),
    minReplicas=Value("Fewest pods; 0 stops an idle relay.", 1, whole(0, 1000)),
    maxReplicas=Value("Most pods.", 10, whole(1, 1000)),
    messagesPerReplica=Value(
        "Messages for one pod; null: twice config.api.concurrency.",
        None,
        or_null(whole(1, 1_000_000)),
        (128,),
    ),
    activationMessages=Value(
        "More messages than this wake a relay of no pods.", 0, whole(0, 1_000_000)
    ),
    pollingIntervalSeconds=Value("Seconds between two looks.", 15, whole(1, 3600)),
    cooldownSeconds=Value("Seconds without messages before no pod.", 300, whole(0, 86_400)),
    scaleDownStabilizationSeconds=Value(
        "Seconds for which fewer pods must do.", 300, whole(0, 3600)
    ),
    fallback=block(
        "While the broker's management API does not answer.",
        failureThreshold=Value("Failed looks in a row.", 3, whole(1, 100)),
        replicas=Value("Pods then.", 2, whole(0, 1000)),
    ),
    managementSecret=block(
        "A Secret with the URL of the management API: http://user:password@broker:15672/vhost.",
        name=Value("Its name; required where enabled.", "", NAME, ("rabbitmq-keda",)),
        key=Value("Its key.", "host", SECRET_KEY),
    ),
    vhost=Value("The virtual host, where the URL has none.", "", TEXT, ("/",)),
)

_HPA = block(
    "A HorizontalPodAutoscaler, where there is no KEDA.",
    enabled=Value("Whether there is one.", default=False, needs=FLAG),
    minReplicas=Value("Fewest pods.", 2, whole(1, 1000)),
    maxReplicas=Value("Most pods.", 10, whole(1, 1000)),
    targetCPUUtilizationPercentage=Value(
        "Of the CPU that is requested; null: not by CPU.", 80, or_null(whole(1, 1000))
    ),
    metrics=Value("More metrics.", [], list_of(kubernetes("MetricSpec"))),
    behavior=Value(
        "How fast it goes up and down.", {}, kubernetes_object("HorizontalPodAutoscalerBehavior")
    ),
)

AUTOSCALING = block(
    "One of the two, or neither. More pods help only while the API's rate budget is not used up.",
    keda=_KEDA,
    hpa=_HPA,
)
