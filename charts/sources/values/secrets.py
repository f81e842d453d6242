"""Where the API key, the broker's URL and certificates come from."""

from charts.sources.values.describe import (
    DURATION,
    FLAG,
    NAME,
    SECRET_KEY,
    SECRET_KEY_OR_NONE,
    TEXT,
    Block,
    Value,
    block,
    one_of,
)


def _remote(what: str) -> Block:
    return block(
        f"Where the store has {what}.",
        key=Value("Its key in the store.", "", TEXT, ("orders/relay",)),
        property=Value("The property of it, where it has several.", "", TEXT, ("key",)),
    )


_EXTERNAL = block(
    "An ExternalSecret that has the External Secrets Operator make the Secret.",
    enabled=Value("Whether there is one.", default=False, needs=FLAG),
    refreshInterval=Value("How often the store is read.", "1h", DURATION, ("5m",)),
    secretStoreRef=block(
        "The store.",
        name=Value("Its name; required where enabled.", "", NAME, ("vault",)),
        kind=Value("Its kind.", "SecretStore", one_of("SecretStore", "ClusterSecretStore")),
    ),
    amqpUrl=_remote("the broker's URL"),
    apiKey=_remote("the API key"),
)

_BROKER_URLS = r"^(amqps?://[^,\s]+(,\s*amqps?://[^,\s]+)*)?$"

_INLINE = block(
    "The secrets themselves, for trying out only: they are kept in the release.",
    amqpUrl=Value(
        "The broker's URL; several, separated by commas, are tried in turn.",
        "",
        {"type": "string", "pattern": _BROKER_URLS},
        ("amqp://user:password@broker:5672/",),
    ),
    apiKey=Value("The account's key.", "", {"type": "string", "pattern": r"^(\S(.*\S)?)?$"}),
)

SECRETS = block(
    "The API key and the broker's URL, mounted as files: a key that is rotated takes hold without "
    "a restart, a new URL needs one. One source of three; without any, the pods wait for a Secret "
    "named like the release's full name.",
    existingSecret=Value("A Secret that exists.", "", NAME, ("order-relay-secrets",)),
    keys=block(
        "The keys in the Secret.",
        amqpUrl=Value("The broker's URL.", "amqp__url", SECRET_KEY, ("url",)),
        apiKey=Value("The API key.", "api__key", SECRET_KEY, ("key",)),
    ),
    externalSecret=_EXTERNAL,
    inline=_INLINE,
)

TLS = block(
    "Certificates, mounted as files and read at every new connection.",
    amqp=block(
        "For an `amqps` URL.",
        secretName=Value("A Secret, as cert-manager makes it.", "", NAME, ("order-relay-tls",)),
        caKey=Value(
            "Its key with the CA certificates to trust; empty: the system's.",
            "ca.crt",
            SECRET_KEY_OR_NONE,
        ),
        certKey=Value(
            "Its key with the client certificate; empty: none.",
            "",
            SECRET_KEY_OR_NONE,
            ("tls.crt",),
        ),
        keyKey=Value("Its key with the certificate's key.", "", SECRET_KEY_OR_NONE, ("tls.key",)),
    ),
    api=block(
        "For an API whose CA the system does not trust.",
        secretName=Value("A Secret.", "", NAME, ("api-ca",)),
        caKey=Value("Its key with the CA certificates.", "ca.crt", SECRET_KEY),
    ),
)
