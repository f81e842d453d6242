"""What makes a value of a setting right; used by the settings' own validators."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, WithJsonSchema

MOST_URL_CHARACTERS = 2000
LONGEST_HOST_BYTES = 253

_NAMESPACE = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$"
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_WHOLE_SECONDS = re.compile(r" *[0-9]{1,9} *")


def whole_seconds(text: str) -> int:
    """The seconds in `text`; ValueError for what int() takes beside plain digits."""
    if not _WHOLE_SECONDS.fullmatch(text):
        raise ValueError("must be whole seconds")
    return int(text)


def usable_url(url: str) -> bool:
    """Whether `url` can be read by every library: urlsplit passes over some characters."""
    return len(url) <= MOST_URL_CHARACTERS and url.isprintable() and " " not in url


def usable_host(host: str | None) -> bool:
    """Whether `host` is an address or a name that can be looked up."""
    if not host:
        return False
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        pass
    else:
        return True
    try:
        name = host.removesuffix(".").encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return len(name) <= LONGEST_HOST_BYTES and all(map(_LABEL.fullmatch, name.split(".")))


def split_urls(value: SecretStr) -> list[str]:
    """The broker URLs in a comma-separated setting."""
    return [part.strip() for part in value.get_secret_value().split(",")]


def check_broker_url(url: str, number: int) -> None:
    """Raise ValueError unless `url` is a broker's; `number` is its place in the setting."""
    # The messages name the URL by its place: its text may hold a password.
    try:
        parts = urlsplit(url)
        port_usable = parts.port != 0
    except ValueError:
        raise ValueError(
            f"URL {number} cannot be read as amqp://user:password@host/vhost"
        ) from None
    if parts.scheme not in ("amqp", "amqps"):
        raise ValueError(f"URL {number} must begin with amqp:// or amqps://")
    if not usable_host(parts.hostname) or not port_usable:
        raise ValueError(f"URL {number} must have a host, as in amqp://user:password@host/vhost")
    if not usable_url(url):
        raise ValueError(
            f"URL {number} must have no space or control character, "
            f"and at most {MOST_URL_CHARACTERS} characters"
        )


def check_traces_endpoint(url: str) -> None:
    """Raise ValueError unless `url` is one that spans may be sent to."""
    problem = "must be an http or https URL with a host, as in http://collector:4318"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        raise ValueError(problem) from None
    if not usable or not usable_host(parts.hostname) or not usable_url(url):
        raise ValueError(problem)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            "must have no user, password, query or fragment; "
            "what the collector asks for goes into OTEL_EXPORTER_OTLP_HEADERS"
        )


def check_api_url(url: str) -> None:
    """Raise ValueError unless `url` is one that orders may be sent to."""
    problem = "must be an http or https URL with a host"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        raise ValueError(problem) from None
    if not usable or not usable_host(parts.hostname):
        raise ValueError(problem)
    if not usable_url(url):
        raise ValueError(
            f"must have no space or control character, and at most {MOST_URL_CHARACTERS} characters"
        )
    if parts.username or parts.password or parts.fragment:
        raise ValueError("must have no user, password or fragment")


def _check_namespace(name: str) -> str:
    """The name itself; ValueError unless queues and exchanges can be named after it."""
    # fullmatch: "$" alone would let a line's end pass.
    if not re.fullmatch(_NAMESPACE, name):
        raise ValueError("must be 1 to 64 letters, digits, _ - or ., and not begin with .")
    # The broker declares nothing there: it would refuse the topology again and again.
    if name.startswith("amq."):
        raise ValueError("must not begin with amq., which is the broker's own")
    return name


Namespace = Annotated[
    str,
    AfterValidator(_check_namespace),
    # The chart's schema takes the pattern from here.
    WithJsonSchema({"type": "string", "pattern": _NAMESPACE}),
]
"""What the names of all queues and exchanges begin with."""


def is_loopback(host: str | None) -> bool:
    """Whether `host` is this machine by its name or address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def readable(path: Path | None) -> Path | None:
    """`path`, if it can be read or is none; ValueError that says why not."""
    if path is not None:
        try:
            path.open("rb").close()
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
    return path
