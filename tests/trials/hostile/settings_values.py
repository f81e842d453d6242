"""Wrong values for each kind of setting; `{secret}` stands where a secret may stand."""

# Several values a line: the formatter would give each its own.
# fmt: off
NO_NUMBER = (
    "x", "nan", "inf", "-inf", "1 2", "0x10", "1,5", "\u0661\u0662", "\uff11", "\u00bd", "--1",
    "1e", "null", "[]", "{}", "1;", "\u221e", "9" * 5000, "1\n2",
)
NO_INTEGER = (*NO_NUMBER, "1.5", "1e3")
INTEGERS = {
    "AMQP__PREFETCH": ("0", "-1", "65536"),
    "API__CONCURRENCY": ("0", "-1", "10001"),
    "API__IDEMPOTENCY_WINDOW_SECONDS": ("0", "-1", "1000001"),
    "RETRY__MAX_ATTEMPTS": ("0", "-1", "1000001"),
    "RETRY__MAX_AGE_SECONDS": ("0", "-1", "1000001"),
    "ADMIN__PORT": ("-1", "65536", "99999999999999999999"),
}
FLOATS = {
    "API__TIMEOUT_SECONDS": ("0", "-0.0", "-1", "600.1", "1e400"),
    "API__RATE_PER_SECOND": ("0", "-1", "1000000.1", "1e400"),
    "DRAIN_SECONDS": ("0", "-1", "2592001", "1e400"),
}
CHOICES = {
    "AMQP__TOPOLOGY": ("'declare' or 'check'", ("make", "declare,check", "0", "d\u0435clare")),
    "LOG__LEVEL": ("'debug', 'info'", ("loud", "10", "warn", "info;debug", "\u0456nfo")),
    "LOG__FORMAT": ("'auto', 'json'", ("xml", "JSONL", "j\u0455on", "auto json")),
    "API__ALLOW_HTTP": ("boolean", ("perhaps", "2", "-", "truefalse", "\u2713")),
}
NAMESPACES = (
    "a b", "a/b", "a\nb", "a\n", ".a", "\u00e9", "\u043erders", "a" * 65, "a" * 5000, "#", "*",
    "a:b", "a,b", "a\x01b", "amq.orders", "amq.", '"orders"', "${NAME}",
)
DELAYS = (
    ",", "1,,5", "1,5,", "1;5", "1 5", "1.5,3", "nan", "inf", "-1,5", "0,5", "5,1", "5,5",
    "1,5,5,30", "[1,5]", "1s,5s", "1,604801", "\u0661,\u0665", "1_0,20", "9" * 5000,
    ",".join(map(str, range(1, 5000))),
)
BROKERS = (
    "localhost", "localhost:5672", "http://h/", "amqp:", "amqp://", "amqp:///v", "amqp://h:0/",
    "amqp://h:x/", "amqp://h:99999/", "amqp://h:-1/", "amqp://[::1/", "amqp://[zz]/", "amqp://a b/",
    "amqp://a\nb/", "amqp://h/,", ",amqp://h/", "amqp://h/,,amqp://h/", "amqp://" + "x" * 300 + "/",
    "amqp://a..b/", "amqp://\u2100/", "amqp://u:{secret}@h:x/", "http://u:{secret}@h/", "{secret}",
    "amqp://u:{secret}@/", "amqp://u:{secret}@h/,http://h/",
)
APIS = (
    "notpanel.com", "/api/v2", "ftp://h/", "HTTPS//h/", "https:", "https://", "https:///x",
    "https://:443/", "https://h:0/", "https://h:x/", "https://h:99999/", "https://[::1/",
    "https://[zz]/", "https://a b/", "https://h/a b", "https://h/\nx", "https://h/\x7f",
    "https://a..b/", "https://" + "x" * 300 + "/", "https://\u2100/", "https://h/#f",
    "https://u@h/", "https://u:{secret}@h/", "ftp://h/?key={secret}", "http://example.com/",
    "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://0.0.0.0/",
    "http://[::]/", "http://2130706433.example.com/", "https://h/" + "x" * 70_000,
)
KEYS = ("\x07", " {secret}", "{secret}\n", "{secret}\u200b", "a\x1bb", " ")
KNOWN = (
    "AMQP__URL", "AMQP__NAMESPACE", "AMQP__TOPOLOGY", "AMQP__PREFETCH", "AMQP__CA_FILE",
    "AMQP__CERT_FILE", "AMQP__KEY_FILE", "API__URL", "API__ALLOW_HTTP", "API__KEY",
    "API__TIMEOUT_SECONDS", "API__CONCURRENCY", "API__RATE_PER_SECOND",
    "API__IDEMPOTENCY_WINDOW_SECONDS", "API__CA_FILE", "RETRY__DELAYS_SECONDS",
    "RETRY__MAX_ATTEMPTS", "RETRY__MAX_AGE_SECONDS", "DRAIN_SECONDS", "ADMIN__HOST", "ADMIN__PORT",
    "LOG__LEVEL", "LOG__FORMAT",
)
