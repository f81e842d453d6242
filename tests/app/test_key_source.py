"""The key that is read again as the process runs, and what must be masked from then on."""

from pathlib import Path

import pytest

from service.app.loading import load
from service.app.wiring import key_source
from service.flow.events import Event
from service.flow.events.process import KeyReloaded


def test_a_key_that_is_read_later_is_one_of_the_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Before anybody hears of it: the very next log line may have it."""
    file = tmp_path / "api__key"
    file.write_text("the-old-key-1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ORDER_RELAY_API__KEY", raising=False)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    loaded = load()
    secrets = loaded.secrets()
    known: list[tuple[Event, bool]] = []
    source = key_source(
        loaded, lambda event: known.append((event, "the-new-key-2" in secrets)), secrets
    )
    assert source.current() == "the-old-key-1"
    renewed = tmp_path / "renewed"
    renewed.write_text("the-new-key-2")
    renewed.replace(file)
    assert source.current() == "the-new-key-2"
    assert known == [(KeyReloaded(), True)]
    assert secrets.count("the-new-key-2") == 1
