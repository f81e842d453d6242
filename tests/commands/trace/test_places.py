"""Where an order is, on a real broker and with three relays."""

import json
from typing import Any

import pytest

from service.app.loading import load_shown
from service.commands.trace.looking import Looking
from service.core.depths import PARKED, UNROUTED, Depth, Depths
from tests.commands.parked.conftest import Run
from tests.commands.parked.scene import park, publish, unknown
from tests.commands.trace.scene import DELAYS, TOPOLOGY, everywhere
from tests.core.build import REQUEST
from tests.edges.amqp.crash import declared
from tests.world.broker.vhost import VirtualHost

NOBODY = "http://127.0.0.1:1"
TIERS = ",".join(map(str, DELAYS))
EXPECTED = {
    "o-line": "in_line",
    "o-api": "at_the_api",
    "o-waiting": "waiting",
    "o-publishing": "publishing",
    "o-done": "answered",
    "o-tier": "retry_tier",
    "o-parked": "parked",
    "o-unrouted": "unrouted",
    "o-nowhere": "nowhere",
}
"""The tenth place is that of a copy which is set aside, of the order at the API."""
ELSEWHERE = {"o-done", "o-parked", "o-unrouted", "o-nowhere"}
"""No relay holds these, so that one of their id may wait in a tier, too."""


async def looks(vhost: VirtualHost) -> bool:
    """Whether the tiers are looked at on this broker."""
    return (await vhost.broker_version()).startswith("3.")


async def test_an_order_is_found_in_each_of_its_places(vhost: VirtualHost, run: Run) -> None:
    """With what happens next, and the same again: a look takes nothing away."""
    looked = await looks(vhost)
    async with everywhere(vhost) as relays:
        asked = [part for url in relays for part in ("--relay", url)]

        async def trace(message_id: str) -> dict[str, Any]:
            more = {"RETRY__DELAYS_SECONDS": TIERS}
            done = await run("trace", message_id, "--json", *asked, **more)
            said: dict[str, Any] = json.loads(done.stdout)
            assert (done.returncode, done.stderr) == (0 if said["found"] else 1, "")
            told = ["wait for their next" in text for text in said["not_known"]]
            assert told == ([True] if message_id in ELSEWHERE and not looked else [])
            return said

        found = {message_id: await trace(message_id) for message_id in EXPECTED}
        first = {message_id: said["where"][0] for message_id, said in found.items()}
        assert {name: place["place"] for name, place in first.items()} == EXPECTED
        for message_id in ("o-tier", "o-parked"):
            assert (await trace(message_id))["where"][0]["place"] == EXPECTED[message_id]
        assert "set_aside" in [place["place"] for place in found["o-api"]["where"]]
        # The relay that planned the wait remembers until when.
        assert first["o-waiting"]["until"] is not None
        assert first["o-tier"]["until"] is not None
        last = "2 attempts, the last unknown" if looked else "so says the relay at "
        assert last in first["o-tier"]["text"]
        assert [end["status"] for end in found["o-done"]["ends"]] == ["accepted"]
        assert [end["order"] for end in found["o-unrouted"]["ends"]] == ["ord_o-unrouted"]
        assert "nobody was bound for gone.a" in first["o-unrouted"]["text"]
        assert first["o-unrouted"]["next"].startswith("bind a queue for it, then: order-relay unr")
        assert "outcome_unknown" in first["o-parked"]["text"]
        assert first["o-parked"]["next"].startswith("a person ends it: order-relay parked show ")


async def test_what_waits_is_neither_hurried_nor_made_perhaps_sent(
    vhost: VirtualHost, run: Run
) -> None:
    """The requests are not looked into, and a tier gives its order on as if nobody had looked."""
    await declared(vhost.url, TOPOLOGY)
    more: dict[str, Any] = {"RETRY__DELAYS_SECONDS": "5,600"}
    await vhost.declare(
        "orders.retry.5",
        message_ttl=5000,
        dead_letter_exchange="",
        dead_letter_routing_key="orders.requests",
        dead_letter_strategy="at-least-once",
        overflow="reject-publish",
    )
    await vhost.publish(REQUEST.body, exchange="orders", routing_key="order.request")
    await publish(vhost, "", [(REQUEST, "orders.retry.5")])
    told = await run("trace", str(REQUEST.message_id), "--relay", NOBODY, **more)
    lines = told.stdout.splitlines()
    assert told.stderr == ""
    assert any(one.startswith("not known  what the relay at 127.0.0.1:1") for one in lines)
    if await looks(vhost):
        assert told.returncode == 0
        assert lines[1].startswith("where      waits in orders.retry.5, for 5")
    else:
        assert told.returncode == 1
        assert "not known  1 wait for their next attempt, and it may be among them" in told.stdout
    other = await run("trace", "o-other", "--relay", NOBODY, **more)
    assert other.returncode == 1
    assert "perhaps among the 1 that wait in orders.requests" in other.stdout
    assert "a look makes an order one that was perhaps sent" in other.stdout
    fresh, waited = [await vhost.get("orders.requests") for _ in range(2)]
    assert not fresh.redelivered
    assert not waited.redelivered
    deaths: Any = waited.headers["x-death"]
    assert deaths[0]["reason"] == "expired"


async def test_a_depth_of_0_is_not_believed(
    vhost: VirtualHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the broker says, too, of a queue whose leader is slow."""
    await declared(vhost.url, TOPOLOGY)
    await park(vhost, [unknown("o-1")])
    monkeypatch.setenv("ORDER_RELAY_AMQP__URL", vhost.url)
    slow = Depths({PARKED: Depth(0, 0), UNROUTED: Depth(0, 0)})
    seen = await Looking(load_shown()[0], "o-1", slow).ends()
    assert [one.message_id for one in seen.parked] == ["o-1"]
    assert (seen.unrouted, seen.unread) == ((), ())


async def test_a_broker_that_is_away_is_told(run: Run) -> None:
    """In a line, without the password; what the relays say counts all the same."""
    url = "amqp://u:canary-pw@127.0.0.1:1/"
    told = await run("trace", "o-1", "--relay", NOBODY, AMQP__URL=url)
    assert told.returncode == 1
    assert "not known  what the broker holds: 127.0.0.1:1" in told.stdout
    assert "canary" not in told.stdout + told.stderr


async def test_what_is_typed_wrong_is_told(run: Run) -> None:
    """With the option that it is about."""
    assert (await run("trace")).returncode == 2
    wrong = await run("trace", "o-1", "--relay", "ftp://x")
    assert wrong.returncode == 2
    assert "--relay" in wrong.stderr
    assert (await run("trace", "")).returncode == 2
