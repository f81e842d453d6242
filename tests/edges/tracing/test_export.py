"""How spans leave: what is said when they do not, and what the SDK's variables change."""

import logging
import queue
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import trustme
from opentelemetry.sdk.resources import SERVICE_NAME

from service.core.outcome import Answered
from service.edges.tracing.export import QUIET, Export
from service.edges.tracing.traces import Traces
from service.flow.events import Event
from service.flow.events.process import TracesExported, TracesLost, Unexpected
from tests.edges.telemetry.conftest import OpenLog, open_log
from tests.edges.tracing.receiver import Receiver
from tests.flow.fakes import FakeApi
from tests.world.broker.ports import free_ports

__all__ = ["open_log"]

SECONDS = 60.0


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Batches leave at once, and one that fails is not tried for long; then loggers as before."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5")
    yield
    for library in QUIET:
        logging.getLogger(library).setLevel(logging.NOTSET)


def one_span(export: Export) -> None:
    """Ends a span."""
    export.provider.get_tracer("test").start_span("a span").end()


def test_the_first_lost_batch_is_told_and_the_first_good_one_after_it() -> None:
    """With what the collector answered, and how many spans that cost."""
    told: queue.Queue[Event] = queue.Queue()
    with Receiver(status=401) as collector:
        export = Export(f"{collector.url}/v1/traces", 1.0, told.put)
        one_span(export)
        assert told.get(timeout=SECONDS) == TracesLost("the collector answered 401")
        one_span(export)
        collector.until(lambda spans: len(spans) == 2)
        export.provider.force_flush()
        collector.status = 200
        one_span(export)
        assert told.get(timeout=SECONDS) == TracesExported(2)
        export.close(SECONDS)
    assert told.empty()


def test_a_collectors_token_is_in_no_line(
    monkeypatch: pytest.MonkeyPatch, open_log: OpenLog
) -> None:
    """Not even a wrong one, which the libraries repeat in their complaints."""
    book = open_log()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hidden%0Aline,%20hidden")
    told: queue.Queue[Event] = queue.Queue()
    export = Export(f"http://127.0.0.1:{free_ports(1)[0]}/v1/traces", 1.0, told.put)
    one_span(export)
    assert told.get(timeout=SECONDS) == TracesLost("InvalidHeader")
    export.close(SECONDS)
    assert book.text == ""


def test_a_collectors_answer_is_not_read() -> None:
    """One without an end would fill the memory."""
    told: queue.Queue[Event] = queue.Queue()
    with Receiver(status=400, endless=True) as collector:
        export = Export(f"{collector.url}/v1/traces", 1.0, told.put)
        one_span(export)
        assert told.get(timeout=SECONDS) == TracesLost("the collector answered 400")
        collector.endless = False
        export.close(SECONDS)


@pytest.mark.parametrize("way", ["direct", "proxied"])
def test_no_session_keys_are_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    """The collector is trusted by the SDK's own variable; a token could be in its headers."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(tmp_path / "ca.pem"))
    # requests prefers them.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with Receiver(tls=context) as collector:
        if way == "proxied":
            monkeypatch.setenv("HTTPS_PROXY", collector.url)
        told: queue.Queue[Event] = queue.Queue()
        export = Export(f"{collector.url}/v1/traces", 1.0, told.put)
        one_span(export)
        if way == "proxied":
            told.get(timeout=SECONDS)
        else:
            collector.until(lambda spans: len(spans) == 1)
        export.close(SECONDS)
    assert not (tmp_path / "keys").exists()


def test_the_sdks_variables_change_the_services_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And more attributes, where they are given."""

    def named() -> tuple[object, object]:
        export = Export("http://127.0.0.1:9/v1/traces", 1.0, lambda _: None)
        attributes = export.provider.resource.attributes
        export.close(SECONDS)
        return attributes[SERVICE_NAME], attributes.get("deployment.environment.name")

    assert named() == ("order-relay", None)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-relay")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    assert named() == ("shop-relay", "test")


async def test_a_defect_is_told_once_for_each_kind() -> None:
    """One that met every order would flood the log with itself."""
    told: list[Event] = []
    errors = iter([ValueError("a"), ValueError("b"), TypeError("c")])

    def now() -> NoReturn:
        raise next(errors)

    with Receiver() as collector:
        traces = Traces(f"{collector.url}/v1/traces", 1.0, told.append)
        api = traces.around_api(FakeApi([]), "http://api.example.com/", now)
        for _ in range(3):
            assert isinstance(await api.submit(b"request_id=o-1"), Answered)
        # A thread that still tries would draw from `random` while the next test's data is drawn.
        traces.close(SECONDS)
    assert told == [Unexpected("tracing", "ValueError: a"), Unexpected("tracing", "TypeError: c")]


def test_a_disabled_sdk_changes_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    """`OTEL_SDK_DISABLED` is the SDK's own way to turn it off."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    traces = Traces("http://127.0.0.1:9/v1/traces", 1.0, lambda _: None)
    assert traces.headers() == {}
    traces.close(SECONDS)
