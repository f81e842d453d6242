"""`order-relay config`: every setting with its value, secrets masked, and where it came from."""

import re
from collections.abc import Iterator
from functools import reduce

from pydantic import SecretStr

from service.app.loading import Loaded
from service.app.settings import Settings, variables


def lines(loaded: Loaded) -> Iterator[str]:
    """The table of all settings, in columns."""
    table = list(rows(loaded))
    width, values = (max(len(row[column]) for row in table) for column in (0, 1))
    for variable, value, source in table:
        yield f"{variable:<{width}}  {value:<{values}}  {source}"


def rows(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    """Of each setting its variable, its value as it may be shown, and its source."""
    for variable, path in variables(Settings).items():
        source = loaded.found[variable].where if variable in loaded.found else "default"
        yield variable, _shown(reduce(getattr, path, loaded.settings)), source


def _shown(value: object) -> str:
    match value:
        case SecretStr():
            return mask(value.get_secret_value())
        case tuple():
            return ",".join(map(str, value))
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
    urls = [re.split("[?#]", url.strip())[0] for url in secret.split(",")]
    if not all(re.match("amqps?://", url, re.IGNORECASE) for url in urls):
        return "***"
    return ",".join(re.sub("//([^:/]*)[^/]*@", r"//\1:***@", url, count=1) for url in urls)
