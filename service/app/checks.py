"""What makes a URL right that a setting, or a flag of a command, names."""

import re
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

MOST_URL_CHARACTERS = 2000

_PLAIN = f"must have no space or control character, and at most {MOST_URL_CHARACTERS} characters"
_HTTP = (("http", True), ("https", True))
_ESCAPED = r"[^@/?#\[\]\\%]|%[0-9A-Fa-f]{2}"
# Stricter than the libraries: they would read a part of such a password as host, port or vhost.
_BROKER = re.compile(
    rf"amqps?://((?:{_ESCAPED})*@)?(\[[^@/?#\[\]]*\]|[^@/?#\[\]%:]*)(:[^@/?#\[\]]*)?"
    rf"(/(?:{_ESCAPED})*)?(\?[^@/?#]*)?",
    re.IGNORECASE,
)
_BROKER_QUERY = re.compile(r"(heartbeat=([1-9]|[1-9][0-9]|[1-5][0-9]{2}|600))?", re.ASCII)
_HOST = re.compile(r"(?=.{1,253}$)(?!-)[\w-]{1,63}(?<!-)(\.(?!-)[\w-]{1,63}(?<!-))*", re.ASCII)


def _target(url: str) -> tuple[str | None, bool]:
    """The scheme, and whether host and port are usable; None where `url` cannot be read."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        return None, False


def _is_host(host: str) -> bool:
    """Whether `host` is an address or a name that can be looked up."""
    try:
        name = host.removesuffix(".").encode("idna").decode("ascii")
        return bool(ip_address(host) if ":" in host else _HOST.fullmatch(name))
    except ValueError:
        return False


def is_loopback(host: str | None) -> bool:
    """Whether `host` is this machine by its name or address."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _is_plain(url: str) -> bool:
    """Whether every library reads `url` alike: urlsplit passes over some characters."""
    return len(url) <= MOST_URL_CHARACTERS and url.isprintable() and " " not in url


def _is_utf8(url: str) -> bool:
    """Whether what is escaped in `url` is text."""
    try:
        return bool(unquote(url, errors="strict"))
    except UnicodeDecodeError:
        return False


def check_api_url(url: str) -> str:
    """`url`; ValueError unless orders may be sent to it."""
    if _target(url) not in _HTTP:
        raise ValueError("must be an http or https URL with a host")
    if not _is_plain(url):
        raise ValueError(_PLAIN)
    parts = urlsplit(url)
    if parts.username or parts.password or parts.fragment:
        raise ValueError("must have no user, password or fragment")
    return url


def check_endpoint(url: str) -> str:
    """`url`; ValueError unless spans may be sent to it."""
    if _target(url) not in _HTTP or not _is_plain(url):
        raise ValueError("must be an http or https URL with a host, as in http://collector:4318")
    parts = urlsplit(url)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "must have no user, password, query or fragment; "
            "what the collector asks for goes into OTEL_EXPORTER_OTLP_HEADERS"
        )
    return url


def check_management_url(value: SecretStr) -> SecretStr:
    """`value`; ValueError unless RabbitMQ's management API can be asked there."""
    url = value.get_secret_value()
    if _target(url) not in _HTTP or not _is_plain(url) or not _is_utf8(url):
        raise ValueError("must be an http or https URL, as http://user:password@broker:15672")
    parts = urlsplit(url)
    if parts.query or parts.fragment:
        raise ValueError("must have no query or fragment")
    login, at, _ = parts.netloc.rpartition("@")
    # In part read as host, port or path, a password would be sent to another host.
    if "@" in parts.path or not re.fullmatch(f"(?:{_ESCAPED})*", login if at else ""):
        raise ValueError(
            r"must have each of @ / ? # [ ] \ and % in the user and the password written as its "
            "code, as %40 for @"
        )
    return value


def check_broker_urls(value: SecretStr) -> SecretStr:
    """`value`; ValueError unless each of its URLs, separated by commas, is a broker's."""
    for place, url in enumerate(map(str.strip, value.get_secret_value().split(",")), start=1):
        # Each is named by its place: its text may hold a password.
        if (problem := _broker_problem(url)) is not None:
            raise ValueError(f"URL {place} {problem}")
    return value


def _broker_problem(url: str) -> str | None:
    """What is wrong with a broker's URL; never with a part of it, for it may be the password's."""
    scheme, usable = _target(url)
    if not url.lower().startswith(("amqp://", "amqps://")):
        return "must begin with amqp:// or amqps://; a comma in a password is written %2C"
    if not _is_plain(url):
        return _PLAIN
    if scheme is None or not _BROKER.fullmatch(url) or not _is_utf8(url):
        return (
            "cannot be read as amqp://user:password@host:port/vhost; in the user, the password and "
            r"the vhost each of @ / ? # [ ] \ % and , is written as its code, as %40 for @"
        )
    if not usable:
        return "must have a host, as in amqp://user:password@host/vhost"
    if not _BROKER_QUERY.fullmatch(urlsplit(url).query):
        return (
            "may have no query but heartbeat=SECONDS, 1 to 600; "
            "certificates have settings of their own, as ORDER_RELAY_AMQP__CA_FILE"
        )
    return None
