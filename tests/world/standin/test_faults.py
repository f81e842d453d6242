"""Each fault does what its name says, and places an order or not as it says."""

import asyncio
import json

import httpx2
import pytest

from tests.world.standin import Options, StandIn, faults
from tests.world.standin.example import order_form

ORDER = {"order": "ord_00000000000000000001"}


@pytest.mark.parametrize(
    ("fault", "status", "body", "placed"),
    [
        (faults.Status(status=500), 500, {"error": "Internal Server Error"}, False),
        (faults.Status(status=503, after=True), 503, {"error": "Service Unavailable"}, True),
        (faults.Status(status=408), 408, {"error": "Request Timeout"}, False),
        (faults.Status(status=425), 425, {"error": "Too Early"}, False),
        (faults.Status(status=599), 599, {"error": "Status 599"}, False),
        (faults.OkWithError(), 200, {"error": "Order refused"}, False),
        (faults.OkWithError(error="No"), 200, {"error": "No"}, False),
        (faults.OkWithNeither(), 200, {}, True),
        (faults.NotObject(), 200, [], True),
        (faults.NotObject(value=None), 200, None, True),
        (faults.NotObject(value="ord_1"), 200, "ord_1", True),
        (faults.ErrorNamingKey(), 400, {"error": "Invalid API key"}, False),
        (faults.Unauthorized(), 401, {"error": "Unauthorized"}, False),
        (faults.Delay(seconds=0), 200, ORDER, True),
        (faults.Drip(interval_seconds=0), 200, ORDER, True),
    ],
)
async def test_a_fault_that_answers(
    api: StandIn,
    client: httpx2.AsyncClient,
    fault: faults.Fault,
    status: int,
    body: object,
    *,
    placed: bool,
) -> None:
    """It answers its status and body once; the call after it is served as usual."""
    api.faults.add(fault)
    answer = await client.post(api.url, data=order_form())
    assert (answer.status_code, answer.json()) == (status, body)
    assert api.ledger.orders == placed
    assert api.calls[-1].answered == fault.fault
    assert api.calls[-1].status == status
    assert (await client.post(api.url, data=order_form())).json() == ORDER
    assert api.ledger.orders == 1


async def test_status_with_headers_and_body(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Headers and body can be anything."""
    headers = {"Retry-After": "7", "Content-Type": "text/html"}
    api.faults.add(faults.Status(status=503, headers=headers, body="<h1>Busy</h1>"))
    answer = await client.post(api.url, data=order_form())
    assert answer.headers["retry-after"] == "7"
    assert answer.headers["content-type"] == "text/html"
    assert answer.text == "<h1>Busy</h1>"


async def test_redirect(api: StandIn, client: httpx2.AsyncClient) -> None:
    """It sends the client to a path where nothing is."""
    api.faults.add(faults.Redirect())
    answer = await client.post(api.url, data=order_form())
    assert (answer.status_code, answer.headers["location"]) == (302, "/moved")
    assert (await client.post(api.base_url + "/moved")).status_code == 404
    assert api.ledger.orders == 0


@pytest.mark.parametrize(
    ("fault", "placed"), [(faults.HangBefore(), False), (faults.HangAfter(), True)]
)
async def test_hang(
    api: StandIn, client: httpx2.AsyncClient, fault: faults.Fault, *, placed: bool
) -> None:
    """It never answers; when its client goes, the call is no longer in flight."""
    api.faults.add(fault)
    call = asyncio.create_task(client.post(api.url, data=order_form()))
    await api.seen("o-1")
    await api.in_flight(1)
    assert api.ledger.orders == placed
    assert api.calls[-1].status is None
    call.cancel()
    await api.in_flight(0)
    assert (await client.post(api.url, data=order_form())).json() == ORDER


@pytest.mark.parametrize(
    ("fault", "placed"), [(faults.ResetBefore(), False), (faults.ResetAfter(), True)]
)
async def test_reset(api: StandIn, fault: faults.Fault, *, placed: bool) -> None:
    """The client's socket reports a reset, and no end of file."""
    api.faults.add(fault)
    body = b"action=add&service=7&link=https://x.y&quantity=1&request_id=o-1&key=test-key"
    reader, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(api.url).port)
    writer.write(
        b"POST /api/v2 HTTP/1.1\r\nHost: x\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body) + body
    )
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    assert api.ledger.orders == placed


async def test_broken_json(api: StandIn, client: httpx2.AsyncClient) -> None:
    """The answer is whole for HTTP, and its JSON is not; the order is placed."""
    api.faults.add(faults.BrokenJson())
    answer = await client.post(api.url, data=order_form())
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert api.ledger.orders == 1


async def test_short(api: StandIn, client: httpx2.AsyncClient) -> None:
    """The body ends before its content-length; the order is placed."""
    api.faults.add(faults.Short())
    with pytest.raises(httpx2.RemoteProtocolError, match="without sending complete message body"):
        await client.post(api.url, data=order_form())
    assert api.ledger.orders == 1


async def test_huge_json(api: StandIn, client: httpx2.AsyncClient) -> None:
    """The answer is valid and larger than a client should read."""
    api.faults.add(faults.HugeJson(size_bytes=70_000))
    answer = await client.post(api.url, data=order_form())
    assert len(answer.content) == 70_000
    assert answer.json()["order"] == ORDER["order"]


async def test_endless_json(api: StandIn, client: httpx2.AsyncClient) -> None:
    """It streams up to its limit, and ends without an end."""
    api.faults.add(faults.EndlessJson(limit_bytes=1_000_000))
    api.faults.add(faults.EndlessJson())
    chunks: list[bytes] = []
    with pytest.raises(httpx2.RemoteProtocolError):
        await _read_into(chunks, client, api.url)
    assert sum(map(len, chunks)) == 1_000_000 + len('{"padding": "')
    # A client that has read enough leaves, and the stand-in stops streaming to it.
    async with client.stream("POST", api.url, data=order_form()) as answer:
        assert answer.status_code == 200
    await api.in_flight(0)


async def _read_into(chunks: list[bytes], client: httpx2.AsyncClient, url: str) -> None:
    async with client.stream("POST", url, data=order_form()) as answer:
        async for chunk in answer.aiter_raw():
            chunks.append(chunk)  # noqa: PERF401 - what was read before the error counts.


async def test_drip_ends_with_its_client(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Bytes come one at a time, and stop when nobody reads them."""
    api.faults.add(faults.Drip(interval_seconds=3600))
    call = asyncio.create_task(client.post(api.url, data=order_form()))
    await api.in_flight(1)
    call.cancel()
    await api.in_flight(0)
    assert api.ledger.orders == 1


async def test_a_delayed_order_needs_no_client(api: StandIn, client: httpx2.AsyncClient) -> None:
    """A client that gave up during a delay has ordered all the same."""
    api.faults.add(faults.Delay(seconds=0.2))
    call = asyncio.create_task(client.post(api.url, data=order_form()))
    await api.seen("o-1")
    assert api.ledger.orders == 0
    call.cancel()
    await api.in_flight(0)
    assert api.ledger.orders == 1


@pytest.mark.parametrize(
    "fault", [faults.HangBefore(), faults.HangAfter(), faults.Delay(seconds=3600), faults.Drip()]
)
async def test_a_stop_ends_what_hangs(client: httpx2.AsyncClient, fault: faults.Fault) -> None:
    """The stand-in stops at once, the client is cut off, and nothing is placed late."""
    async with StandIn(Options()) as api:
        api.faults.add(fault)
        call = asyncio.create_task(client.post(api.url, data=order_form()))
        await api.in_flight(1)
        orders = api.ledger.orders
        async with asyncio.timeout(5):
            await api.stop()
    with pytest.raises(httpx2.TransportError):
        await call
    assert api.ledger.orders == orders


async def test_a_stop_ends_a_stream_that_nobody_reads(client: httpx2.AsyncClient) -> None:
    """A client that stands still in the middle of an endless answer does not keep it open."""
    async with StandIn() as api:
        api.faults.add(faults.EndlessJson())
        async with client.stream("POST", api.url, data=order_form()):
            async with asyncio.timeout(5):
                await api.stop()
            assert api.in_flight_now == 0
