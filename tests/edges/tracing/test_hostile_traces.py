"""Hostile headers, a broken tracer, secrets: the traces cost no order and show no key."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.message import Received
from service.edges.tracing.api import TracedOrderApi
from service.edges.tracing.propagation import current_headers
from tests.edges.tracing.traced import URL, TracedWorld, in_memory, said
from tests.flow.fakes import request, waited

PARENTS = st.tuples(
    st.sampled_from(["00", "01", "ff", "0", "é0"]),
    st.sampled_from(["a" * 32, "0" * 32, "A" * 32, "a" * 33, ""]),
    st.sampled_from(["b" * 16, "0" * 16, "b" * 15, "\ud800" * 16]),
    st.sampled_from(["00", "01", "ff", "zz", "01-x", "01\n", "01" + "-x" * 400]),
).map("-".join)
MEMBERS = ["a=1", "b=2", "A=1", "=", "a@b=!", "a=\xe9", f"a={'x' * 300}", "c=1\r\nx: 1", "\0", " "]
STATES = st.lists(st.sampled_from(MEMBERS), max_size=40).map(",".join)
HOSTILE = st.one_of(
    PARENTS,
    STATES,
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=9),
    st.text(st.characters(), max_size=9),
    st.lists(PARENTS, max_size=2),
    st.dictionaries(PARENTS, STATES, max_size=2),
)
TEXT = st.text(st.characters(), max_size=9) | st.just("\ud800" * 300)


@settings(deadline=None)
@given(
    parent=HOSTILE,
    state=HOSTILE,
    retries=HOSTILE,
    texts=st.tuples(TEXT, TEXT, TEXT, TEXT),
    back=st.booleans(),
)
def test_no_header_or_property_breaks_a_delivery_or_its_span(
    *, parent: object, state: object, retries: object, texts: tuple[str, str, str, str], back: bool
) -> None:
    """Whatever strangers write: the order is served, and what the API is told is a header."""
    exchange, routing_key, message_id, correlation_id = texts
    headers = {"traceparent": parent, "tracestate": state, "x-order-relay-retries": retries}
    message = request(message_id, correlation_id=correlation_id, headers=headers)
    world, told = TracedWorld(), list[str]()
    world.watchers.append(lambda _: told.extend(current_headers().values()))

    async def served() -> None:
        received = Received(message, exchange=exchange, routing_key=routing_key)
        await world.serve_again(waited(message) if back else received)

    asyncio.run(served())
    assert world.reported == []
    assert world.log[-1].startswith("ack")
    assert all(value.isascii() and value.isprintable() for value in told)
    for span in world.spans:
        for value in said(span).values():
            str(value).encode()
    for publication in world.broker.published:
        found = publication.message.headers.get("traceparent")
        assert isinstance(found, str)
        assert found.isascii()


class BrokenTracer:
    """A tracer with a defect."""

    def start_span(self, *_: object, **__: object) -> object:
        """Raises."""
        raise ValueError("defect")


async def test_a_defect_of_the_tracing_costs_spans_and_no_order() -> None:
    """It is reported, and the order goes its way."""
    world = TracedWorld(tracer=BrokenTracer())  # type: ignore[arg-type]
    await world.serve(request())
    assert world.log == ["submit o-1", "reply accepted", "ack o-1"]
    assert {str(error) for error in world.reported} == {"defect"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, {"url.full": URL, "server.address": "api.example.com", "server.port": 443}),
        (
            "http://127.0.0.1:8000/x?token=hidden",
            {
                "url.full": "http://127.0.0.1:8000/x?REDACTED",
                "server.address": "127.0.0.1",
                "server.port": 8000,
            },
        ),
    ],
)
async def test_a_client_span_shows_the_url_without_its_query(
    url: str, shown: dict[str, object]
) -> None:
    """And neither the key nor the form."""
    world, (tracer, exporter) = TracedWorld(), in_memory()
    api = TracedOrderApi(world.api, tracer, world.reported.append, url=url, now=world.clock.now)
    await api.submit(b"request_id=o-1&link=hidden")
    (span,) = exporter.get_finished_spans()
    assert shown.items() <= said(span).items()
    assert "hidden" not in str(said(span))
