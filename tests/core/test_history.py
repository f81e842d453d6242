"""What was tried for an order, how it comes back from a retry queue, and how old that makes it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.decision import give_up
from service.core.history import (
    ATTEMPTS,
    FIRST_OUTCOME,
    FIRST_SEEN,
    LAST_OUTCOME,
    RETRIES,
    UNKNOWN_SINCE,
    History,
    UnreadableHistoryError,
    from_headers,
    to_headers,
)
from service.core.outcome import Throttled, Unknown
from service.core.request import parse
from service.core.times import to_rfc3339
from tests.core.build import (
    NOW,
    POLICY,
    ago,
    ahead,
    examples,
    history,
    message,
    received,
    waited,
)


def brought(
    headers: dict[str, object], *, redelivered: bool = False, produced_at: datetime | None = None
) -> History:
    """The history that a delivery with these headers brings."""
    return from_headers(headers, now=NOW, redelivered=redelivered, produced_at=produced_at)


def test_the_headers_are_these() -> None:
    """The names and forms that a person sees in the broker's pages."""
    ends = {"first_outcome": "throttled", "last_outcome": "unknown"}
    full = history(attempts=2, retries=3, unknown_since=ago(5), **ends)
    assert to_headers(full) == {
        "x-order-relay-attempts": 2,
        "x-order-relay-retries": 3,
        "x-order-relay-first-seen": "2026-01-31T12:00:00.000000Z",
        "x-order-relay-unknown-since": "2026-01-31T11:59:55.000000Z",
        "x-order-relay-first-outcome": "throttled",
        "x-order-relay-last-outcome": "unknown",
    }
    assert to_headers(history()) == {
        "x-order-relay-attempts": 0,
        "x-order-relay-retries": 0,
        "x-order-relay-first-seen": "2026-01-31T12:00:00.000000Z",
    }


def test_a_wait_is_counted() -> None:
    """Waits set the length of the next one; they are no attempts."""
    assert history(attempts=1, retries=4).after_wait() == history(attempts=1, retries=5)


past = st.datetimes(datetime(1970, 1, 1), NOW.replace(tzinfo=None), timezones=st.just(UTC))  # noqa: DTZ001
histories = st.builds(
    History,
    first_seen=past,
    attempts=st.integers(0, 1_000_000),
    retries=st.integers(0, 1_000_000),
    unknown_since=st.none() | past,
    first_outcome=st.none() | st.text(),
    last_outcome=st.none() | st.text(),
)


@examples
@given(histories)
def test_a_history_survives_the_retry_queue(before: History) -> None:
    """What was written is what is read, to the microsecond."""
    assert brought(to_headers(before)) == before


@examples
@given(histories, st.none() | past)
def test_a_redelivery_makes_an_order_uncertain(before: History, produced_at: datetime) -> None:
    """A process that died may have sent it; what was known before stays."""
    again = brought(to_headers(before), redelivered=True, produced_at=produced_at)
    assert again.uncertain
    assert again.unknown_since == (before.unknown_since or before.first_seen)


@pytest.mark.parametrize(
    ("headers", "produced_at", "since"),
    [
        pytest.param({}, None, NOW, id="nothing-told"),
        pytest.param({}, ago(30), ago(30), id="timestamp"),
        pytest.param({}, ahead(30), NOW, id="timestamp-in-the-future"),
        pytest.param({FIRST_SEEN: "2026-01-31T11:00:00Z"}, ago(30), ago(3600), id="first-seen"),
        pytest.param({FIRST_SEEN: "2026-01-31T13:00:00Z"}, None, NOW, id="first-seen-ahead"),
        pytest.param(
            {FIRST_SEEN: "2026-01-31T11:00:00Z", UNKNOWN_SINCE: "2026-01-31T11:30:00Z"},
            ago(7200),
            ago(1800),
            id="unknown-since",
        ),
    ],
)
def test_since_when_a_redelivered_order_is_unknown(
    headers: dict[str, object], produced_at: datetime | None, since: datetime
) -> None:
    """From the earliest moment at which it may have been sent; never from the future."""
    assert brought(headers, redelivered=True, produced_at=produced_at).unknown_since == since


@pytest.mark.parametrize("produced_at", [None, ago(30), ahead(30)], ids=["none", "past", "future"])
def test_a_first_delivery_is_certain(produced_at: datetime | None) -> None:
    """Nobody can have sent it, and it is seen now, whenever it was made."""
    assert brought({}, produced_at=produced_at) == history()


@pytest.mark.parametrize("name", [ATTEMPTS, RETRIES])
@pytest.mark.parametrize(
    "value", [None, True, False, -1, 1_000_001, 1.0, "1", b"1", [], {}, 2**63], ids=repr
)
def test_a_count_that_the_relay_never_writes_is_refused(name: str, value: object) -> None:
    """What was tried before cannot be guessed."""
    with pytest.raises(UnreadableHistoryError) as caught:
        brought({name: value})
    assert str(caught.value) == f"header {name} must be a count; leave it to the relay"


@pytest.mark.parametrize("name", [FIRST_SEEN, UNKNOWN_SINCE])
@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 1_770_000_000, NOW, b"2026-01-31T12:00:00Z", "", "yesterday"),
        *("2026-01-31T12:00:00", "2026-02-30T12:00:00Z"),
        *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ],
    ids=repr,
)
def test_a_time_that_the_relay_never_writes_is_refused(name: str, value: object) -> None:
    """Whatever stands there, it is a clear error of the message, and nothing else."""
    with pytest.raises(UnreadableHistoryError) as caught:
        brought({name: value})
    assert str(caught.value) == f"header {name} must be an RFC 3339 time; leave it to the relay"


@pytest.mark.parametrize("value", [None, 5, b"x", []], ids=repr)
def test_an_outcome_that_is_no_text_is_forgotten(value: object) -> None:
    """It is for people only; nothing is decided by it."""
    found = brought({FIRST_OUTCOME: value, LAST_OUTCOME: value})
    assert (found.first_outcome, found.last_outcome) == (None, None)


def test_the_first_outcome_is_kept_beside_the_last() -> None:
    """How it began tells a person what the end does not."""
    first = history().after(Throttled(429, None), NOW)
    last = first.after(Unknown("the API answered 500", 500), NOW)
    assert (last.first_outcome, last.last_outcome) == ("throttled", "unknown")


def test_the_first_outcome_of_an_order_that_an_older_version_tried_is_not_known() -> None:
    """It wrote the last one only."""
    later = brought({LAST_OUTCOME: "unreached"}).after(Throttled(429, None), NOW)
    assert (later.first_outcome, later.last_outcome) == (None, "throttled")


@pytest.mark.parametrize("redelivered", ["first", "again"])
@pytest.mark.parametrize("text", ["2026-01-31T12:00:01Z", "9999-12-31T23:59:59Z"])
def test_unknown_since_is_never_in_the_future(text: str, redelivered: str) -> None:
    """A window that began later than now would let the order be sent after its real end."""
    found = brought({UNKNOWN_SINCE: text}, redelivered=redelivered == "again")
    assert found.unknown_since == NOW
    assert give_up(found, deadline=None, policy=POLICY, now=NOW) is None


def test_a_first_seen_in_the_future_is_now() -> None:
    """Another machine's clock, or a producer, must not make the order live longer."""
    assert brought({FIRST_SEEN: "2026-01-31T13:00:00Z"}).first_seen == NOW


@pytest.mark.parametrize("redelivered", [False, True])
def test_a_delivery_count_says_nothing(*, redelivered: bool) -> None:
    """A producer can write one: neither attempts nor a redelivery follow from it."""
    headers: dict[str, object] = {"x-delivery-count": 7, "x-acquired-count": 7}
    assert brought(headers, redelivered=redelivered) == brought({}, redelivered=redelivered)


DAY_SECONDS = 86_400.0


@pytest.mark.parametrize(
    ("seen_before", "expected"),
    [
        (timedelta(seconds=90), 90.0),
        (timedelta(0), 0.0),
        (timedelta(days=20_000), DAY_SECONDS),
        (timedelta(seconds=-90), 0.0),
    ],
)
def test_the_age_of_an_order(seen_before: timedelta, expected: float) -> None:
    """Out of a waiting tier since first seen, within bounds; from a producer always 0."""
    content = message(headers={FIRST_SEEN: to_rfc3339(NOW - seen_before)})
    assert parse(waited(content), NOW).history.age_seconds(NOW, DAY_SECONDS) == expected
    assert parse(received(content), NOW).history.age_seconds(NOW, DAY_SECONDS) == 0.0
