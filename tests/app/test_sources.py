"""Where settings are read from: which source wins, and files that are no secrets."""

import os
from pathlib import Path

import pytest

from service.app.loading import load, load_seen
from tests.app.wrong_settings import KEY, problems

pytestmark = pytest.mark.usefixtures("only_the_key")


def test_each_source_wins_over_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, secrets: Path
) -> None:
    """The environment, `.env`, files; of a file the path is known, so that it is read again."""
    (secrets / "ca.crt").write_text("PEM")
    for name in ("API__KEY", "api__key"):
        (secrets / name).write_text(f"{name}-in-a-file\n")
    dotenv = tmp_path / ".env"
    dotenv.write_text("ORDER_RELAY_API__KEY=from-dotenv\n")

    def key() -> tuple[str, str, Path | None]:
        loaded = load()
        value = loaded.settings.api.key.get_secret_value()
        return value, loaded.found[KEY].where, loaded.key_file

    assert key() == ("some-secret-key", "environment", None)
    monkeypatch.delenv(KEY)
    assert key() == ("from-dotenv", ".env", None)
    dotenv.unlink()
    assert key() == ("api__key-in-a-file", f"file in {secrets}", secrets / "api__key")


def test_a_value_in_dotenv_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Expanded, it could bring any secret of the environment into a setting that is shown."""
    monkeypatch.setenv("OTHER", "canary")
    (tmp_path / ".env").write_text("export ORDER_RELAY_ADMIN__HOST='${OTHER}$OTHER${X:-y}'\n")
    assert load().settings.admin.host == "${OTHER}$OTHER${X:-y}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_dotenv_of_another_user_is_refused(tmp_path: Path) -> None:
    """Whoever may write where the relay is started could set its API's address."""
    (tmp_path / ".env").write_text("ORDER_RELAY_LOG__LEVEL=debug\n")
    os.chown(tmp_path / ".env", 12345, -1)
    (problem,) = problems()
    assert problem.startswith(f"{tmp_path / '.env'} belongs to another user (uid 12345)")


def test_every_file_has_a_bound_in_size_and_in_time(tmp_path: Path, secrets: Path) -> None:
    """A pipe would hold the process up, and a large file fill its memory."""
    os.mkfifo(secrets / "api__key")
    assert problems() == [f"{secrets / 'api__key'} is no regular file"]
    (secrets / "api__key").unlink()
    (secrets / "amqp__url").write_bytes(b"x" * 65_537)
    assert problems() == [f"{secrets / 'amqp__url'} has more than 65536 bytes"]
    os.mkfifo(tmp_path / ".env")
    assert problems() == [f"{tmp_path / '.env'} is no regular file"]


def test_a_certificate_must_be_a_regular_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A pipe has no end."""
    os.mkfifo(tmp_path / "ca.pem")
    monkeypatch.setenv("ORDER_RELAY_AMQP__CA_FILE", str(tmp_path / "ca.pem"))
    (problem,) = problems()
    assert problem.endswith("cannot be read: it is no regular file")


def test_a_directory_of_too_many_files_is_not_the_secrets(secrets: Path) -> None:
    """They would all be looked at."""
    for number in range(1001):
        (secrets / str(number)).touch()
    assert problems() == [f"{secrets} has more than 1000 files; see ORDER_RELAY_SECRETS_DIR"]


def test_a_link_to_nowhere_is_no_secret(secrets: Path) -> None:
    """Kubernetes swaps links while the directory is read."""
    (secrets / "api__key").symlink_to(secrets / "nowhere")
    assert load().settings.api.key.get_secret_value() == "some-secret-key"


def test_a_misspelt_name_is_named_with_its_place(tmp_path: Path, secrets: Path) -> None:
    """All of them at once; names of other programs in the same file are left alone."""
    (tmp_path / ".env").write_text("ORDER_RELAY_API__KYE=x\nDATABASE_URL=y\n")
    (secrets / "api__kee").write_text("x")
    (secrets / "api__concurrency").write_text("hidden")
    first, second, third = problems()
    assert first.startswith("ORDER_RELAY_API__KYE (.env): there is no such setting")
    assert second.startswith(f"ORDER_RELAY_API__KEE (file in {secrets}): there is no such setting")
    assert third == (
        f"ORDER_RELAY_API__CONCURRENCY (file in {secrets}): the value is not shown, "
        "it may be secret; should be a valid integer, unable to parse string as an integer"
    )


def test_other_files_beside_the_secrets_are_not_read(secrets: Path) -> None:
    """Key stores, folders, and the links that Kubernetes makes."""
    (secrets / "store.p12").write_bytes(b"\x80\x81\xff")
    (secrets / "..data").mkdir()
    (secrets / "..data" / "api__key").write_bytes(b"\xff")
    assert load().settings.api.key.get_secret_value() == "some-secret-key"


def test_the_key_is_not_read_for_who_needs_none(secrets: Path) -> None:
    """Its file may be for the relay's eyes only."""
    (secrets / "api__key").write_bytes(b"\xff")
    (secrets / "admin__port").write_text("81")
    assert load_seen().admin.port == 81


def test_a_secret_that_is_no_text_is_named_and_not_shown(secrets: Path) -> None:
    """By its path."""
    (secrets / "api__key").write_bytes(b"hidden\xff")
    assert problems() == [f"{secrets / 'api__key'} is not UTF-8 text"]


def test_an_unreadable_dotenv_is_an_error(tmp_path: Path) -> None:
    """Said as it is; of a line that is none its number, the first being 1."""
    (tmp_path / ".env").write_bytes(b"ORDER_RELAY_API__KEY=\xff\xfe\n")
    assert problems() == [f"{tmp_path / '.env'} is not UTF-8 text"]
    (tmp_path / ".env").write_text("\n\nORDER_RELAY_LOG__LEVEL\nOTHER\n\n hid den\n")
    words = "cannot be read; must be NAME=value"
    assert problems() == [f"{tmp_path / '.env'} line {line} {words}" for line in (3, 6)]


def test_a_secrets_directory_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    """Said as it is."""
    path = tmp_path / "secrets"
    path.write_text("x")
    assert problems() == [f"{path} cannot be read: Not a directory"]
