"""What of the settings must not be shown, and showing the rest of them."""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote, urlsplit

from service.app.settings import PREFIX
from service.edges.telemetry.redaction import MASK, Redactor, masked

_URLS = {f"{PREFIX}{name}" for name in ("AMQP__URL", "API__URL", "MANAGEMENT__URL")}

SHORTEST_REDACTED = 6
"""A shorter secret would only garble the lines that it occurs in."""


def secrets_in(variable: str, text: str) -> Iterator[str]:
    """The secrets in the text of a setting, as they are written and as they are meant."""
    if variable == f"{PREFIX}API__KEY":
        yield text.strip()
    elif variable in _URLS:
        for secret in (secret for url in text.split(",") for secret in _in_url(url)):
            yield from (secret, unquote(secret))


def _in_url(url: str) -> list[str]:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return []
    return [parts.password or "", *(pair.partition("=")[2] for pair in parts.query.split("&"))]


def hider(secrets: Iterable[str]) -> Callable[[str], str]:
    """What makes a text one without `secrets`, however they are spelt."""
    known = list(secrets)
    whole = frozenset(Redactor(known).forms())
    parts = Redactor(each for each in known if len(each) >= SHORTEST_REDACTED).forms()
    return lambda text: MASK if {text, unquote(text)} & whole else masked(text, parts)


def mask_url(url: str) -> str:
    """A URL of any kind without its user, its query and its fragment, also where it is wrong."""
    shown = re.sub(r"^([\w+.-]+://)?.*@", rf"\1{MASK}@", url, flags=re.DOTALL)
    return re.sub(r"([?#]).*", rf"\1{MASK}", shown, flags=re.DOTALL)


def mask_secret(secret: str) -> str:
    """A secret as it may be shown: of broker URLs all but the password and the query."""
    urls = [re.split("[?#]", url.strip())[0] for url in secret.split(",")]
    if not all(re.match("amqps?://", url, re.IGNORECASE) for url in urls):
        return MASK
    return ",".join(re.sub("//([^:/]*)[^/]*@", rf"//\1:{MASK}@", url, count=1) for url in urls)
