"""Settings from files, one for each, as Kubernetes mounts a Secret.

pydantic-settings' own source reads every file below the directory as text; here certificates may
lie beside the settings, so only files with a setting's name are read.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic_settings import BaseSettings, EnvSettingsSource

DELIMITER = "__"


class UnreadableSecretError(Exception):
    """A secret file cannot be read."""


class SecretFiles(EnvSettingsSource):
    """The settings in the files of `directory`, named like `api__key`; a missing one has none."""

    def __init__(self, settings: type[BaseSettings], directory: Path) -> None:
        self._directory = directory
        super().__init__(settings, env_prefix="", env_nested_delimiter=DELIMITER)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        known = {DELIMITER.join(path) for path in setting_paths(self.settings_cls)}
        return {
            file.name.lower(): _read(file)
            for file in secret_files(self._directory)
            if file.name.lower() in known
        }


def secret_files(directory: Path) -> list[Path]:
    """The regular files in `directory`, links followed; UnreadableSecretError where it is none."""
    try:
        return sorted(file for file in directory.iterdir() if file.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UnreadableSecretError(f"{directory} cannot be read: {error.strerror}") from None


def setting_paths(model: type[BaseModel]) -> list[tuple[str, ...]]:
    """The names that lead to each setting of `model`, group first."""
    paths: list[tuple[str, ...]] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            paths += [(name, *rest) for rest in setting_paths(kind)]
        else:
            paths.append((name,))
    return paths


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UnreadableSecretError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        # Not the error's own text: it quotes the secret.
        raise UnreadableSecretError(f"{file} is not UTF-8 text") from None
