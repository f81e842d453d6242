"""The stand-in keeps the order API's rules, over real HTTP."""

from decimal import Decimal

import httpx2
import pytest

from tests.world.standin import Catalogue, Options, StandIn
from tests.world.standin.example import order_form


async def test_a_valid_order_is_placed(api: StandIn, client: httpx2.AsyncClient) -> None:
    """A success is 200 with an order id that is a string."""
    answer = await client.post(api.url, data=order_form())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"order": "ord_00000000000000000001"}
    assert api.ledger.orders_of("o-1") == 1


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"request_id": None}, 400, "Missing required parameter: request_id"),
        ({"request_id": ""}, 400, "Missing required parameter: request_id"),
        ({"request_id": "x" * 129}, 400, "request_id must have at most 128 characters"),
        ({"service": "100"}, 400, "Service not found"),
        ({"service": None}, 400, "Service not found"),
        ({"service": "seven"}, 400, "Service not found"),
        ({"quantity": "0"}, 400, "Quantity must be a positive integer"),
        ({"quantity": "-5"}, 400, "Quantity must be a positive integer"),
        ({"quantity": "1.5"}, 400, "Quantity must be a positive integer"),
        ({"quantity": "1_000"}, 400, "Quantity must be a positive integer"),
        ({"quantity": "٣"}, 400, "Quantity must be a positive integer"),
        ({"quantity": None}, 400, "Quantity must be a positive integer"),
        ({"link": None}, 400, "Missing required parameter: link"),
        ({"link": "ftp://example.com"}, 400, None),
        ({"link": "https://example.com/" + "x" * 981}, 400, None),
        ({"runs": "0"}, 400, "Runs and interval must be positive integers"),
        ({"action": "status"}, 400, "Invalid action"),
        ({"action": None}, 400, "Invalid action"),
        ({"key": "wrong"}, 401, "Invalid API key"),
        ({"key": None}, 401, "Invalid API key"),
    ],
)
async def test_a_broken_rule_is_refused(
    api: StandIn,
    client: httpx2.AsyncClient,
    changes: dict[str, str | None],
    status: int,
    error: str | None,
) -> None:
    """Each broken rule has its status and error, and makes no order."""
    answer = await client.post(api.url, data=order_form(**changes))
    assert answer.status_code == status
    assert error is None or answer.json() == {"error": error}
    assert api.ledger.orders == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"request_id": "x" * 128},
        {"link": None, "username": "someone"},
        {"link": "https://example.com/" + "x" * 980},
        {"runs": "3", "interval": "60", "coupon": "SPRING"},
        {"comments": "äöü & more = less"},
    ],
)
async def test_what_the_rules_allow_is_placed(
    api: StandIn, client: httpx2.AsyncClient, changes: dict[str, str | None]
) -> None:
    """The edges of the rules, and parameters that the documentation does not list, are fine."""
    answer = await client.post(api.url, data=order_form(**changes))
    assert answer.status_code == 200


async def test_a_parameter_sent_twice_is_refused(api: StandIn, client: httpx2.AsyncClient) -> None:
    """No reader could know which of the two was meant."""
    form_type = {"content-type": "application/x-www-form-urlencoded"}
    body = b"action=add&service=7&service=8&request_id=o-1&key=test-key"
    answer = await client.post(api.url, content=body, headers=form_type)
    assert answer.json() == {"error": "Duplicate parameter: service"}


async def test_json_is_no_form(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Another content type is refused."""
    answer = await client.post(api.url, json=order_form())
    assert answer.status_code == 400
    assert api.ledger.orders == 0


async def test_other_paths_and_methods(api: StandIn, client: httpx2.AsyncClient) -> None:
    """Only POST on the order endpoint places orders."""
    assert (await client.post(api.base_url + "/api/v1", data=order_form())).status_code == 404
    assert (await client.get(api.url)).status_code == 405
    assert api.ledger.calls == 0
    assert [received.path for received in api.requests] == ["/api/v1", "/api/v2"]


async def test_the_same_form_has_the_same_answer(api: StandIn, client: httpx2.AsyncClient) -> None:
    """A repeated success is the stored one, also under another key."""
    api.accept_keys("test-key", "other-key")
    first = await client.post(api.url, data=order_form())
    second = await client.post(api.url, data=order_form())
    third = await client.post(api.url, data=order_form(key="other-key"))
    assert first.content == second.content == third.content
    assert api.ledger.orders == 1
    assert [call.answered for call in api.calls] == ["placed", "repeated", "repeated"]


async def test_a_documented_error_is_remembered(client: httpx2.AsyncClient) -> None:
    """A 400 comes back for the same request_id when its cause is gone."""
    async with StandIn(Options(balance=Decimal(99))) as api:
        first = await client.post(api.url, data=order_form())
        api.ledger.balance = None
        again = await client.post(api.url, data=order_form())
        other = await client.post(api.url, data=order_form("o-2"))
    assert first.json() == again.json() == {"error": "Insufficient balance"}
    assert other.status_code == 200


async def test_account_errors_are_not_remembered(api: StandIn, client: httpx2.AsyncClient) -> None:
    """A call with a wrong key says nothing about its request_id."""
    assert (await client.post(api.url, data=order_form(key="wrong"))).status_code == 401
    assert (await client.post(api.url, data=order_form())).status_code == 200


async def test_another_form_under_a_request_id(api: StandIn, client: httpx2.AsyncClient) -> None:
    """It is 409 and recorded, makes no order, and leaves the stored answer alone."""
    first = await client.post(api.url, data=order_form())
    other = await client.post(api.url, data=order_form(quantity="101"))
    again = await client.post(api.url, data=order_form())
    assert other.status_code == 409
    assert "error" in other.json()
    assert first.content == again.content
    assert api.ledger.summary() == {
        "orders": 1,
        "request_ids": 1,
        "more_than_one_order": 0,
        "conflicts": 1,
        "calls": 3,
    }


async def test_the_balance_pays_for_orders(client: httpx2.AsyncClient) -> None:
    """Price times quantity is taken once an order; what is left pays for smaller ones."""
    prices = Catalogue(prices={8: Decimal("0.5")})
    async with StandIn(Options(balance=Decimal(150), catalogue=prices)) as api:
        for _ in range(2):
            await client.post(api.url, data=order_form("o-1"))
        refused = await client.post(api.url, data=order_form("o-2"))
        cheaper = await client.post(api.url, data=order_form("o-3", service="8"))
        assert api.ledger.balance == 0
    assert refused.json() == {"error": "Insufficient balance"}
    assert cheaper.status_code == 200


async def test_the_catalogue_is_configurable(client: httpx2.AsyncClient) -> None:
    """Services can be unknown, and quantities limited."""
    catalogue = Catalogue(unknown=frozenset({3}), maximum=99)
    async with StandIn(Options(catalogue=catalogue)) as api:
        unknown = await client.post(api.url, data=order_form("o-1", service="3"))
        large = await client.post(api.url, data=order_form("o-2", quantity="100"))
        most = await client.post(api.url, data=order_form("o-3", quantity="99"))
    assert [each.status_code for each in (unknown, large, most)] == [400, 400, 200]


async def test_a_forgotten_request_id_makes_a_second_order(client: httpx2.AsyncClient) -> None:
    """Outside the idempotency window the ledger counts what a real API would have done."""
    async with StandIn(Options(idempotency_window_seconds=0)) as api:
        await client.post(api.url, data=order_form())
        await client.post(api.url, data=order_form())
        assert api.ledger.orders_of("o-1") == 2
        assert api.ledger.summary()["more_than_one_order"] == 1
