"""Wrong settings by table: each variable, each way of being wrong, and what must be said of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

PREFIX = "ORDER_RELAY_"
SECRET = "canary-Secret-8f3a"
"""Stands wherever a secret may stand; it must never be shown."""

SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class Wrong:
    """Settings that must be refused, the variables that must be named, and words that must be said.

    `shown` is the offending value as it must appear; None where it may be secret. `bytes_` are
    values that are no text. `dotenv` is the content of `.env`, `files` those of the secrets
    directory; a content of None makes a folder.
    """

    family: str
    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    shown: str | None = None
    bytes_: Mapping[str, bytes] = field(default_factory=dict)
    dotenv: bytes | None = b""
    files: Mapping[str, bytes | None] = field(default_factory=dict)
    command: str = "config"
    with_key: bool = True


_NO_NUMBER = (
    "x",
    "nan",
    "inf",
    "-inf",
    "1 2",
    "0x10",
    "1,5",
    "\u0661\u0662",
    "\uff11",
    "\u00bd",
    "--1",
    "1e",
    "null",
    "[]",
    "{}",
    "1;",
    "\u221e",
    "9" * 5000,
    "1\n2",
)
_NO_INTEGER = (*_NO_NUMBER, "1.5", "1e3")
_INTEGERS = {
    "AMQP__PREFETCH": ("0", "-1", "65536"),
    "API__CONCURRENCY": ("0", "-1", "10001"),
    "API__IDEMPOTENCY_WINDOW_SECONDS": ("0", "-1", "1000001"),
    "RETRY__MAX_ATTEMPTS": ("0", "-1", "1000001"),
    "RETRY__MAX_AGE_SECONDS": ("0", "-1", "1000001"),
    "ADMIN__PORT": ("-1", "65536", "99999999999999999999"),
}
_FLOATS = {
    "API__TIMEOUT_SECONDS": ("0", "-0.0", "-1", "600.1", "1e400"),
    "API__RATE_PER_SECOND": ("0", "-1", "1000000.1", "1e400"),
    "DRAIN_SECONDS": ("0", "-1", "2592001", "1e400"),
}
_CHOICES = {
    "AMQP__TOPOLOGY": ("'declare' or 'check'", ("make", "declare,check", "0", "d\u0435clare")),
    "LOG__LEVEL": ("'debug', 'info'", ("loud", "10", "warn", "info;debug", "\u0456nfo")),
    "LOG__FORMAT": ("'auto', 'json'", ("xml", "JSONL", "j\u0455on", "auto json")),
    "API__ALLOW_HTTP": ("boolean", ("perhaps", "2", "-", "truefalse", "\u2713")),
}
_NAMESPACES = (
    "a b",
    "a/b",
    "a\nb",
    "a\n",
    ".a",
    "\u00e9",
    "\u043erders",
    "a" * 65,
    "a" * 5000,
    "#",
    "*",
    "a:b",
    "a,b",
    "a\u0000b".replace("\x00", "\x01"),
    "amq.orders",
    "amq.",
    '"orders"',
    "${NAME}",
)
_DELAYS = (
    ",",
    "1,,5",
    "1,5,",
    "1;5",
    "1 5",
    "1.5,3",
    "nan",
    "inf",
    "-1,5",
    "0,5",
    "5,1",
    "5,5",
    "1,5,5,30",
    "[1,5]",
    "1s,5s",
    "1,604801",
    "\u0661,\u0665",
    "1_0,20",
    "9" * 5000,
    ",".join(map(str, range(1, 5000))),
)
_BROKERS = (
    "localhost",
    "localhost:5672",
    "http://h/",
    "amqp:",
    "amqp://",
    "amqp:///v",
    "amqp://h:0/",
    "amqp://h:x/",
    "amqp://h:99999/",
    "amqp://h:-1/",
    "amqp://[::1/",
    "amqp://[zz]/",
    "amqp://a b/",
    "amqp://a\nb/",
    "amqp://h/,",
    ",amqp://h/",
    "amqp://h/,,amqp://h/",
    "amqp://" + "x" * 300 + "/",
    "amqp://a..b/",
    "amqp://\u2100/",
    "amqp://u:{secret}@h:x/",
    "http://u:{secret}@h/",
    "{secret}",
    "amqp://u:{secret}@/",
    "amqp://u:{secret}@h/,http://h/",
)
_APIS = (
    "notpanel.com",
    "/api/v2",
    "ftp://h/",
    "HTTPS//h/",
    "https:",
    "https://",
    "https:///x",
    "https://:443/",
    "https://h:0/",
    "https://h:x/",
    "https://h:99999/",
    "https://[::1/",
    "https://[zz]/",
    "https://a b/",
    "https://h/a b",
    "https://h/\nx",
    "https://h/\x7f",
    "https://a..b/",
    "https://" + "x" * 300 + "/",
    "https://\u2100/",
    "https://h/#f",
    "https://u@h/",
    "https://u:{secret}@h/",
    "ftp://h/?key={secret}",
    "http://example.com/",
    "http://127.0.0.1.example.com/",
    "http://localhost.example.com/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://2130706433.example.com/",
    "https://h/" + "x" * 70_000,
)
_KEYS = ("\x07", " {secret}", "{secret}\n", "{secret}\u200b", "a\x00b".replace("\x00", "\x1b"), " ")
KNOWN = (
    "AMQP__URL",
    "AMQP__NAMESPACE",
    "AMQP__TOPOLOGY",
    "AMQP__PREFETCH",
    "AMQP__CA_FILE",
    "AMQP__CERT_FILE",
    "AMQP__KEY_FILE",
    "API__URL",
    "API__ALLOW_HTTP",
    "API__KEY",
    "API__TIMEOUT_SECONDS",
    "API__CONCURRENCY",
    "API__RATE_PER_SECOND",
    "API__IDEMPOTENCY_WINDOW_SECONDS",
    "API__CA_FILE",
    "RETRY__DELAYS_SECONDS",
    "RETRY__MAX_ATTEMPTS",
    "RETRY__MAX_AGE_SECONDS",
    "DRAIN_SECONDS",
    "ADMIN__HOST",
    "ADMIN__PORT",
    "LOG__LEVEL",
    "LOG__FORMAT",
)


def table() -> Iterator[Wrong]:
    """All of them, always the same."""
    yield from _numbers()
    yield from _texts()
    yield from _misspelt()
    yield from _files()
    yield from _used()


def _one(family: str, variable: str, value: str, *words: str, shown: bool = True) -> Wrong:
    filled = value.replace("{secret}", SECRET)
    seen = ascii(filled)[1 : SHOWN_CHARACTERS + 1].rstrip("'\"") if shown else None
    name = f"{variable} {value[:30]!r}"
    return Wrong(family, name, {variable: filled}, (variable,), words, seen)


def _numbers() -> Iterator[Wrong]:
    for variable, values in _INTEGERS.items():
        for value in (*values, *_NO_INTEGER):
            yield _one("integers", variable, value, "should be")
    for variable, values in _FLOATS.items():
        for value in (*values, *_NO_NUMBER):
            yield _one("numbers", variable, value, "should be")
    for value in _DELAYS:
        yield _one("delays", "RETRY__DELAYS_SECONDS", value, "must")


def _texts() -> Iterator[Wrong]:
    for variable, (words, values) in _CHOICES.items():
        for value in values:
            yield _one("choices", variable, value, words)
    for value in _NAMESPACES:
        yield _one("namespace", "AMQP__NAMESPACE", value, "must")
    for value in _BROKERS:
        yield _one("broker URL", "AMQP__URL", value, "URL", shown=False)
    for value in _APIS:
        secret = "{secret}" in value or "@" in value
        yield _one("API URL", "API__URL", value, "", shown=not secret)
    for value in _KEYS:
        yield _one("key", "API__KEY", value, "must be", shown=False)
    for variable in ("AMQP__CA_FILE", "AMQP__CERT_FILE", "AMQP__KEY_FILE", "API__CA_FILE"):
        for value in ("/nowhere.pem", "/", "a\nb", "x" * 5000, "~/ca.pem"):
            yield _one("certificates", variable, value, "cannot be read")
    for variable in ("AMQP__NAMESPACE", "LOG__LEVEL", "API__URL", "ADMIN__PORT", "API__KEY"):
        name = f"{variable} is no text"
        yield Wrong("no text", name, names=(variable,), bytes_={variable: b"a\xff\xfe"})


def _misspelt() -> Iterator[Wrong]:
    for variable in KNOWN:
        slips = {
            variable.replace("__", "_"),
            variable + "S",
            variable[:-1],
            variable[:3] + variable[4:],
            variable.replace("__", "___"),
            variable + "_FILE",
        }
        for slip in sorted(slips - set(KNOWN)):
            yield Wrong("misspelt", slip, {slip: SECRET}, (slip,), ("there is no such setting",))
    for group in ("AMQP", "API", "RETRY", "ADMIN", "LOG"):
        value = f'{{"key": "{SECRET}", "url": "x"}}'
        yield Wrong("misspelt", group, {group: value}, (group,), ("no such setting",))
    for slip in ("XYZZY", "_", "__", "API__KEY__", "API__KEY__X", "API__", "KEY", "URL"):
        yield Wrong("misspelt", slip, {slip: SECRET}, (slip,), ("no such setting",))


def _dotenv(name: str, content: bytes, names: tuple[str, ...] = (), *words: str) -> Wrong:
    return Wrong(".env", name, names=names, words=words, dotenv=content)


def _files() -> Iterator[Wrong]:
    level, key = b"ORDER_RELAY_LOG__LEVEL", f"ORDER_RELAY_API__KEY={SECRET}".encode()
    where = (".env",)
    yield _dotenv("wrong value", level + b"=loud\n", ("LOG__LEVEL",), ".env", "'loud'")
    yield _dotenv("misspelt", level + b"S=info\n", ("LOG__LEVELS",), ".env", "no such setting")
    yield _dotenv("no text", b"\xff\xfe" + key, (), "cannot be read", *where)
    yield _dotenv("UTF-16", key.decode().encode("utf-16"), (), "cannot be read", *where)
    yield _dotenv("NUL", level + b"=in\x00fo\n", ("LOG__LEVEL",), *where)
    yield _dotenv("no equals sign", level + b" debug\n", (), "line 1", *where)
    yield _dotenv("no value", level + b"\n", (), "line 1", *where)
    yield _dotenv("open quotes", key.replace(b"=", b'="') + b"\n", (), "line 1", *where)
    yield _dotenv("colon", b"\n" + level + b": debug\n", (), "line 2", *where)
    yield Wrong(".env", "a folder", words=("cannot be read", ".env"), dotenv=None)
    for name in ("api__kee", "amqp__urls", "log__levle", "retry__delay"):
        content = {name: SECRET.encode()}
        named = (name.upper(),)
        yield Wrong("secret files", name, names=named, words=("no such setting",), files=content)
    bad: dict[str, bytes] = {
        "api__key": f"{SECRET}\x07".encode(),
        "amqp__url": f"http://u:{SECRET}@h/".encode(),
        "api__concurrency": b"0",
        "log__level": b"loud",
    }
    for name, content in bad.items():
        yield Wrong("secret files", name, names=(name.upper(),), files={name: content}, with_key=False)
    for name in ("api__key", "amqp__url"):
        files = {name: SECRET.encode() + b"\xff"}
        words = ("UTF-8", name)
        yield Wrong("secret files", f"{name} no text", words=words, files=files, with_key=False)
    yield Wrong("secret files", "a folder", names=("API__KEY",), files={"api__key": None}, with_key=False)
    yield Wrong("secret files", "empty", names=("API__KEY",), files={"api__key": b" \n"}, with_key=False)
    yield Wrong("secret files", "none", names=("API__KEY",), words=("is required",), with_key=False)


def _used() -> Iterator[Wrong]:
    """What only shows when it is used: these run the relay as a process."""
    here = __file__
    both = {"AMQP__KEY_FILE": here}
    yield Wrong("conflicts", "key without certificate", both, ("AMQP__KEY_FILE",), ("CERT_FILE",))
    plain = {"API__URL": "http://example.com/x", "API__ALLOW_HTTP": "false"}
    yield Wrong("conflicts", "plain http", plain, ("API__URL",), ("ALLOW_HTTP",))
    for host in ("not a host", "999.1.1.1", "192.0.2.1", "a..b", "host.invalid", "x" * 300, ":::1"):
        yield _run("ADMIN__HOST", host)
    yield _run("API__CA_FILE", here, "PEM")
    large = {"api__key": SECRET.encode() * 400}
    yield Wrong(
        "used", "large key", names=("API__KEY",), files=large, command="run", with_key=False
    )
    for variable, value in (
        ("LOG__LEVEL", "loud"),
        ("API__CONCURRENCY", "0"),
        ("AMQP__NAMESPACE", "a b"),
        ("RETRY__DELAYS_SECONDS", "5,1"),
        ("API__TIMEOUT_SECONDS", "nan"),
    ):
        for command in ("run", "topology"):
            yield Wrong("used", f"{command} {variable}", {variable: value}, (variable,), command=command)


def _run(variable: str, value: str, *words: str) -> Wrong:
    name = f"{variable} {value[:30]}"
    return Wrong("used", name, {variable: value}, (variable,), words, value[:30], command="run")
