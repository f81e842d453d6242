"""Faults come to the calls that they are for, as often as they were told to."""

from collections.abc import Mapping

import httpx2
import pytest

from tests.world.standin import AllCalls, EveryNth, RequestIdIs, StandIn
from tests.world.standin.example import order_form
from tests.world.standin.faults import Status


async def test_matching(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Faults are for one request_id, a prefix, every nth call or all; the first that fits wins."""
    api.faults.add(Status(status=500), RequestIdIs(request_id="o-1"), times=None)
    api.faults.add(Status(status=501), RequestIdIs(request_id="p-*"), times=2)
    api.faults.add(Status(status=502), EveryNth(every=3), times=None)
    ids = ["o-1", "o-11", "p-1", "p-2", "p-3", "q-1", "o-1", "q-2", "q-3"]
    statuses = [
        (await client.post(api.url, data=order_form(request_id))).status_code for request_id in ids
    ]
    assert statuses == [500, 200, 501, 501, 200, 502, 500, 200, 502]
    api.faults.clear()
    assert (await client.post(api.url, data=order_form("o-1"))).status_code == 200


async def test_faults_do_not_touch_stored_answers(api: StandIn, client: httpx2.AsyncClient) -> None:
    """A repeated call can fail, too, and the stored answer stays."""
    stored = await client.post(api.url, data=order_form())
    api.faults.add(Status(status=500, after=True), AllCalls(), times=3)
    for _ in range(3):
        assert (await client.post(api.url, data=order_form())).status_code == 500
    assert (await client.post(api.url, data=order_form())).content == stored.content
    assert api.ledger.orders == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "delay", "seconds": 0.0},
        {"fault": "hang_before", "match": {"request_id": "o-*"}, "times": None},
        {"fault": "status", "status": 503, "headers": {"Retry-After": "1"}, "match": {"every": 2}},
        {"fault": "huge_json", "size_bytes": 65_537, "match": {"all": True}, "times": 5},
    ],
)
async def test_json_faults(
    api: StandIn, client: httpx2.AsyncClient, rule: Mapping[str, object]
) -> None:
    """The control endpoint adds a fault, shows it, and takes all away."""
    added = await client.post(api.base_url + "/faults", json=rule)
    assert added.status_code == 201
    shown = (await client.get(api.base_url + "/faults")).json()
    assert shown == [added.json()]
    assert {**rule, "match": rule.get("match", {"all": True})}.items() <= shown[0].items()
    assert (await client.delete(api.base_url + "/faults")).status_code == 200
    assert api.faults.rules == []


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "no_such_fault"},
        {"fault": "delay"},
        {"fault": "delay", "seconds": 1, "second": 2},
        {"fault": "hang_before", "match": {"requestid": "o-1"}},
        {"fault": "hang_before", "match": {"all": False}},
        {"fault": "hang_before", "times": 0},
        {"fault": "not_object", "value": {}},
        {},
    ],
)
async def test_a_misspelt_fault_is_refused(
    api: StandIn, client: httpx2.AsyncClient, rule: Mapping[str, object]
) -> None:
    """A fault that cannot be meant is told, and not added."""
    assert (await client.post(api.base_url + "/faults", json=rule)).status_code == 422
    assert api.faults.rules == []
