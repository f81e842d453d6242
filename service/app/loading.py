"""Loading the settings: where each came from, which names are misspelt, and errors for people."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from service.app.secret_files import UnreadableSecretError, secret_files, setting_paths
from service.app.settings import SeenSettings, Settings, Sourced
from service.app.shown import short, shown
from service.app.variables import DEFAULT_SECRETS_DIR, PREFIX, SECRETS_DIR

# What Kubernetes sets for a Service called order-relay.
_KUBERNETES = re.compile(r"ORDER_RELAY_(SERVICE_.*|PORT(_.*)?)")

SHORTEST_REDACTED = 6
_OMITTED = "the value is not shown, it may be secret"


Kind = TypeVar("Kind", bound=Sourced)


class BadSettingsError(Exception):
    """The settings are wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as `order-relay config` shows it."""

    variable: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and where they came from."""

    settings: Settings
    origins: Mapping[str, str]
    key_file: Path | None

    def secrets(self) -> list[str]:
        """What must never be shown; very short ones would only garble the lines they occur in."""
        passwords = [urlsplit(url).password or "" for url in self.settings.amqp.urls]
        texts = [self.settings.api.key.get_secret_value(), *passwords, *map(unquote, passwords)]
        return [text for text in dict.fromkeys(texts) if len(text) >= SHORTEST_REDACTED]

    def listing(self) -> list[Setting]:
        """Every setting with its value, secrets masked, and its source."""
        rows = []
        for path, value in _values(self.settings):
            variable = _variable(path)
            rows.append(Setting(variable, shown(value), self.origins.get(variable, "default")))
        return rows


def load() -> Loaded:
    """The settings from the environment, `.env` in this folder, and the secrets directory.

    Raises BadSettingsError with everything that is wrong.
    """
    settings, sources, secrets_dir = _read(Settings)
    origins = {name: where for where in reversed(sources) for name in sources[where]}
    from_file = origins.get(f"{PREFIX}API__KEY") == _file_source(secrets_dir)
    return Loaded(settings, origins, secrets_dir / "api__key" if from_file else None)


def load_seen() -> SeenSettings:
    """The same, without those that only the relay itself needs; BadSettingsError as above."""
    return _read(SeenSettings)[0]


def _read(kind: type[Kind]) -> tuple[Kind, dict[str, dict[str, str]], Path]:
    """The settings, what each source has, and the secrets directory."""
    dotenv = Path.cwd() / ".env"
    secrets_dir = Path(os.environ.get(SECRETS_DIR) or DEFAULT_SECRETS_DIR)
    try:
        if unreadable := list(_unreadable_lines(dotenv)):
            raise BadSettingsError(unreadable)
        sources = _sources(os.environ, dotenv, secrets_dir)
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettingsError([f"{dotenv} cannot be read: {error}"]) from None
    except UnreadableSecretError as error:
        raise BadSettingsError([str(error)]) from None
    problems = [p for where, names in sources.items() for p in _misspelt(where, names)]
    try:
        settings = kind(_env_file=dotenv, _secrets_dir=secrets_dir)
    except ValidationError as error:
        problems += [
            _describe(detail, sources)
            for detail in error.errors()
            # They are named as misspelt already.
            if detail["type"] != "extra_forbidden"
        ]
        raise BadSettingsError(problems) from None
    except (SettingsError, UnreadableSecretError) as error:
        raise BadSettingsError([*problems, str(error)]) from None
    if problems:
        raise BadSettingsError(problems)
    return settings, sources, secrets_dir


def _sources(
    environ: Mapping[str, str], dotenv: Path, secrets_dir: Path
) -> dict[str, dict[str, str]]:
    """Every name of ours in each source, the strongest source first; empty values do not count."""
    in_dotenv = dotenv_values(dotenv) if dotenv.is_file() else {}
    files = {f"{PREFIX}{file.name.upper()}": "" for file in secret_files(secrets_dir)}
    return {
        "environment": _ours(environ),
        ".env": _ours(in_dotenv),
        # Certificates may lie beside the secrets: only what is named like a setting counts.
        _file_source(secrets_dir): {name: "" for name in files if _like_a_setting(name)},
    }


def _unreadable_lines(dotenv: Path) -> Iterator[str]:
    """What python-dotenv would leave out with a word in the log, as if it had not been meant."""
    if not dotenv.exists():
        return
    with dotenv.open(encoding="utf-8") as file:
        for binding in parse_stream(file):
            ours = (binding.key or "").upper().startswith(PREFIX)
            if binding.error or (ours and binding.value is None):
                text = binding.original.string
                before = text[: len(text) - len(text.lstrip())]
                line = binding.original.line + before.count("\n")
                # The line is not shown: it may hold a secret.
                yield f"{dotenv} line {line} cannot be read; must be NAME=value"


def _like_a_setting(name: str) -> bool:
    groups = {variable.partition("__")[0] for variable in known_variables()}
    return name in known_variables() or ("__" in name and name.partition("__")[0] in groups)


def _file_source(secrets_dir: Path) -> str:
    return f"file in {secrets_dir}"


def _ours(values: Mapping[str, str | None]) -> dict[str, str]:
    return {k.upper(): v for k, v in values.items() if v and k.upper().startswith(PREFIX)}


def known_variables() -> list[str]:
    """Every variable that the relay reads."""
    return [_variable(path) for path in setting_paths(Settings)] + [SECRETS_DIR]


def _values(
    model: BaseModel, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _values(value, (*prefix, name))
        else:
            yield (*prefix, name), value


def _variable(path: tuple[str, ...]) -> str:
    return PREFIX + "__".join(path).upper()


def _misspelt(where: str, names: Mapping[str, str]) -> Iterator[str]:
    known = known_variables()
    for name in names:
        if name in known or _KUBERNETES.fullmatch(name):
            continue
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
        hint = f"did you mean {close[0]}?" if close else "the README lists them all"
        yield f"{name} ({where}): there is no such setting; {hint}"


def _describe(detail: ErrorDetails, sources: Mapping[str, Mapping[str, str]]) -> str:
    path = tuple(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing" and path in {("api",), ("api", "key")}:
        return (
            f"{PREFIX}API__KEY: is required; set it, "
            f"or put it in a file api__key in {DEFAULT_SECRETS_DIR}"
        )
    if message.startswith(PREFIX):
        return message
    variable = _variable(path[:2])
    where, value = next(
        ((w, names[variable]) for w, names in sources.items() if variable in names), ("", "")
    )
    # A password may end with "@" in a URL which should have none, and a token follow "?".
    hidden = variable in _SECRET or "@" in value or "?" in value
    told = _OMITTED if hidden else f"was {short(value)}"
    allowed = _PLAINER.get(detail["type"], message).replace("Input should", "should")
    return f"{variable} ({where}): {told}; {allowed}"


_PLAINER = {"int_parsing_size": "should be a smaller integer"}


_SECRET = frozenset({f"{PREFIX}API__KEY", f"{PREFIX}AMQP__URL"})
