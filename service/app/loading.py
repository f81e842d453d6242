"""Loading the settings: each source is read once, and all that is wrong is said for people."""

import difflib
import io
import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource

from service.app.settings import PREFIX, SeenSettings, Settings, variables

KEY = f"{PREFIX}API__KEY"
SECRETS_DIR = f"{PREFIX}SECRETS_DIR"
DEFAULT_SECRETS_DIR = "/run/secrets/order-relay"
KNOWN = [*variables(Settings), SECRETS_DIR]
SHORTEST_REDACTED = 6
MOST_SHOWN = 100  # Characters of a wrong value: a whole file may stand in it by mistake.
# What Kubernetes sets for a Service called order-relay.
_KUBERNETES = re.compile(r"ORDER_RELAY_(SERVICE_.*|PORT(_.*)?)")

Kind = TypeVar("Kind", Settings, SeenSettings)


class BadSettingsError(Exception):
    """Everything that is wrong with the settings, said for people."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Found:
    """A variable, its text, and where it was found."""

    variable: str
    text: str = field(repr=False)
    where: str
    file: Path | None = None


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
        passwords = [urlsplit(url).password or "" for url in self.settings.amqp.urls]
        texts = [self.settings.api.key.get_secret_value(), *passwords, *map(unquote, passwords)]
        return [text for text in dict.fromkeys(texts) if len(text) >= SHORTEST_REDACTED]


def load() -> Loaded:
    """The settings from the environment, `.env` here, and secret files; else BadSettingsError."""
    return Loaded(*_read(Settings))


def load_seen() -> SeenSettings:
    """The same, without those that only the relay itself needs; BadSettingsError as above."""
    return _read(SeenSettings)[0]


def _read(kind: type[Kind]) -> tuple[Kind, dict[str, Found]]:
    source, wanted = EnvSettingsSource(kind), variables(kind)
    found: dict[str, Found] = {}
    problems: list[str] = []
    try:
        environment, dotenv = source.env_vars, _dotenv(Path.cwd() / ".env")
        directory = Path(environment.get(SECRETS_DIR.lower()) or DEFAULT_SECRETS_DIR)
        strongest_first = chain(
            _ours("environment", environment), _ours(".env", dotenv), _files(directory, wanted)
        )
        for one in strongest_first:
            if one.variable in wanted:
                found.setdefault(one.variable, one)
            elif one.variable not in KNOWN and not _KUBERNETES.fullmatch(one.variable):
                problems.append(_misspelt(one))
        # pydantic-settings makes of what was found, and of nothing else, what the types want.
        source.env_vars = {name.lower(): one.text for name, one in found.items()}
        settings = kind(_build_sources=((source,), {}))
    except ValidationError as error:
        problems += [_describe(detail, found) for detail in error.errors()]
    except BadSettingsError as error:
        problems += error.problems
    else:
        if not problems:
            return settings, found
    raise BadSettingsError(problems)


def _ours(where: str, values: Mapping[str, str | None]) -> Iterator[Found]:
    # Empty values do not count.
    texts = {name.upper(): text for name, text in values.items() if text}
    return (Found(name, texts[name], where) for name in texts if name.startswith(PREFIX))


def _dotenv(path: Path) -> Mapping[str, str | None]:
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettingsError([f"{path} cannot be read: {error}"]) from None
    unreadable = []
    for binding in parse_stream(io.StringIO(text)):
        ours = (binding.key or "").upper().startswith(PREFIX)
        if binding.error or (ours and binding.value is None):
            statement, line = binding.original
            line += statement.count("\n") - statement.lstrip().count("\n")
            # The line is not shown: it may hold a secret.
            unreadable.append(f"{path} line {line} cannot be read; must be NAME=value")
    if unreadable:
        # python-dotenv would leave them out with a word in the log, as if they were not meant.
        raise BadSettingsError(unreadable)
    return dotenv_values(stream=io.StringIO(text))


def _files(directory: Path, wanted: Container[str]) -> Iterator[Found]:
    """The secret files that are named like a setting: certificates may lie beside them."""
    groups = tuple(f"{PREFIX}{name}__".upper() for name in Settings.model_fields)
    try:
        # Reversed: small letters win where names differ in nothing else.
        files = sorted(filter(Path.is_file, directory.iterdir()), reverse=True)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadSettingsError([f"{directory} cannot be read: {error.strerror}"]) from None
    for file in files:
        name = PREFIX + file.name.upper()
        if name in KNOWN or name.startswith(groups):
            yield Found(name, _text(file) if name in wanted else "", f"file in {directory}", file)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettingsError([f"{file} cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        # Not the error's own text: it quotes the secret.
        raise BadSettingsError([f"{file} is not UTF-8 text"]) from None


def _misspelt(one: Found) -> str:
    close = difflib.get_close_matches(one.variable, KNOWN, n=1, cutoff=0.75)
    hint = f"did you mean {close[0]}?" if close else "the README lists them all"
    return f"{one.variable} ({one.where}): there is no such setting; {hint}"


def _describe(detail: ErrorDetails, found: Mapping[str, Found]) -> str:
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
    # A password may end with "@" in a URL which should have none, and a token follow "?".
    if one.variable in (KEY, f"{PREFIX}AMQP__URL") or one.file or re.search("[@?]", one.text):
        told = "the value is not shown, it may be secret"
    return f"{one.variable} ({one.where}): {told}; {allowed}"
