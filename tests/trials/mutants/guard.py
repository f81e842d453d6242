"""Guards: pieces of the relay's source, each with the promise that it keeps and its tests.

They stand in `guards/*.toml`, a file for each sentence that the README promises.
"""

import tomllib
from collections import Counter
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

FOLDER = Path(__file__).with_name("guards")


class GuardError(Exception):
    """A guard cannot be used as it stands; the message names it."""


class Guard(BaseModel):
    """One guard: where `find` becomes `replace`, one of `tests` must fail.

    `find` is compared token by token, and stands once in `service`, or once in the function or
    class called `inside`. `without` says what would happen, `promise` is the sentence of the README
    that this breaks. The tests may take `seconds`; more is a time-out, which counts as caught only
    where `hangs` says that something hangs without this guard.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    file: str
    promise: str
    without: str
    inside: str | None = None
    find: str
    replace: str
    tests: tuple[str, ...]
    seconds: float = 150.0
    hangs: bool = False


def load(folder: Path = FOLDER) -> list[Guard]:
    """All guards; GuardError where a file is wrong or an id stands twice."""
    guards: list[Guard] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
            shared = {"file": path.stem, "promise": tables.pop("promise", None)}
            guards += [Guard(id=name, **shared, **table) for name, table in tables.items()]
        except (tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
            raise GuardError(f"{path.name}: {error}") from None
    counts = Counter(guard.id for guard in guards)
    if twice := [name for name, count in counts.items() if count > 1]:
        raise GuardError(f"more than one guard is called {', '.join(twice)}")
    return guards
