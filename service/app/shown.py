"""How the value of a setting is shown to a person: secrets masked, long ones cut off."""

from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

MOST_SHOWN = 100
"""Characters of a wrong value: a whole file may stand in it by mistake."""


def short(value: str) -> str:
    """A wrong value, on one line and within bounds."""
    text = ascii(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def shown(value: object) -> str:
    """The value as `order-relay config` has it."""
    match value:
        case SecretStr():
            return mask(value.get_secret_value())
        case tuple():
            return ",".join(str(part) for part in value)
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def mask(secret: str) -> str:
    """A secret as it may be shown: of broker URLs all but the password and the query."""
    urls = [urlsplit(url.strip()) for url in secret.split(",")]
    if any(url.scheme not in ("amqp", "amqps") for url in urls):
        return "***"
    return ",".join(_mask_url(url) for url in urls)


def _mask_url(url: SplitResult) -> str:
    login, at, host = url.netloc.rpartition("@")
    user = login.partition(":")[0]
    return f"{url.scheme}://{user}:***@{host}{url.path}" if at else url.geturl().partition("?")[0]
