"""`order-relay config`: every setting with its value, secrets masked, and where it came from."""

from collections.abc import Iterator, Mapping
from functools import reduce

from pydantic import SecretStr

from service.app.loading import KEY
from service.app.masking import hider, mask_secret, mask_url, secrets_in
from service.app.settings import ShownSettings, variables
from service.app.sources import Found


def lines(settings: ShownSettings, found: Mapping[str, Found]) -> Iterator[str]:
    """The table of all settings, in columns."""
    table = list(rows(settings, found))
    width, values = (max(len(row[column]) for row in table) for column in (0, 1))
    for variable, value, source in table:
        yield f"{variable:<{width}}  {value:<{values}}  {source}"


def rows(settings: ShownSettings, found: Mapping[str, Found]) -> Iterator[tuple[str, str, str]]:
    """Of each setting its variable, its value as it may be shown, and its source."""
    # A key that was put into the wrong setting is there in plain text.
    hide = hider(text for one in found.values() for text in secrets_in(one.variable, one.text))
    for variable, path in variables(ShownSettings).items():
        absent = "not set, `run` needs it" if variable == KEY else "default"
        source = found[variable].where if variable in found else absent
        yield variable, hide(_shown(reduce(getattr, path, settings))), source


def _shown(value: object) -> str:
    match value:
        case SecretStr():
            return mask_secret(value.get_secret_value())
        case tuple():
            return ",".join(map(str, value))
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case str():
            return mask_url(value)
        case _:
            return str(value)
