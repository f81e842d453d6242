"""Where settings are found: the environment, `.env` here, and files; each is read once."""

import io
import os
import stat
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from service.app.settings import PREFIX, Settings, variables

SECRETS_DIR = f"{PREFIX}SECRETS_DIR"
DEFAULT_SECRETS_DIR = "/run/secrets/order-relay"
KNOWN = [*variables(Settings), SECRETS_DIR]
MOST_BYTES = 64 * 1024
MOST_FILES = 1000


class BadSettingsError(Exception):
    """Everything that is wrong with the settings, said for people."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    @property
    def told(self) -> str:
        """All of it, as a command says it."""
        count = len(self.problems)
        first = f"order-relay: {count} bad setting{'s' if count > 1 else ''}:"
        return "\n".join((first, *(f"  {problem}" for problem in self.problems)))


@dataclass(frozen=True, slots=True)
class Found:
    """A variable, its text, and where it was found."""

    variable: str
    text: str = field(repr=False)
    where: str
    file: Path | None = None


def find(environment: Mapping[str, str | None], wanted: Container[str]) -> Iterator[Found]:
    """All that is named like a setting, the strongest source first; BadSettingsError.

    Of the files only those that are `wanted` are read: the others may be for other eyes.
    """
    yield from _ours("environment", environment)
    yield from _ours(".env", _dotenv())
    yield from _files(Path(environment.get(SECRETS_DIR.lower()) or DEFAULT_SECRETS_DIR), wanted)


def _ours(where: str, values: Mapping[str, str | None]) -> Iterator[Found]:
    # Empty values do not count.
    texts = {name.upper(): text for name, text in values.items() if text}
    return (Found(name, texts[name], where) for name in texts if name.startswith(PREFIX))


def _dotenv() -> Mapping[str, str | None]:
    try:
        path = Path.cwd() / ".env"
    except FileNotFoundError:
        # The folder itself is gone.
        return {}
    text = _read(path, {0, os.geteuid()}) or ""
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
    # Interpolated, "${API_TOKEN}" would bring any secret of the environment into a setting.
    return dotenv_values(stream=io.StringIO(text), interpolate=False)


def _files(directory: Path, wanted: Container[str]) -> Iterator[Found]:
    """The secret files that are named like a setting: certificates may lie beside them."""
    groups = tuple(f"{PREFIX}{name}__".upper() for name in Settings.model_fields)
    try:
        files = list(islice(directory.iterdir(), MOST_FILES + 1))
    except FileNotFoundError:
        return
    except OSError as error:
        raise BadSettingsError([f"{directory} cannot be read: {error.strerror}"]) from None
    if len(files) > MOST_FILES:
        raise BadSettingsError([f"{directory} has more than {MOST_FILES} files; see {SECRETS_DIR}"])
    # Reversed: small letters win where names differ in nothing else.
    for file in sorted(files, reverse=True):
        name = PREFIX + file.name.upper()
        if (name in KNOWN or name.startswith(groups)) and not file.is_dir():
            text = _read(file) if name in wanted else ""
            # None: a link to nowhere, or gone since.
            if text is not None:
                yield Found(name, text.strip(), f"file in {directory}", file)


def _read(path: Path, owners: Container[int] | None = None) -> str | None:
    """The text of a file that one of `owners` has; None where there is none. BadSettingsError."""
    try:
        # A pipe would hold the process up for ever.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as f:
            found = os.fstat(f.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise BadSettingsError([f"{path} is no regular file"])
            if owners is not None and found.st_uid not in owners:
                whose = (
                    f"{path} belongs to another user (uid {found.st_uid}), who could set anything"
                )
                raise BadSettingsError([f"{whose} by it; make it yours, or start elsewhere"])
            content = f.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BadSettingsError([f"{path} cannot be read: {error.strerror}"]) from None
    if len(content) > MOST_BYTES:
        raise BadSettingsError([f"{path} has more than {MOST_BYTES} bytes"])
    try:
        return content.decode()
    except UnicodeDecodeError:
        # Not the error's own text: it quotes the secret.
        raise BadSettingsError([f"{path} is not UTF-8 text"]) from None
