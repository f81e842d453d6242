"""Where a person runs the tools, with a login of its own."""

from charts.sources.values.describe import FLAG, NAME, SECRET_KEY, Value, block

TOOLS = block(
    "A pod for a person who runs `trace`, `parked` and `unrouted`: with a login of its own at the "
    "broker, never the relay's, and without the API's key.",
    enabled=Value("Whether there is one.", default=False, needs=FLAG),
    existingSecret=Value(
        "A Secret with the URL of that login; required where enabled.",
        "",
        NAME,
        ("order-relay-person",),
    ),
    amqpUrlKey=Value("Its key with the URL.", "amqp__url", SECRET_KEY),
)
