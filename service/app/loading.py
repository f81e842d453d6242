"""Loading the settings, and saying for people what is wrong with them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from service.app.masking import SHORTEST_REDACTED, hider, mask_url, secrets_in
from service.app.settings import PREFIX, SeenSettings, Settings, ShownSettings, variables
from service.app.sources import DEFAULT_SECRETS_DIR, KNOWN, BadSettingsError, Found, find

KEY = f"{PREFIX}API__KEY"
SECRET = (KEY, f"{PREFIX}AMQP__URL", f"{PREFIX}MANAGEMENT__URL")
MOST_SHOWN = 100  # Characters of a wrong value: a whole file may stand in it by mistake.
# What Kubernetes sets for each Service whose name begins with order-relay, and what in it.
# ..._PORT by its text, too: ORDER_RELAY_ADMIN_PORT=8080 is a misspelt setting.
_KUBERNETES = (
    (r"ORDER_RELAY(_\w+)?_SERVICE_(HOST|PORT(_\w+)?)", ""),
    (r"ORDER_RELAY(_\w+)?_PORT", "(tcp|udp|sctp)://"),
    (r"ORDER_RELAY(_\w+)?_PORT_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?", ""),
)

Kind = TypeVar("Kind", Settings, SeenSettings, ShownSettings)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and what was found for them, by variable."""

    settings: Settings
    found: Mapping[str, Found]

    @property
    def key_file(self) -> Path | None:
        """The file that the key is from, if it is from one."""
        return self.found[KEY].file

    def secrets(self) -> list[str]:
        """What must never be shown; very short ones would only garble the lines they occur in."""
        texts = (text for one in self.found.values() for text in secrets_in(one.variable, one.text))
        return [text for text in dict.fromkeys(texts) if len(text) >= SHORTEST_REDACTED]


def load() -> Loaded:
    """The settings from the environment, `.env` here, and secret files; else BadSettingsError."""
    return Loaded(*_read(Settings))


def load_seen() -> SeenSettings:
    """The same, without those that only the relay itself needs; BadSettingsError as above."""
    return _read(SeenSettings)[0]


def load_shown() -> tuple[ShownSettings, Mapping[str, Found]]:
    """All that `config` shows, and what was found; BadSettingsError, but not where no key is."""
    return _read(ShownSettings)


def _read(kind: type[Kind]) -> tuple[Kind, dict[str, Found]]:
    source, wanted = EnvSettingsSource(kind), variables(kind)
    found: dict[str, Found] = {}
    secrets: list[str] = []
    problems: list[str] = []
    try:
        for one in find(source.env_vars, wanted):
            secrets += secrets_in(one.variable, one.text)
            if one.variable in wanted:
                found.setdefault(one.variable, one)
            elif one.variable not in KNOWN and not _is_of_kubernetes(one):
                problems.append(_misspelt(one))
        # pydantic-settings makes of what was found, and of nothing else, what the types want.
        source.env_vars = {name.lower(): one.text for name, one in found.items()}
        settings = kind(_build_sources=((source,), {}))
    except ValidationError as error:
        problems += [_describe(detail, found, hider(secrets)) for detail in error.errors()]
    except BadSettingsError as error:
        problems += error.problems
    else:
        if not problems:
            return settings, found
    raise BadSettingsError(list(map(hider(secrets), problems)))


def _is_of_kubernetes(one: Found) -> bool:
    return any(
        re.fullmatch(name, one.variable) and re.match(text, one.text) for name, text in _KUBERNETES
    )


def _misspelt(one: Found) -> str:
    import difflib  # noqa: PLC0415 - a start that nothing is wrong with goes without it

    close = difflib.get_close_matches(one.variable, KNOWN, n=1, cutoff=0.75)
    hint = f"did you mean {close[0]}?" if close else "order-relay config lists them all"
    return f"{one.variable} ({one.where}): there is no such setting; {hint}"


def _describe(detail: ErrorDetails, found: Mapping[str, Found], hide: Callable[[str], str]) -> str:
    if detail["type"] == "missing":
        return f"{KEY}: is required; set it, or put it in a file api__key in {DEFAULT_SECRETS_DIR}"
    allowed = detail["msg"].removeprefix("Value error, ").replace("Input should", "should")
    if allowed.startswith(PREFIX):
        return allowed
    if detail["type"] == "int_parsing_size":
        allowed = "should be a smaller integer"
    one = found[PREFIX + "__".join(map(str, detail["loc"][:2])).upper()]
    text = ascii(one.text)
    told = f"was {text}" if len(text) <= MOST_SHOWN else f"was {text[:MOST_SHOWN]}..."
    secret = one.variable in SECRET or one.file
    # A password may end with "@" in a URL which should have none, and a token follow "?".
    if secret or mask_url(one.text) != one.text or hide(one.text) != one.text:
        told = "the value is not shown, it may be secret"
    return f"{one.variable} ({one.where}): {told}; {allowed}"
