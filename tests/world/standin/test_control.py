"""The control endpoints: faults, keys, the call log, and the signals that tests wait for."""

import asyncio
from collections.abc import Mapping

import httpx2
import pytest

from tests.world.standin import AllCalls, EveryNth, Options, RequestIdIs, StandIn
from tests.world.standin.example import order_form
from tests.world.standin.faults import HangBefore, Status


async def test_keys_can_be_changed(api: StandIn, client: httpx2.AsyncClient) -> None:
    """After a rotation the old key is wrong and the new one right."""
    changed = await client.post(api.base_url + "/keys", json={"keys": ["new"]})
    assert changed.json() == {"keys": 1}
    assert (await client.post(api.url, data=order_form())).status_code == 401
    assert (await client.post(api.url, data=order_form(key="new"))).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(("/keys", body) for body in (b"", b"{}", b'{"keys": []}', b'{"keys": "new"}', b"[]")),
        *(("/faults", body) for body in (b"", b"not json", b"[]")),
    ],
)
async def test_what_makes_no_sense_is_refused(
    api: StandIn, client: httpx2.AsyncClient, path: str, body: bytes
) -> None:
    """Keys and faults stay as they are, and other methods are none."""
    assert (await client.post(api.base_url + path, content=body)).status_code == 422
    assert (await client.patch(api.base_url + path, content=body)).status_code == 405
    assert (await client.post(api.url, data=order_form())).status_code == 200


async def test_faults_are_replaced_in_one_step(api: StandIn, client: httpx2.AsyncClient) -> None:
    """What is put is what there is; a wrong one among them changes nothing."""
    api.faults.add(HangBefore())
    faults = api.base_url + "/faults"
    right = [{"fault": "drip", "match": {"every": 2}, "times": None}, {"fault": "short"}]
    assert (await client.put(faults, json=right)).status_code == 200
    assert [rule.fault.fault for rule in api.faults.rules] == ["drip", "short"]
    for wrong in (b"{}", b"[1]", b'[{"fault": "none"}]'):
        assert (await client.put(faults, content=wrong)).status_code == 422
    assert len(api.faults.rules) == 2
    assert (await client.put(faults, content=b"[]")).json() == []


async def test_the_call_log(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Each call is told with its times, its form's fingerprint and its answer."""
    await client.post(api.url, data=order_form())
    await client.post(api.url, data=order_form(key="wrong"))
    first, second = (await client.get(api.base_url + "/calls")).json()
    assert first["monotonic_seconds"] <= second["monotonic_seconds"]
    assert first["wall_seconds"] > 1_000_000_000
    assert first["fingerprint"] == second["fingerprint"]
    assert len(first["fingerprint"]) == 64
    kept = ("request_id", "answered", "status", "order_placed")
    assert [first[name] for name in kept] == ["o-1", "placed", 200, True]
    assert [second[name] for name in kept] == ["o-1", "unauthorized", 401, False]


async def test_logs_are_bounded(client: httpx2.AsyncClient) -> None:
    """Only the latest calls and requests are kept; the ledger counts all."""
    async with StandIn(Options(keep_calls=2, keep_requests=1)) as api:
        for number in range(4):
            await client.post(api.url, data=order_form(f"o-{number}"))
        assert [call.request_id for call in api.calls] == ["o-2", "o-3"]
        assert len(api.requests) == 1
        assert api.ledger.calls == 4


async def test_raw_requests(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Headers and body are kept as they arrived."""
    headers = {"X-Trace": "abc", "content-type": "application/x-www-form-urlencoded"}
    await client.post(api.url, content=b"key=wrong&a=%20+", headers=headers)
    request = api.requests[-1]
    assert (request.method, request.path, request.body) == ("POST", "/api/v2", b"key=wrong&a=%20+")
    assert request.headers["x-trace"] == "abc"


async def test_seen_waits_for_calls(api: StandIn, client: httpx2.AsyncClient) -> None:
    """It returns in time for the call that it waits for, and says what it saw when none comes."""
    waiting = asyncio.create_task(api.seen("o-1", calls=2))
    await client.post(api.url, data=order_form())
    assert not waiting.done()
    await client.post(api.url, data=order_form())
    await waiting
    with pytest.raises(AssertionError, match="2 of 3 calls of 'o-1' arrived"):
        await api.seen("o-1", calls=3, timeout=0)
    with pytest.raises(AssertionError, match="0 calls are in flight, not 5"):
        await api.in_flight(5, timeout=0)


async def test_a_client_that_dies_while_sending(
    api: StandIn, client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a request counts for nothing and is no error of the stand-in."""
    _, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(api.url).port)
    writer.write(b"POST /api/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nkey=")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await client.post(api.url, data=order_form())).status_code == 200
    assert api.ledger.calls == 1
    assert caplog.records == []


async def test_stopping_twice_is_fine() -> None:
    """A stand-in that was stopped, or never started, stops without complaint."""
    api = StandIn()
    await api.stop()
    async with api:
        await api.stop()


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
