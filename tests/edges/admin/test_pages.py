"""The admin pages, without a socket, and the time limit of a request, with one."""

import io
import json
import re
import socket
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from service import __version__
from service.core.message import PublicationKind
from service.edges.admin.deadline import DeadlineReader
from service.edges.admin.health import Health
from service.edges.admin.pages import Page, Pages
from service.edges.telemetry.metrics import Metrics
from service.flow.events.labels import ConnectionName, HoldReason
from service.flow.events.order import AttemptEnded, Published
from service.flow.events.process import (
    BrokerConnected,
    ConsumingStarted,
    HoldChanged,
    LoopLagged,
    Started,
)

OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4"


@pytest.fixture
def health() -> Health:
    """The health of a process that has just begun, and whose time stands still."""
    return Health(lambda: 0.0)


@pytest.fixture
def pages(health: Health) -> Pages:
    """The pages of a process that has just begun."""
    metrics = Metrics((1, 5))
    metrics.record(Started("1.2.3", "3.13.1"))
    return Pages(metrics.registry, health)


def body(page: Page) -> object:
    """The JSON of a page of health."""
    assert page.content_type == "application/json"
    return json.loads(page.body)


def test_metrics_are_in_the_text_format(pages: Pages) -> None:
    """Who names no format gets the one that every scraper reads."""
    page = pages.answer("/metrics", "")
    assert (page.status, page.content_type) == (
        HTTPStatus.OK,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    names = {each.name for each in text_string_to_metric_families(page.body.decode())}
    assert {"order_relay_deliveries", "order_relay_build_info", "process_cpu_seconds"} <= names


def test_metrics_are_openmetrics_for_who_asks(pages: Pages) -> None:
    """A scraper that can read OpenMetrics gets it, and all of it can be read."""
    page = pages.answer("/metrics", OPENMETRICS)
    assert page.content_type.startswith("application/openmetrics-text; version=1.0.0")
    families = list(openmetrics.text_string_to_metric_families(page.body.decode()))
    assert "order_relay_build" in {each.name for each in families}


def test_exemplars_are_in_openmetrics_alone(health: Health) -> None:
    """On the histograms of an order's way, for what is observed in a trace."""
    labels = {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": "b7ad6b7169203331"}
    current = iter([labels, labels, None])
    metrics = Metrics((1, 5), lambda: next(current))
    metrics.record(AttemptEnded("o-7", 1, "accepted", 200, None, 0.02))
    metrics.record(Published("o-7", PublicationKind.REPLY, 0.002))
    metrics.record(Published("o-8", PublicationKind.PARKED, 0.002))
    metrics.record(LoopLagged(0.5))
    pages = Pages(metrics.registry, health)
    found = [
        (sample.name, sample.exemplar.value)
        for family in openmetrics.text_string_to_metric_families(
            pages.answer("/metrics", OPENMETRICS).body.decode()
        )
        for sample in family.samples
        if sample.exemplar and sample.exemplar.labels == labels
    ]
    assert found == [
        ("order_relay_publish_duration_seconds_bucket", 0.002),
        ("order_relay_api_request_duration_seconds_bucket", 0.02),
    ]
    assert "0af7" not in pages.answer("/metrics", "").body.decode()


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=x",
        "text/plain;version=one.two",
        "application/openmetrics-text;version=1.0.0;escaping=none-such",
        ";;;,,,===",
        "application/openmetrics-text; version=2\r\n .0",
    ],
)
def test_a_strange_accept_header_still_gets_metrics(pages: Pages, accept: str) -> None:
    """No header fails the scrape, and none puts a line end into ours."""
    page = pages.answer("/metrics", accept)
    assert page.status is HTTPStatus.OK
    assert page.content_type.isprintable()
    assert b"order_relay_deliveries_total" in page.body


def test_health_is_json(pages: Pages, health: Health) -> None:
    """200 and `ok`, or 503 and the reasons."""
    assert body(pages.answer("/livez", "")) == {"status": "ok", "reasons": []}
    before = pages.answer("/readyz", "")
    assert before.status is HTTPStatus.SERVICE_UNAVAILABLE
    assert body(before) == {
        "status": "fail",
        "reasons": [
            "broker connection consume: not made yet",
            "broker connection publish: not made yet",
        ],
    }
    for name in ConnectionName:
        health.record(BrokerConnected(name, "broker"))
    health.record(ConsumingStarted("orders.requests", 1))
    assert pages.answer("/readyz", "").status is HTTPStatus.OK


@pytest.mark.parametrize(
    "target", ["/orders", "/metricsx", "/livez/", "//metrics", "", "/\x00", "/index.html"]
)
def test_an_unknown_path_names_the_known_ones(pages: Pages, target: str) -> None:
    """404 says what there is."""
    page = pages.answer(target, "")
    assert page.status is HTTPStatus.NOT_FOUND
    names = b"/, /metrics, /livez, /readyz and /orders/MESSAGE_ID"
    assert page.body == b"not found; there are %s\n" % names


def test_the_front_page_says_the_state_in_words(pages: Pages, health: Health) -> None:
    """Whether it takes orders and why not, the version, where to go; no script, no form."""
    before = pages.answer("/", "")
    assert (before.status, before.content_type) == (HTTPStatus.OK, "text/html; charset=utf-8")
    text = before.body.decode()
    assert "takes no orders" in text
    assert "<li>broker connection consume: not made yet</li>" in text
    assert f"order-relay {__version__}" in text
    assert all(f'href="{path}"' in text for path in ("/metrics", "/livez", "/readyz"))
    assert not re.search("<(script|form|button|input|img|link)|onclick", text)
    for name in ConnectionName:
        health.record(BrokerConnected(name, "broker"))
    health.record(ConsumingStarted("orders.requests", 1))
    health.record(HoldChanged(HoldReason.CIRCUIT, held=True, why="<b>away</b>"))
    held = pages.answer("/", "").body.decode()
    assert "This process takes orders." in held
    assert "held: circuit: &lt;b&gt;away&lt;/b&gt;" in held


def test_a_query_does_not_hide_the_page(pages: Pages) -> None:
    """`?verbose` and the like are ignored."""
    assert pages.answer("/livez?verbose=1", "").status is HTTPStatus.OK


Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Two sockets that are connected."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_what_arrives_in_time_is_read(ends: Ends) -> None:
    """Lines come through a buffered reader, and the end is the end."""
    ours, theirs = ends
    theirs.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
    theirs.shutdown(socket.SHUT_WR)
    reader = io.BufferedReader(DeadlineReader(ours, 5.0, lambda: 0.0))
    assert reader.read() == b"GET /livez HTTP/1.0\r\n\r\n"


def test_one_byte_at_a_time_does_not_hold_on_for_ever(ends: Ends) -> None:
    """After the time has passed not even a byte that is there already is read."""
    ours, theirs = ends
    moments = iter([0.0, 1.0, 4.0, 5.0])
    reader = DeadlineReader(ours, 5.0, lambda: next(moments))
    theirs.sendall(b"GET")
    buffer = bytearray(1)
    assert [reader.readinto(buffer), reader.readinto(buffer)] == [1, 1]
    with pytest.raises(TimeoutError):
        reader.readinto(buffer)


def test_a_silent_client_is_waited_for_no_longer_than_what_is_left(ends: Ends) -> None:
    """The socket's own time-out is what is left of the time."""
    ours, theirs = ends
    moments = iter([0.0, 3.5])
    theirs.sendall(b"G")
    DeadlineReader(ours, 5.0, lambda: next(moments)).readinto(bytearray(1))
    assert ours.gettimeout() == 1.5
