"""Where the account's key comes from: a fixed secret, or a file that may change at run time."""

import stat
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from service.flow.events import Emit
from service.flow.events.process import KeyReloaded, KeyUnreadable

MAX_KEY_BYTES = 4096


class UnusableKeyError(Exception):
    """The API key cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{(self.__doc__ or '').removesuffix('.')}: {reason}")
        self.reason = reason


class KeySource(Protocol):
    """The key to use now."""

    def current(self) -> str:
        """The key for the attempt that begins; never raises and never waits."""
        ...


class FixedKey:
    """A key that stays as it is; UnusableKeyError where it is empty or unprintable."""

    def __init__(self, secret: SecretStr | str) -> None:
        text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
        self._key = _usable("the setting", text)

    def __repr__(self) -> str:
        return "FixedKey('***')"

    def current(self) -> str:
        """The key."""
        return self._key


class KeyFile:
    """A key in a file; once one was read, the last good one stays in use if the file goes bad.

    UnusableKeyError where the file has no usable key at the start.
    """

    def __init__(self, path: Path, emit: Emit) -> None:
        self._path = path
        self._emit = emit
        self._trouble: str | None = None
        self._state = _state(path)
        self._key = _read(path)

    def __repr__(self) -> str:
        return f"KeyFile({str(self._path)!r})"

    def current(self) -> str:
        """The key, read again if the file changed or was unreadable the last time."""
        try:
            # Before the content: a change in between shows as another state the next time.
            state = _state(self._path)
            # Rights can be fixed without a change of the state.
            if state == self._state and self._trouble is None:
                return self._key
            key = _read(self._path)
        except UnusableKeyError as error:
            self._keep_on(error.reason)
            return self._key
        news = key != self._key or self._trouble is not None
        self._state, self._key, self._trouble = state, key, None
        if news:
            self._emit(KeyReloaded())
        return self._key

    def _keep_on(self, reason: str) -> None:
        if reason != self._trouble:
            self._trouble = reason
            self._emit(KeyUnreadable(reason))


def _state(path: Path) -> tuple[int, int, int]:
    """What identifies a version of the file, behind the links that Kubernetes swaps."""
    try:
        found = path.stat()
    except OSError as error:
        raise _not_readable(path, error) from None
    # A pipe in its place would block every order until it has a writer.
    if not stat.S_ISREG(found.st_mode):
        raise UnusableKeyError(f"{path} is no regular file")
    return found.st_mtime_ns, found.st_ino, found.st_size


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise _not_readable(path, error) from None
    if len(content) > MAX_KEY_BYTES:
        raise UnusableKeyError(f"{path} has more than {MAX_KEY_BYTES} bytes")
    # Not the strict decoder: its exception carries the content.
    return _usable(str(path), content.decode("utf-8", "surrogateescape"))


def _usable(where: str, text: str) -> str:
    key = text.strip()
    if not key:
        raise UnusableKeyError(f"{where} is empty")
    if any("\ud800" <= character <= "\udfff" for character in key):
        raise UnusableKeyError(f"{where} is not UTF-8")
    if not key.isprintable():
        raise UnusableKeyError(f"{where} has a control character or an invisible one")
    return key


def _not_readable(path: Path, error: OSError) -> UnusableKeyError:
    if isinstance(error, FileNotFoundError):
        return UnusableKeyError(f"{path} is missing")
    return UnusableKeyError(f"{path} cannot be read: {(error.strerror or 'error').lower()}")
