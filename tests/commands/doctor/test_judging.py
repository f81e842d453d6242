"""What is made of what was seen."""

import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.app.settings import AdminSettings, ShownApiSettings, ShownSettings
from service.commands.doctor import api_judging, api_kinds, judging, kinds
from service.commands.doctor.findings import Finding, Kind, Mark, chosen, is_wrong, verdict
from service.commands.doctor.machine import who_has
from service.core.outcome import Answered, ApiResult, Lost, NotSent
from service.core.rights import Access, Right, Thing
from service.core.topology import build_whole_topology
from service.edges.amqp.declare import Look
from service.edges.amqp.examination import Examined
from service.edges.amqp.questions import NO_TIME, SILENT
from service.flow.events.faults import BrokerFault

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ASKED = b'{"error": "Missing required parameter: request_id"}'
TOPOLOGY = build_whole_topology("orders", (1,))
QUEUES = {queue.name for queue in TOPOLOGY.queues}
BINDINGS = [(one.exchange, one.queue, one.routing_key) for one in TOPOLOGY.bindings]


def codes(findings: object) -> list[str]:
    """Of each its code."""
    return [each.kind.code for each in findings]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (Answered(400, ASKED), api_kinds.API_TAKES),
        (Answered(400, b'{"error": "Service not found"}'), api_kinds.API_TAKES),
        (Answered(200, ASKED), api_kinds.API_TAKES),
        (NotSent("connection refused"), api_kinds.API_UNREACHED),
        (Lost("no answer in 5 s"), api_kinds.API_SILENT),
        (Answered(404, b"not here"), api_kinds.API_ELSEWHERE),
        (Answered(405, b""), api_kinds.API_ELSEWHERE),
        (Answered(301, b""), api_kinds.API_ELSEWHERE),
        (Answered(200, b"<html>"), api_kinds.API_PAGE),
        (Answered(400, b"<html>"), api_kinds.API_PAGE),
        (Answered(401, b""), api_kinds.API_KEY),
        (Answered(403, b"{}"), api_kinds.API_KEY),
        (Answered(400, b'{"error": "Invalid API key"}'), api_kinds.API_KEY),
        (Answered(500, b""), api_kinds.API_FAILS),
        (Answered(503, b""), api_kinds.API_FAILS),
        (Answered(429, b""), api_kinds.API_THROTTLES),
        (Answered(400, b'{"error": "Maintenance"}'), api_kinds.API_ODD),
    ],
)
def test_what_the_api_says_to_a_call_that_orders_nothing(result: ApiResult, kind: Kind) -> None:
    """One finding each."""
    assert [each.kind for each in api_judging.of_api(result, NOW)] == [kind]


@pytest.mark.parametrize(
    ("date", "found"),
    [
        ("Mon, 04 May 2026 12:00:30 GMT", []),
        ("Mon, 04 May 2026 14:00:00 GMT", ["this clock is 7200 s behind the API's"]),
        ("Mon, 04 May 2026 11:58:00 GMT", ["this clock is 120 s ahead of the API's"]),
        ("yesterday", []),
    ],
)
def test_the_clocks_are_compared(date: str, found: list[str]) -> None:
    """By the answer's own date."""
    findings = api_judging.of_api(Answered(400, ASKED, date=date), NOW)
    assert [each.found for each in findings if each.kind is api_kinds.CLOCK] == found


@pytest.mark.parametrize(
    ("days", "found"), [(15, []), (13, [api_kinds.API_EXPIRES]), (-1, [api_kinds.API_EXPIRES])]
)
def test_a_certificate_that_ends_soon_is_told(days: int, found: list[Kind]) -> None:
    """Two weeks before."""
    ends = NOW + timedelta(days=days)
    findings = judging.of_certificate(api_kinds.API_EXPIRES, "the API", ends, NOW)
    assert [each.kind for each in findings] == found


def test_settings_that_do_not_fit_together() -> None:
    """The drain, the prefetch, the way to the broker."""
    good = ShownSettings.model_construct(drain_seconds=25.0, admin=AdminSettings())
    assert list(judging.of_settings(good)) == []
    bad = good.model_copy(
        update={
            "drain_seconds": 10.0,
            "amqp": good.amqp.model_validate(
                {"url": "amqp://broker.shop/, amqps://b, amqp://127.0.0.1", "prefetch": 1000}
            ),
            "api": ShownApiSettings(rate_per_second=1.0),
        }
    )
    assert [str(each.found) for each in judging.of_settings(bad)] == [
        "10 s to drain, and 10 s for an attempt",
        "a prefetch of 1000 at 1/s is held for 1000 s",
        "broker broker.shop:5672",
    ]


@pytest.mark.parametrize(("mode", "told"), [(0o600, 0), (0o644, 0), (0o666, 1), (0o664, 0)])
def test_a_secret_that_others_may_write_is_told(mode: int, told: int) -> None:
    """To read it is as the platform mounts it."""
    assert len(list(judging.of_mode("key", 0o100000 | mode))) == told


def test_a_binding_that_is_missing_is_told() -> None:
    """With its key, where it has one."""
    assert list(judging.of_bindings(TOPOLOGY, QUEUES, BINDINGS)) == []
    without = [one for one in BINDINGS if one[1] != "orders.requests"]
    assert list(judging.of_bindings(TOPOLOGY, QUEUES, without)) == [
        Finding(
            kinds.UNBOUND,
            "queue orders.requests is not bound to orders with the key order.request",
        )
    ]


def test_every_argument_that_differs_is_told() -> None:
    """Theirs, ours, and the type."""
    parked = TOPOLOGY.queues[0]
    there = {**parked.arguments, "x-quorum-initial-group-size": 3}
    assert list(judging.of_arguments(parked, there, "quorum")) == []
    found = judging.of_arguments(parked, {"x-max-length": 5}, "classic")
    assert [each.found.removeprefix("queue orders.parked differs: ") for each in found] == [
        "x-delivery-limit is none, must be '1000000000'",
        "x-max-length is '5', must be none",
        "x-queue-type is 'classic', must be 'quorum'",
    ]


def test_a_policy_that_changes_what_is_kept_is_told() -> None:
    """Others are the operator's business."""
    assert list(judging.of_policy("q", "ha", {"queue-leader-locator": "balanced"})) == []
    (finding,) = judging.of_policy("orders.parked", "tidy", ["message-ttl", "max-length"])
    assert finding.found == "policy 'tidy' sets max-length, message-ttl on queue orders.parked"


def test_a_policy_on_an_exchange_is_told_where_it_bears() -> None:
    """Not on the replies, whose own argument overrules it; and no other policy."""
    elsewhere = {"alternate-exchange": "lost"}
    told = [judging.of_exchange_policy(one, "tidy", elsewhere) for one in TOPOLOGY.exchanges]
    found = [each.found for findings in told for each in findings]
    assert found[0] == "policy 'tidy' changes exchange orders: alternate-exchange is 'lost'"
    assert len(found) == len(TOPOLOGY.exchanges) - 1
    assert not any("orders.replies" in each for each in found)
    assert not list(judging.of_exchange_policy(TOPOLOGY.exchanges[0], "other", {"ha-mode": "all"}))


def test_each_code_is_one_kinds_and_each_fault_has_one() -> None:
    """A code stays what it is; faults of what stands already are told by their own kinds."""
    assert len({kind.code for kind in kinds.KINDS}) == len(kinds.KINDS)
    others = {BrokerFault.MISSING, BrokerFault.DIFFERS, BrokerFault.RIGHTS}
    assert set(BrokerFault) - kinds.FAULTS.keys() == others
    assert all(kind.mend for kind in kinds.KINDS if kind.mark is not Mark.OK)


@pytest.mark.parametrize(
    ("found", "last"),
    [
        ([kinds.CONNECTED], "Good to go."),
        ([api_kinds.NO_KEY], "Good to go, as far as it was checked (1 thing is not)."),
        ([kinds.DRAIN, api_kinds.NO_KEY], "Good to go, but look at 1."),
        ([kinds.OLD, kinds.DRAIN, api_kinds.API_KEY], "Not good to go: 2 things are wrong."),
    ],
)
def test_the_last_line_is_a_verdict(found: list[Kind], last: str) -> None:
    """The worst decides."""
    findings = [Finding(kind, "") for kind in found]
    assert verdict(findings) == last
    assert is_wrong(findings) is last.startswith("Not")


def test_what_is_shown_can_be_chosen() -> None:
    """By how the codes begin."""
    findings = [Finding(kind, "") for kind in (kinds.CONNECTED, kinds.OLD, api_kinds.API_KEY)]
    assert codes(chosen(findings, ["OR-T"], [])) == ["OR-B00", "OR-B31"]
    assert codes(chosen(findings, [], ["OR-B3"])) == ["OR-B00", "OR-A05"]
    assert verdict([]) == "Nothing was looked at."


def test_one_broker_of_several_that_is_away_stops_nobody() -> None:
    """The others are tried; where none can be had, it is wrong."""
    away = Finding(kinds.FAULTS[BrokerFault.REFUSED], "b:5672")
    assert is_wrong(judging.of_several([away]))
    assert not is_wrong(judging.of_several([away, Finding(kinds.CONNECTED, "a:5672")]))


def seen(**more: Any) -> Examined:
    """What was seen of a broker where all is well."""
    return replace(Examined("b:5672", "4.0.5", Look(), ()), **more)


def test_what_has_no_answer_is_never_well() -> None:
    """Silence is wrong, and each question that it leaves open is told; so is a lack of time."""
    unasked = (("queue orders.parked", SILENT), ("write exchange orders.replies", NO_TIME))
    found = list(judging.of_broker(seen(unasked=unasked), TOPOLOGY, declares=True))
    assert codes(found) == ["OR-B00", "OR-B34", "OR-X02", "OR-X02"]
    assert found[2].found == "queue orders.parked: no answer in time"
    blocked = seen(unasked=unasked[1:], blocked=True)
    assert codes(judging.of_broker(blocked, TOPOLOGY, declares=True)) == [
        *("OR-B00", "OR-T00", "OR-B35", "OR-X02")
    ]


def test_a_slow_answer_is_not_called_broken() -> None:
    """What no time was left for is not checked, and the login that took long is told."""
    unasked = (("queue orders.parked", NO_TIME),)
    found = list(judging.of_broker(seen(unasked=unasked), TOPOLOGY, declares=True))
    assert codes(found) == ["OR-B00", "OR-B36", "OR-X02"]
    assert not is_wrong(found)
    (_, slow, *_) = judging.of_broker(seen(slow_login_seconds=7.4), TOPOLOGY, declares=True)
    assert (slow.kind, slow.found) == (kinds.SLOW, "b:5672: the login took 7 s")


def test_rights_that_nobody_needs_are_named_where_something_is_there() -> None:
    """Where nothing is, they are another namespace's."""
    right = Right(Access.READ, Thing.QUEUE, "orders.parked")
    (_, _, _, found) = judging.of_broker(seen(beyond=[right]), TOPOLOGY, declares=False)
    assert (found.kind, found.found) == (kinds.TOO_MANY, "the user may read queue orders.parked")
    names = [*(one.name for one in TOPOLOGY.exchanges), *(f"q {one}" for one in QUEUES)]
    nothing = Look({f"{name} is missing": BrokerFault.MISSING for name in names})
    found_there = judging.of_broker(
        seen(beyond=[right], topology=nothing), TOPOLOGY, declares=False
    )
    assert codes(found_there) == ["OR-B00", "OR-T07", "OR-X02"]


def test_an_image_that_runs_as_root_is_told() -> None:
    """A person may."""
    assert codes(judging.of_user(0, judging.IMAGE_PREFIX)) == ["OR-S07"]
    assert codes(judging.of_user(0, "/home/somebody/.venv")) == []
    assert codes(judging.of_user(10001, judging.IMAGE_PREFIX)) == []


def test_who_has_the_port_is_told() -> None:
    """The process by its id and name, while it listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        assert who_has(port).startswith(f"process {os.getpid()} (")
    assert who_has(port) == "another process"
