"""What became of each order is in one line, and that line is what its producer was told."""

from collections import Counter

from tests.shipping.logs.fates import ROUNDS, Recording, reply_as_line
from tests.world.relay_process import Line

SENT = sum(len(requests) for requests in ROUNDS)
AGAIN = Counter({"accepted": 1, "to-me": 1})
"""The ids that were sent once more, in the last round."""

IN_THE_REPLY = frozenset(
    {
        *("request_id", "status", "order", "code", "message", "http_status", "attempts"),
        *("first_seen_at", "answered_at", "routing_key", "correlation_id"),
    }
)


def test_every_message_has_exactly_one_line_of_its_end(recording: Recording) -> None:
    """Also where it had no id, could not be read, or nobody could be told."""
    ends = Counter(str(line.get("request_id")) for line in recording.ends)
    without_id = sum(request.message_id is None for sent in ROUNDS for request in sent)
    assert ends.pop("None") == without_id
    names = {r.message_id.decode() for sent in ROUNDS for r in sent if r.message_id is not None}
    assert ends == Counter(names) + AGAIN
    assert len(recording.ends) == SENT


def test_the_line_says_what_the_producer_was_told(recording: Recording) -> None:
    """Field by field, for every reply that came, and of no other."""
    told = [_told(line) for line in recording.ends if line["event"] == "answered"]
    replies = [reply_as_line(reply) for reply in recording.replies]
    assert sorted(told, key=repr_sorted) == sorted(replies, key=repr_sorted)


def _told(line: Line) -> Line:
    """What of a line is in the reply, too; an absent correlation_id is the request_id."""
    about = {name: value for name, value in line.items() if name in IN_THE_REPLY}
    request_id = line.get("request_id")
    return {"request_id": request_id, "correlation_id": request_id, **about}


def repr_sorted(line: dict[str, object]) -> str:
    """The same for equal lines, whatever the order of their fields."""
    return repr(sorted(line.items()))


def test_the_fates_are_all_different(recording: Recording) -> None:
    """Every status, every way to settle, and a code for each that was not accepted."""
    ends = recording.ends
    assert {line["status"] for line in ends if "status" in line} == {
        *("accepted", "rejected", "failed", "unknown")
    }
    assert {line["settlement"] for line in ends} == {"replied", "parked", "dead_lettered"}
    silent = [line for line in ends if line["event"] == "parked"]
    assert sorted(line["settlement"] for line in silent) == ["dead_lettered", "parked"]
    assert all(("code" in line) != ("order" in line) for line in ends)


def test_only_a_repeat_is_marked_repeated(recording: Recording) -> None:
    """The same order again gets the same answer; another order under its id does not."""
    repeats = [line for line in recording.ends if line.get("repeated")]
    assert [line["request_id"] for line in repeats] == ["accepted"]
    first = next(line for line in recording.ends if line.get("request_id") == "accepted")
    assert repeats[0]["order"] == first["order"]
    conflicts = [line for line in recording.ends if line.get("code") == "message_id_conflict"]
    assert [line["request_id"] for line in conflicts] == ["to-me"]


def test_what_a_person_must_look_at_is_a_warning(recording: Recording) -> None:
    """All that is in the parked queue, and nothing else that ended."""
    for line in recording.ends:
        parked = line["settlement"] in ("parked", "dead_lettered")
        assert line["level"] == ("warning" if parked else "info"), line


def test_a_wait_says_where_and_until_when(recording: Recording) -> None:
    """A line for each copy in a retry queue, and for each wait in the process."""
    waits = [line for line in recording.lines if line["event"] == "retry"]
    retried = [line for line in recording.lines if line.get("settlement") == "retried"]
    in_queues = [line for line in waits if line["where"] == "queue"]
    assert sorted(line["request_id"] for line in in_queues) == sorted(
        line["request_id"] for line in retried
    )
    assert retried
    for line in waits:
        assert line["waits_until"] >= line["time"][: len("2026-01-31T12:00:00")], line
    # A wait of an order that was not sent has a reason, and no outcome.
    assert {line.get("outcome") for line in waits} >= {"unknown"}
