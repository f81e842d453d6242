"""Whatever is called, in whatever order: no request_id makes two orders."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from urllib.parse import urlencode

import httpx2
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.standin import Catalogue, Ledger, Options, StandIn
from tests.world.standin.calls import read_form
from tests.world.standin.example import order_form
from tests.world.standin.faults import BrokenJson, Fault, HangAfter, ResetAfter, ResetBefore, Status

_FORMS = st.builds(
    lambda number, service, quantity: order_form(
        f"o-{number}", service=str(service), quantity=str(quantity)
    ),
    number=st.integers(1, 3),
    service=st.sampled_from([7, 13]),
    quantity=st.sampled_from([0, 1, 40]),
)
_FAULTS: st.SearchStrategy[Fault | None] = st.sampled_from(
    [None, ResetBefore(), ResetAfter(), HangAfter(), BrokenJson(), Status(status=500, after=True)]
)
_OPTIONS = Options(catalogue=Catalogue(unknown=frozenset({13})), balance=Decimal(100))


@given(st.lists(_FORMS, max_size=30))
def test_no_sequence_makes_a_second_order(forms: list[dict[str, str]]) -> None:
    """The first answer to a form is the last, orders are paid for once, and the totals add up."""
    ledger = Ledger(_OPTIONS.catalogue, _OPTIONS.balance)
    first_answers: dict[bytes, bytes] = {}
    for values in forms:
        form = read_form(urlencode(values).encode())
        answer = ledger.submit(form, 0.0).answer
        assert first_answers.setdefault(form.fingerprint, answer.body) == answer.body
    assert all(entry.orders <= 1 for entry in ledger.entries.values())
    assert ledger.orders == sum(entry.orders for entry in ledger.entries.values())
    assert ledger.conflicts == sum(entry.conflicts for entry in ledger.entries.values())
    assert ledger.more_than_one_order == 0
    assert ledger.balance is not None
    assert ledger.balance >= 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(_FORMS, _FAULTS), max_size=8))
def test_no_sequence_of_calls_and_faults_makes_a_second_order(
    calls: list[tuple[dict[str, str], Fault | None]],
) -> None:
    """The same over HTTP, while calls fail before and after their order was placed."""
    asyncio.run(_call_all(calls))


async def _call_all(calls: Sequence[tuple[dict[str, str], Fault | None]]) -> None:
    async with StandIn(_OPTIONS) as api, httpx2.AsyncClient(trust_env=False) as client:
        tasks = [asyncio.create_task(_call(api, client, *call)) for call in calls]
        for request_id, count in Counter(form["request_id"] for form, _ in calls).items():
            await api.seen(request_id, count)
        await api.in_flight(sum(call.answered == "hang_after" for call in api.calls))
        assert api.ledger.calls == len(calls)
        assert all(entry.orders <= 1 for entry in api.ledger.entries.values())
        placed = [call.request_id for call in api.calls if call.order_placed]
        assert len(placed) == len(set(placed)) == api.ledger.orders
        await api.stop()
        await asyncio.gather(*tasks)


async def _call(
    api: StandIn, client: httpx2.AsyncClient, values: dict[str, str], fault: Fault | None
) -> None:
    if fault is not None:
        api.faults.add(fault)
    with suppress(httpx2.TransportError):
        await client.post(api.url, data=values)


async def test_the_ledger_endpoint(api: StandIn, client: httpx2.AsyncClient) -> None:
    """It tells orders, calls and conflicts for each request_id, and the totals."""
    await client.post(api.url, data=order_form("o-1"))
    await client.post(api.url, data=order_form("o-1", quantity="5"))
    await client.post(api.url, data=order_form("o-2", service="0"))
    await client.post(api.url, data=order_form(request_id=""))
    totals = {
        "orders": 1,
        "request_ids": 2,
        "more_than_one_order": 0,
        "conflicts": 1,
        "calls": 4,
    }
    summary = await client.get(api.base_url + "/ledger", params={"summary": "1"})
    assert summary.json() == totals
    whole = await client.get(api.base_url + "/ledger")
    assert whole.json() == totals | {
        "by_request_id": {
            "o-1": {
                "orders": 1,
                "calls": 2,
                "conflicts": 1,
                "answer": '{"order": "ord_00000000000000000001"}',
            },
            "o-2": {
                "orders": 0,
                "calls": 1,
                "conflicts": 0,
                "answer": '{"error": "Service not found"}',
            },
        }
    }


def test_a_fingerprint_leaves_out_the_key_alone() -> None:
    """Another key is the same form; another order or encoding of parameters is not."""
    form = read_form(b"action=add&link=a%2Fb&request_id=o&key=k1")
    assert form.fingerprint == read_form(b"key=k2&action=add&link=a%2Fb&request_id=o").fingerprint
    assert form.fingerprint != read_form(b"action=add&link=a/b&request_id=o&key=k1").fingerprint
    assert form.fingerprint != read_form(b"link=a%2Fb&action=add&request_id=o&key=k1").fingerprint
    assert form.values["link"] == "a/b"
