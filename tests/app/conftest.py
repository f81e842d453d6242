"""What tests of settings start from."""

from pathlib import Path

import pytest


@pytest.fixture
def only_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, no secrets directory, and only the key set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv("ORDER_RELAY_API__KEY", "some-secret-key")


@pytest.fixture
def secrets(only_the_key: None, tmp_path: Path) -> Path:
    """The secrets directory, which is there now."""
    del only_the_key
    directory = tmp_path / "secrets"
    directory.mkdir()
    return directory
