"""Every setting: its default, where it is read from, and what is said about a wrong one."""

import os
from pathlib import Path

import pytest

from service.app.loading import load, load_seen, load_shown
from service.app.sources import KNOWN, BadSettingsError
from tests.app.wrong_settings import WRONG

KEY = "ORDER_RELAY_API__KEY"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, no secrets directory, and only the key set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path / "secrets"))
    monkeypatch.setenv(KEY, "some-secret-key")


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """The secrets directory, which is there now."""
    directory = tmp_path / "secrets"
    directory.mkdir()
    return directory


def problems() -> list[str]:
    """What is wrong with the settings as they are."""
    with pytest.raises(BadSettingsError) as caught:
        load()
    return caught.value.problems


def test_every_known_variable_is_on_the_page_of_settings() -> None:
    """A setting that nobody can find is not there."""
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in KNOWN if f"`{name}`" not in page] == []


@pytest.mark.parametrize(("name", "value", "words"), WRONG)
def test_a_wrong_value_is_named_with_what_would_be_right(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """One problem, with the variable and the rule; never a password."""
    monkeypatch.setenv(f"ORDER_RELAY_{name}", value)
    (problem,) = problems()
    assert problem.startswith(f"ORDER_RELAY_{name}")
    assert words in problem
    assert "hidden" not in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ORDER_RELAY_AMPQ__URL", "did you mean ORDER_RELAY_AMQP__URL?"),
        ("ORDER_RELAY_AMQP_URL", "did you mean ORDER_RELAY_AMQP__URL?"),
        ("ORDER_RELAY_API__KEYS", "did you mean ORDER_RELAY_API__KEY?"),
        ("ORDER_RELAY_API__KEY__X", "did you mean ORDER_RELAY_API__KEY?"),
        ("order_relay_log__levle", "did you mean ORDER_RELAY_LOG__LEVEL?"),
        ("ORDER_RELAY_AMQP", "there is no such setting"),
        ("ORDER_RELAY_ADMIN_PORT", "did you mean ORDER_RELAY_ADMIN__PORT?"),
        ("ORDER_RELAY_PORT_8080_TCP_URL", "there is no such setting"),
        ("ORDER_RELAY_SERVICE", "there is no such setting"),
        ("ORDER_RELAY_XYZZY_PLUGH_Q", "order-relay config lists them all"),
    ],
)
def test_a_misspelt_name_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str, hint: str) -> None:
    """With the name that may have been meant; its value is not taken for anything."""
    monkeypatch.setenv(name, "{")
    (problem,) = problems()
    assert problem.startswith(name.upper())
    assert hint in problem


@pytest.mark.parametrize("service", ["", "_METRICS", "_SHOP_2", "__X", "_PORT", "_AMQP"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE_HOST", "10.0.0.1"),
        ("SERVICE_PORT", "8080"),
        ("SERVICE_PORT_HTTP_ADMIN", "8080"),
        ("PORT", "tcp://10.0.0.1:8080"),
        ("PORT", "sctp://[fd00::1]:8080"),
        ("PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("PORT_53_UDP_PORT", "53"),
        ("PORT_99_SCTP_PROTO", "sctp"),
    ],
)
def test_what_kubernetes_adds_is_ignored(
    monkeypatch: pytest.MonkeyPatch, service: str, name: str, value: str
) -> None:
    """A Service whose name begins with the relay's must not stop the process."""
    monkeypatch.setenv(f"ORDER_RELAY{service}_{name}", value)
    assert load().settings.api.concurrency == 64


def test_a_missing_key_is_said_with_both_ways_to_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable counts as none."""
    monkeypatch.setenv(KEY, "")
    (problem,) = problems()
    assert problem.startswith(f"{KEY}: is required")
    assert "api__key" in problem


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


def test_all_settings_can_be_shown_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is one it must be right, or `run` would refuse what was shown."""
    monkeypatch.delenv(KEY)
    assert load_shown()[0].api.key is None
    for wrong in ("has\x07bell", "x" * 4097):
        monkeypatch.setenv(KEY, wrong)
        with pytest.raises(BadSettingsError, match="API__KEY"):
            load_shown()


def test_a_secret_in_the_wrong_place_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where it is no value of the setting, as it is or in another spelling, and where it is one."""
    canaries = ("some-secret-key", "some%2dsecret%2Dkey", "c29tZS1zZWNyZXQta2V5")
    for canary in canaries:
        monkeypatch.setenv("ORDER_RELAY_LOG__LEVEL", canary)
        monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", f"/{canary}")
        assert canary not in str(problems())
    monkeypatch.delenv("ORDER_RELAY_LOG__LEVEL")
    (tmp_path / "some-secret-key").touch()
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path / "some-secret-key"))
    assert problems() == [f"{tmp_path}/*** cannot be read: Not a directory"]


@pytest.mark.parametrize("setting", ["AMQP__CA_FILE", "API__URL"])
def test_no_part_of_the_apis_query_is_shown(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    """It may be a token; neither where the URL is wrong, nor where another setting has it, too."""
    monkeypatch.setenv("ORDER_RELAY_API__URL", "http://example.com/x?token=canary%2Dtoken")
    monkeypatch.setenv(f"ORDER_RELAY_{setting}", "http://example.com/x?token=canary%2Dtoken")
    assert "canary" not in str(problems())
    monkeypatch.setenv("ORDER_RELAY_API__URL", "https://example.com/x?token=canary%2Dtoken")
    monkeypatch.delenv("ORDER_RELAY_AMQP__CA_FILE", raising=False)
    assert load().secrets() == ["some-secret-key", "canary%2Dtoken", "canary-token"]


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


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("http://localhost:1/x", "false"),
        ("http://127.8.0.1/x", "false"),
        ("http://[::1]:80/x", "false"),
        ("http://stand-in/x", "true"),
    ],
)
def test_plain_http_is_for_loopback_or_by_will(
    monkeypatch: pytest.MonkeyPatch, url: str, allow: str
) -> None:
    """Where the key is not shown to a network, or somebody said so."""
    monkeypatch.setenv("ORDER_RELAY_API__URL", url)
    monkeypatch.setenv("ORDER_RELAY_API__ALLOW_HTTP", allow)
    assert load().settings.api.url == url


@pytest.mark.parametrize(
    ("urls", "plain"),
    [
        ("amqp://u:p@localhost/,amqp://127.0.0.9/,amqp://[::1]/", []),
        ("amqps://broker/", []),
        ("amqps://a/,AMQP://u:p@B.example:5673/v,amqp://c/", ["b.example:5673", "c:5672"]),
    ],
)
def test_brokers_without_tls_are_known(
    monkeypatch: pytest.MonkeyPatch, urls: str, plain: list[str]
) -> None:
    """Those on another machine: the start warns of them."""
    monkeypatch.setenv("ORDER_RELAY_AMQP__URL", urls)
    assert load().settings.amqp.plain_brokers == plain


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://collector/otlp/v1/traces", "https://collector/otlp/v1/traces"),
        ("", None),
    ],
)
def test_an_endpoint_for_traces_has_a_path(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, url: str | None
) -> None:
    """OTLP's own where it has none; another is taken as it is."""
    monkeypatch.setenv("ORDER_RELAY_TRACES__ENDPOINT", endpoint)
    assert load().settings.traces.url == url


@pytest.mark.parametrize(
    ("concurrency", "rate", "prefetch", "derived"),
    [
        ("64", "", "", 128),
        ("1", "", "", 2),
        ("64", "1", "", 60),
        ("64", "0.01", "", 2),
        ("64", "1000", "", 128),
        ("64", "1", "7", 7),
    ],
)
def test_the_prefetch_is_derived(
    monkeypatch: pytest.MonkeyPatch, concurrency: str, rate: str, prefetch: str, derived: int
) -> None:
    """From the concurrency, and at most a minute of the rate; what is set is taken."""
    monkeypatch.setenv("ORDER_RELAY_API__CONCURRENCY", concurrency)
    monkeypatch.setenv("ORDER_RELAY_API__RATE_PER_SECOND", rate)
    monkeypatch.setenv("ORDER_RELAY_AMQP__PREFETCH", prefetch)
    assert load().settings.prefetch == derived


def test_certificates_that_can_be_read_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths stay paths."""
    monkeypatch.setenv("ORDER_RELAY_AMQP__CA_FILE", __file__)
    assert load().settings.amqp.ca_file == Path(__file__)


def test_known_secrets_are_listed_for_the_last_line_of_defence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The key, the passwords as they are written and as they are meant; not `guest`."""
    urls = "amqp://u:p%40ssword@h/,amqp://guest:guest@h/"
    monkeypatch.setenv("ORDER_RELAY_AMQP__URL", urls)
    assert load().secrets() == ["some-secret-key", "p%40ssword", "p@ssword"]


def test_settings_do_not_show_secrets_in_their_repr() -> None:
    """Not even in a debugger's line."""
    shown = repr(load())
    assert "Settings(amqp=" in shown
    assert "some-secret-key" not in shown
    assert "guest:guest" not in shown
