"""The spans of a delivery's way: which there are, what hangs on what, and what they say."""

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, get_current_span

from service.core.decision import RetryPolicy
from service.core.outcome import Answered, ApiResult, Lost, NotSent
from service.edges.tracing.scope import exemplar, trace_id
from service.flow.events import Event, ends, order
from tests.edges.tracing.traced import TracedWorld, said
from tests.flow.clock import settle
from tests.flow.fakes import placed, refusal, request, waited

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE_ID}-{SPAN_ID}-01"
CONSUMED, POSTED, REPLIED = "process orders.requests", "POST", "publish orders.replies"


def trace_of(span: ReadableSpan) -> str:
    """Its trace, in hexadecimal."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


def parent_of(span: ReadableSpan) -> int | None:
    """The span that it hangs on."""
    return span.parent.span_id if span.parent else None


async def test_a_delivery_has_a_consumer_span_with_a_client_and_a_producer_span_in_it() -> None:
    """All three in the producer's trace."""
    world = TracedWorld()
    await world.serve(request(headers={"traceparent": TRACEPARENT}, correlation_id="c-1"))
    posted, replied, consumed = world.spans
    assert [span.name for span in world.spans] == [POSTED, REPLIED, CONSUMED]
    assert [span.kind for span in world.spans] == [
        SpanKind.CLIENT,
        SpanKind.PRODUCER,
        SpanKind.CONSUMER,
    ]
    assert {trace_of(span) for span in world.spans} == {TRACE_ID}
    assert parent_of(consumed) == int(SPAN_ID, 16)
    assert consumed.context is not None
    assert parent_of(posted) == parent_of(replied) == consumed.context.span_id
    assert world.reported == []


async def test_without_a_parent_a_trace_begins_and_the_reply_leads_to_it() -> None:
    """By the context of the span that sent it."""
    world = TracedWorld()
    await world.serve(request())
    replied = world.span(REPLIED)
    assert parent_of(world.span(CONSUMED)) is None
    assert replied.context is not None
    traceparent = str(world.broker.published[0].message.headers["traceparent"])
    assert traceparent[3:52] == f"{trace_of(replied)}-{replied.context.span_id:016x}"


async def test_a_producers_context_stays_on_reply_retry_and_parked_copy() -> None:
    """Verbatim, and its state with the copies."""
    world = TracedWorld(policy=RetryPolicy(delays_seconds=(1, 5), max_attempts=1))
    world.api.answer("o-1", *[NotSent("refused")] * 2, Lost("read timed out"))
    headers = {"traceparent": TRACEPARENT, "tracestate": "a=1"}
    await world.serve(request(headers=headers))
    await world.clock.advance(6)
    await world.serve_again(waited(world.broker.published[0].message))
    await world.clock.advance(6)
    kinds = [(each.kind, each.message.headers["traceparent"]) for each in world.broker.published]
    assert kinds == [(kind, TRACEPARENT) for kind in ("retry", "parked", "reply")]
    assert [each.message.headers.get("tracestate") for each in world.broker.published] == [
        "a=1",
        "a=1",
        None,
    ]
    assert {trace_of(span) for span in world.spans} == {TRACE_ID}


async def test_an_order_from_the_retry_queue_goes_on_in_its_trace() -> None:
    """Also where the producer began none; every POST but the first says that it is a repeat."""
    world = TracedWorld(policy=RetryPolicy(delays_seconds=(1, 5)))
    world.api.answer("o-1", *[NotSent("refused")] * 2)
    await world.serve(request())
    await world.clock.advance(6)
    waiting = world.span("publish orders.retry")
    await world.serve_again(waited(world.broker.published[0].message))
    assert len({trace_of(span) for span in world.spans}) == 1
    first, second = [span for span in world.spans if span.name == CONSUMED]
    assert waiting.context is not None
    assert (parent_of(first), parent_of(second)) == (None, waiting.context.span_id)
    posted = [said(span) for span in world.spans if span.name == POSTED]
    assert [each.get("http.request.resend_count") for each in posted] == [None, 1, 2]
    assert said(first)["order_relay.retry.delay_seconds"] == 5
    assert said(first)["order_relay.retry.where"] == "queue"
    assert said(first)["order_relay.settlement"] == "retried"
    assert said(second)["order_relay.status"] == "accepted"


@pytest.mark.parametrize(
    ("result", "outcome", "status", "error_type"),
    [
        (placed(), "accepted", 200, None),
        (refusal("Service not found"), "refused", 400, None),
        (Answered(401, b""), "misconfigured", 401, "401"),
        (Answered(429, b"", "1"), "throttled", 429, "429"),
        (Answered(500, b""), "unknown", 500, "500"),
        (Answered(200, b"{}"), "unknown", 200, "unknown"),
        (NotSent("connection refused"), "unreached", None, "unreached"),
        (Lost("read timed out"), "unknown", None, "unknown"),
    ],
)
async def test_a_client_span_says_what_the_attempt_came_to(
    result: ApiResult, outcome: str, status: int | None, error_type: str | None
) -> None:
    """A refusal is an answer as documented: only what is no answer to the order has failed."""
    world = TracedWorld()
    world.api.answer("o-1", result)
    await world.serve(request())
    posted = next(span for span in world.spans if span.name == POSTED)
    assert said(posted)["order_relay.outcome"] == outcome
    assert said(posted).get("http.response.status_code") == status
    assert said(posted).get("error.type") == error_type
    assert posted.status.is_ok == (error_type is None)
    assert posted.status.description is None


async def test_what_is_parked_for_a_person_has_failed() -> None:
    """Its code says in what way."""
    world = TracedWorld(policy=RetryPolicy(max_attempts=1))
    world.api.answer("o-1", Lost("read timed out"))
    await world.serve(request())
    await world.serve(request("x" * 129, reply_to="to.me"))
    await world.serve(request(None))
    ways = [said(span)["error.type"] for span in world.spans if span.name == CONSUMED]
    assert ways == ["outcome_unknown", "message_id_too_long", "parked"]


async def test_a_publication_that_is_not_confirmed_has_failed_and_its_repeat_has_not() -> None:
    """One span for each."""
    world = TracedWorld()
    world.broker.refuse("the broker refused it")
    await world.serve(request())
    await world.clock.advance(1)
    tries = [span for span in world.spans if span.name == REPLIED]
    assert [said(span).get("error.type") for span in tries] == ["unconfirmed", None]


async def test_a_delivery_whose_connection_is_lost_has_failed() -> None:
    """The broker delivers it again."""
    world = TracedWorld()
    world.api.pause()
    await world.serve(request())
    world.broker.lose_connection()
    world.api.resume()
    await settle()
    assert said(world.span(CONSUMED))["error.type"] == "abandoned"


async def test_what_is_cut_off_at_the_end_of_the_process_ends_its_spans() -> None:
    """Otherwise the orders that a person asks for would be those without a trace."""
    world = TracedWorld()
    world.api.pause()
    await world.serve(request())
    assert world.spans == []
    assert await world.relay.finish(0) == 1
    assert [span.name for span in world.spans] == [POSTED, CONSUMED]
    assert {said(span)["error.type"] for span in world.spans} == {"CancelledError"}


async def test_a_defect_is_on_the_span_of_its_delivery() -> None:
    """By the name of its class, for its words may hold anything."""
    world = TracedWorld()
    world.broker.before_confirm = lambda: 1 / 0  # type: ignore[assignment]
    await world.serve(request())
    await world.clock.advance(2)
    assert said(world.span(CONSUMED))["error.type"] == "ZeroDivisionError"


async def test_two_deliveries_do_not_see_each_other() -> None:
    """Each event is written on the span of its own."""
    world = TracedWorld()
    world.api.pause("o-1")
    await world.serve(request("o-1"))
    await world.serve(request("o-2"))
    world.api.resume()
    await settle()
    found = [said(span) for span in world.spans if span.name == CONSUMED]
    assert [(each["messaging.message.id"], each["order_relay.order"]) for each in found] == [
        ("o-2", "ord_o-2"),
        ("o-1", "ord_o-1"),
    ]
    assert not get_current_span().is_recording()


async def test_exemplars_and_log_lines_name_the_trace_of_the_order() -> None:
    """Every event of its way is emitted on its consumer span."""
    world = TracedWorld()
    seen: dict[type[Event], tuple[dict[str, str] | None, str | None]] = {}
    world.watchers.append(lambda event: seen.update({type(event): (exemplar(), trace_id())}))
    await world.serve(request(headers={"traceparent": TRACEPARENT}))
    consumed = world.span(CONSUMED)
    assert consumed.context is not None
    named = {"trace_id": TRACE_ID, "span_id": f"{consumed.context.span_id:016x}"}
    for kind in (order.AttemptEnded, order.Published, ends.Answered):
        assert seen[kind] == (named, TRACE_ID)
    assert (exemplar(), trace_id()) == (None, None)


async def test_an_unsampled_parent_makes_no_span_and_no_exemplar() -> None:
    """Who asks is told the trace all the same: the API, the reply, the log line."""
    world = TracedWorld()
    seen = []
    world.watchers.append(lambda _: seen.append((exemplar(), trace_id())))
    await world.serve(request(headers={"traceparent": f"{TRACEPARENT[:-1]}0"}))
    assert world.spans == []
    assert seen
    assert set(seen[1:]) == {(None, TRACE_ID)}
