"""What makes a value of a setting right; used by the settings' own validators."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr


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
    if not parts.hostname or not port_usable:
        raise ValueError(f"URL {number} must have a host, as in amqp://user:password@host/vhost")


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
