"""Every setting: its default, where it is read from, and what is said about a wrong one."""

from pathlib import Path

import pytest

from service.app.loading import BadSettingsError, known_variables, load
from service.app.settings import Settings
from service.app.shown import mask
from tests.app.wrong_settings import WRONG

KEY = "ORDER_RELAY_API__KEY"

DEFAULTS = {
    "ORDER_RELAY_AMQP__URL": "amqp://guest:***@localhost:5672/",
    "ORDER_RELAY_AMQP__NAMESPACE": "orders",
    "ORDER_RELAY_AMQP__TOPOLOGY": "declare",
    "ORDER_RELAY_AMQP__PREFETCH": "-",
    "ORDER_RELAY_AMQP__CA_FILE": "-",
    "ORDER_RELAY_AMQP__CERT_FILE": "-",
    "ORDER_RELAY_AMQP__KEY_FILE": "-",
    "ORDER_RELAY_API__URL": "https://notpanel.com/api/v2",
    "ORDER_RELAY_API__ALLOW_HTTP": "false",
    "ORDER_RELAY_API__KEY": "***",
    "ORDER_RELAY_API__TIMEOUT_SECONDS": "10",
    "ORDER_RELAY_API__CONCURRENCY": "64",
    "ORDER_RELAY_API__RATE_PER_SECOND": "-",
    "ORDER_RELAY_API__IDEMPOTENCY_WINDOW_SECONDS": "86400",
    "ORDER_RELAY_API__CA_FILE": "-",
    "ORDER_RELAY_RETRY__DELAYS_SECONDS": "1,5,30,120,600,3600",
    "ORDER_RELAY_RETRY__MAX_ATTEMPTS": "12",
    "ORDER_RELAY_RETRY__MAX_AGE_SECONDS": "86400",
    "ORDER_RELAY_ADMIN__HOST": "0.0.0.0",
    "ORDER_RELAY_ADMIN__PORT": "8080",
    "ORDER_RELAY_LOG__LEVEL": "info",
    "ORDER_RELAY_LOG__FORMAT": "auto",
    "ORDER_RELAY_TRACES__ENDPOINT": "-",
    "ORDER_RELAY_TRACES__SAMPLE_RATIO": "1",
    "ORDER_RELAY_DRAIN_SECONDS": "25",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder, no secrets directory, and only the key set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path / "none"))
    monkeypatch.setenv(KEY, "some-secret-key")


def problems() -> list[str]:
    """What is wrong with the settings as they are."""
    with pytest.raises(BadSettingsError) as caught:
        load()
    return caught.value.problems


def test_every_setting_has_the_default_of_the_contract() -> None:
    """Nothing but the key must be set."""
    assert {row.variable: row.value for row in load().listing()} == DEFAULTS


def test_every_known_variable_is_in_the_readme() -> None:
    """A setting that nobody can find is not there."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert [name for name in known_variables() if f"`{name}`" not in readme] == []


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
        ("order_relay_log__levle", "did you mean ORDER_RELAY_LOG__LEVEL?"),
        ("ORDER_RELAY_AMQP", "there is no such setting"),
        ("ORDER_RELAY_XYZZY_PLUGH_Q", "the README lists them all"),
    ],
)
def test_a_misspelt_name_is_an_error(monkeypatch: pytest.MonkeyPatch, name: str, hint: str) -> None:
    """With the name that may have been meant."""
    monkeypatch.setenv(name, "1")
    problem = problems()[0]
    assert problem.startswith(name.upper())
    assert hint in problem


@pytest.mark.parametrize(
    "name",
    [
        "ORDER_RELAY_SERVICE_HOST",
        "ORDER_RELAY_SERVICE_PORT_ADMIN",
        "ORDER_RELAY_PORT",
        "ORDER_RELAY_PORT_8080_TCP_ADDR",
    ],
)
def test_what_kubernetes_adds_is_ignored(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A Service of this name must not stop the process."""
    monkeypatch.setenv(name, "tcp://10.0.0.1:8080")
    assert load().settings.api.concurrency == 64


def test_a_missing_key_is_said_with_both_ways_to_give_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable counts as none."""
    monkeypatch.setenv(KEY, "")
    (problem,) = problems()
    assert problem.startswith(f"{KEY}: is required")
    assert "api__key" in problem


def test_a_key_from_a_file_is_read_and_its_path_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So that it can be read again; the other files there do not count."""
    monkeypatch.delenv(KEY)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    (tmp_path / "api__key").write_text("key-in-a-file\n")
    (tmp_path / "ca.crt").write_text("PEM")
    loaded = load()
    assert loaded.settings.api.key.get_secret_value() == "key-in-a-file"
    assert loaded.key_file == tmp_path / "api__key"
    assert loaded.origins[KEY] == f"file in {tmp_path}"


def test_the_environment_wins_over_dotenv_and_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And then the key is not read again from the file."""
    (tmp_path / ".env").write_text("ORDER_RELAY_API__KEY=from-dotenv\n")
    (tmp_path / "api__key").write_text("from-a-file")
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    loaded = load()
    assert loaded.settings.api.key.get_secret_value() == "some-secret-key"
    assert loaded.key_file is None
    monkeypatch.delenv(KEY)
    assert load().settings.api.key.get_secret_value() == "from-dotenv"
    assert load().origins[KEY] == ".env"


def test_a_misspelt_name_in_dotenv_is_named_with_its_place(tmp_path: Path) -> None:
    """Names of other programs in the same file are left alone."""
    (tmp_path / ".env").write_text("ORDER_RELAY_API__KYE=x\nDATABASE_URL=y\n")
    (problem,) = problems()
    assert problem.startswith("ORDER_RELAY_API__KYE (.env): there is no such setting")


def test_an_unknown_setting_as_a_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file that looks like a setting and is none."""
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    (tmp_path / "api__kee").write_text("x")
    (problem,) = problems()
    assert problem.startswith(f"ORDER_RELAY_API__KEE (file in {tmp_path}): there is no such")


def test_other_files_beside_the_secrets_are_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Key stores, folders, and the links that Kubernetes makes."""
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    (tmp_path / "store.p12").write_bytes(b"\x80\x81\xff")
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "api__key").write_bytes(b"\xff")
    assert load().settings.api.key.get_secret_value() == "some-secret-key"


def test_a_secret_that_is_no_text_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By its path."""
    monkeypatch.delenv(KEY)
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(tmp_path))
    (tmp_path / "api__key").write_bytes(b"hidden\xff")
    assert problems() == [f"{tmp_path / 'api__key'} is not UTF-8 text"]


def test_an_unreadable_dotenv_is_an_error(tmp_path: Path) -> None:
    """Said as it is."""
    (tmp_path / ".env").write_bytes(b"ORDER_RELAY_API__KEY=\xff\xfe\n")
    (problem,) = problems()
    assert problem.startswith(f"{tmp_path / '.env'} cannot be read")


def test_a_secrets_directory_that_is_a_file_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Said as it is."""
    path = tmp_path / "file"
    path.write_text("x")
    monkeypatch.setenv("ORDER_RELAY_SECRETS_DIR", str(path))
    (problem,) = problems()
    assert problem == f"{path} cannot be read: Not a directory"


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


def test_certificates_that_can_be_read_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Paths stay paths."""
    path = tmp_path / "ca.pem"
    path.write_text("PEM")
    monkeypatch.setenv("ORDER_RELAY_AMQP__CA_FILE", str(path))
    assert load().settings.amqp.ca_file == path


@pytest.mark.parametrize(
    ("secret", "shown"),
    [
        ("a-key", "***"),
        ("amqp://h", "amqp://h"),
        ("amqp://u:p@h:1/v?x=1", "amqp://u:***@h:1/v"),
        ("amqp://u:p@ss@h/", "amqp://u:***@h/"),
        ("amqps://u@h, amqp://a:b@c/", "amqps://u:***@h,amqp://a:***@c/"),
    ],
)
def test_secrets_are_masked(secret: str, shown: str) -> None:
    """Of a broker's URL, host, user and vhost stay readable."""
    assert mask(secret) == shown


def test_known_secrets_are_listed_for_the_last_line_of_defence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The key, the passwords as they are written and as they are meant; not `guest`."""
    urls = "amqp://u:p%40ssword@h/,amqp://guest:guest@h/"
    monkeypatch.setenv("ORDER_RELAY_AMQP__URL", urls)
    assert load().secrets() == ["some-secret-key", "p%40ssword", "p@ssword"]


def test_settings_do_not_show_secrets_in_their_repr() -> None:
    """Not even in a debugger's line."""
    settings = load().settings
    assert isinstance(settings, Settings)
    assert "some-secret-key" not in repr(settings)
    assert "guest:guest" not in repr(settings)
