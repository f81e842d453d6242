"""Where relays are reached: the admin addresses that are given, or the one of the settings."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from service.app.checks import check_api_url
from service.app.masking import mask_url
from service.app.settings import PREFIX, AdminSettings


class UnusableAddressError(Exception):
    """There is no relay to read at this address; the text says why."""


def of(
    given: Sequence[str], admin: AdminSettings, *, option: str = "--url", page: str = "/metrics"
) -> list[str]:
    """Where the relays' page is: as given, else of these settings. Raises UnusableAddressError."""
    if not given and not admin.port:
        raise UnusableAddressError(f"{PREFIX}ADMIN__PORT is 0, any port: say which with {option}")
    # What listens on every address is reached on this machine's own.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(admin.host, admin.host)  # noqa: S104
    own = f"http://{f'[{host}]' if ':' in host else host}:{admin.port}"
    # Each once: the same relay would be counted twice.
    urls: dict[str, None] = {}
    for url in given or [own]:
        if not url.isascii():
            raise UnusableAddressError(f"{mask_url(url)!a} must have ASCII characters only")
        try:
            check_api_url(url)
        except ValueError as error:
            raise UnusableAddressError(f"{mask_url(url)!a} {error}") from None
        parts = urlsplit(url)
        urls[url if parts.path.strip("/") else parts._replace(path=page).geturl()] = None
    return list(urls)
