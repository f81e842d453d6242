"""Every setting: its default, where it is read from, and what is said about a wrong one."""

from pathlib import Path

import pytest

from service.app.loading import load, load_shown
from service.app.sources import KNOWN, BadSettingsError
from tests.app.wrong_settings import KEY, WRONG, problems

pytestmark = pytest.mark.usefixtures("only_the_key")


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
