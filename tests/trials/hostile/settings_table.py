"""Wrong settings by table: each variable, each way of being wrong, and what must be said of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from tests.trials.hostile.settings_values import (
    APIS,
    BROKERS,
    CHOICES,
    DELAYS,
    FLOATS,
    INTEGERS,
    KEYS,
    KNOWN,
    NAMESPACES,
    NO_INTEGER,
    NO_NUMBER,
)

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
    for variable, values in INTEGERS.items():
        for value in (*values, *NO_INTEGER):
            yield _one("integers", variable, value, "should be")
    for variable, listed in FLOATS.items():
        for value in (*listed, *NO_NUMBER):
            yield _one("numbers", variable, value, "should be")
    for value in DELAYS:
        yield _one("delays", "RETRY__DELAYS_SECONDS", value, "must")


def _texts() -> Iterator[Wrong]:
    for variable, (words, values) in CHOICES.items():
        for value in values:
            yield _one("choices", variable, value, words)
    for value in NAMESPACES:
        secret = any(mark in value for mark in "@?#")
        yield _one("namespace", "AMQP__NAMESPACE", value, "must", shown=not secret)
    for value in BROKERS:
        yield _one("broker URL", "AMQP__URL", value, "URL", shown=False)
    for value in APIS:
        secret = "{secret}" in value or any(mark in value for mark in "@?#")
        # The path may be one.
        shown = value if value.count("/") < 3 else value.rpartition("/")[0]
        wrong = _one("API URL", "API__URL", value, "", shown=False)
        yield wrong if secret else replace(wrong, shown=ascii(shown)[1:-1][:SHOWN_CHARACTERS])
    for value in KEYS:
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
    where: tuple[str, ...] = (".env",)
    yield _dotenv("wrong value", level + b"=loud\n", ("LOG__LEVEL",), ".env", "'loud'")
    yield _dotenv("misspelt", level + b"S=info\n", ("LOG__LEVELS",), ".env", "no such setting")
    yield _dotenv("no text", b"\xff\xfe" + key, (), "UTF-8", *where)
    yield _dotenv("UTF-16", key.decode().encode("utf-16"), (), "UTF-8", *where)
    yield _dotenv("NUL", level + b"=in\x00fo\n", ("LOG__LEVEL",), *where)
    yield _dotenv("no equals sign", level + b" debug\n", (), "line 1", *where)
    yield _dotenv("no value", level + b"\n", (), "line 1", *where)
    yield _dotenv("open quotes", key.replace(b"=", b'="') + b"\n", (), "line 1", *where)
    yield _dotenv("colon", b"\n" + level + b": debug\n", (), "line 2", *where)
    yield Wrong(".env", "a folder", words=("cannot be read", ".env"), dotenv=None)
    for name in ("api__kee", "amqp__urls", "log__levle", "retry__delay"):
        files = {name: SECRET.encode()}
        words = ("no such setting",)
        yield Wrong("secret files", name, names=(name.upper(),), words=words, files=files)
    bad: dict[str, bytes] = {
        "api__key": f"{SECRET}\x07".encode(),
        "amqp__url": f"http://u:{SECRET}@h/".encode(),
        "api__concurrency": b"0",
        "log__level": b"loud",
    }
    for name, text in bad.items():
        yield _secret(name, {name: text}, name.upper())
    for name in ("api__key", "amqp__url"):
        yield _secret(f"{name} no text", {name: SECRET.encode() + b"\xff"}, None, "UTF-8", name)
    yield replace(_secret("a folder", {"api__key": None}, "API__KEY"), command="run")
    yield _secret("empty", {"api__key": b" \n"}, "API__KEY")
    yield replace(_secret("none", {}, "API__KEY", "is required"), command="run")


def _secret(name: str, files: Mapping[str, bytes | None], named: str | None, *words: str) -> Wrong:
    names = () if named is None else (named,)
    return Wrong("secret files", name, names=names, words=words, files=files, with_key=False)


OF_TOPOLOGY = ("AMQP__NAMESPACE", "RETRY__DELAYS_SECONDS")
"""`topology` reads no others of these."""


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
        for command in ("run", "topology") if variable in OF_TOPOLOGY else ("run",):
            yield Wrong(
                "used", f"{command} {variable}", {variable: value}, (variable,), command=command
            )


def _run(variable: str, value: str, *words: str) -> Wrong:
    name = f"{variable} {value[:30]}"
    return Wrong("used", name, {variable: value}, (variable,), words, value[:30], command="run")
