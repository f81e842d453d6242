"""Broken set-ups, for real: each is named by its code; and good ones, which are called good."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from aio_pika.abc import AbstractIncomingMessage

from service.app.loading import load_shown
from service.commands.doctor import kinds
from service.commands.doctor.command import tell
from service.commands.doctor.findings import Finding, Kind, Mark
from service.commands.doctor.looking import all_findings
from service.core.topology import build_whole_topology
from tests.edges.amqp.crash import declared
from tests.world.broker.ports import free_ports
from tests.world.broker.vhost import VirtualHost
from tests.world.load.waiting import until
from tests.world.relay_process import KEY
from tests.world.standin import StandIn

WHOLE = build_whole_topology("orders", (1,))
LEAST = {"configure": "^$", "write": r"^orders\.(replies|retry|parked|peers)$"}
READ = r"^orders\.(requests|peers)$"


@dataclass(frozen=True)
class SetUp:
    """What is done to a good one, and what must be found: beside what is well, nothing else."""

    name: str
    found: Mapping[Kind, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[VirtualHost], object] = lambda _: None
    declared: bool = True


def rights(**given: str) -> Callable[[VirtualHost], object]:
    """The user may do this and no more."""
    return lambda vhost: vhost.set_permissions(**given)


def policy(vhost: VirtualHost) -> None:
    """Somebody keeps all queues tidy."""
    vhost.node.ctl("set_policy", "-p", vhost.name, "tidy", ".*", '{"message-ttl": 1000}')


CHECK = {"AMQP__TOPOLOGY": "check"}
SETUPS = [
    SetUp("good"),
    SetUp("least rights", settings=CHECK, prepare=rights(**LEAST, read=READ)),
    SetUp(
        "nothing is declared",
        {kinds.UNDECLARED: "queue orders.parked", kinds.MANAGEMENT_AWAY: "no queue"},
        declared=False,
    ),
    SetUp(
        "an operator's topology is not there",
        {
            kinds.MISSING: "exchange orders.replies is missing",
            kinds.NO_STREAM: "queue orders.peers is missing",
            kinds.TOO_MANY: "",
            kinds.MANAGEMENT_AWAY: "no queue",
        },
        CHECK,
        declared=False,
    ),
    SetUp("operator's, and may configure", {kinds.TOO_MANY: "configure queue"}, CHECK),
    SetUp(
        "a right to write is missing",
        {kinds.LACKING: "the user may not write exchange orders.replies"},
        CHECK,
        rights(**LEAST | {"write": r"^orders\.(retry|parked|peers)$"}, read=READ),
    ),
    SetUp(
        "a right to read is missing",
        {kinds.LACKING: "the user may not read queue orders.requests"},
        CHECK,
        rights(**LEAST, read=r"^orders\.peers$"),
    ),
    SetUp(
        "no right on the stream",
        {kinds.LACKING_SHARE: "write exchange orders.peers, read queue orders.peers"},
        CHECK,
        rights(
            **LEAST | {"write": r"^orders\.(replies|retry|parked)$"}, read=r"^orders\.requests$"
        ),
    ),
]


async def looked_at(
    monkeypatch: pytest.MonkeyPatch, vhost: VirtualHost, api: StandIn, **more: str
) -> list[Finding]:
    """What doctor finds with these settings."""
    management = vhost.node.management_url.replace("://", "://guest:guest@")
    given = {
        "AMQP__URL": vhost.url,
        "API__URL": api.url,
        "API__KEY": KEY,
        "ADMIN__PORT": "0",
        "RETRY__DELAYS_SECONDS": "1",
        "MANAGEMENT__URL": management,
    } | more
    for name, value in given.items():
        monkeypatch.setenv(f"ORDER_RELAY_{name}", value)
    return await all_findings(load_shown()[0], [])


def bad(found: list[Finding]) -> list[Finding]:
    """What is not well."""
    return [each for each in found if each.kind.mark is not Mark.OK]


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.name)
async def test_each_setup_is_named(
    setup: SetUp, vhost: VirtualHost, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it is about; nothing else is said to be wrong."""
    if setup.declared:
        await declared(vhost.url, WHOLE)
    setup.prepare(vhost)
    found = bad(await looked_at(monkeypatch, vhost, api, **setup.settings))
    assert {each.kind for each in found} == set(setup.found)
    for kind, words in setup.found.items():
        assert any(words in each.found for each in found if each.kind is kind)


async def test_every_argument_of_a_queue_that_differs_is_named(
    vhost: VirtualHost, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A classic queue is called one."""
    await vhost.declare("orders.parked", queue_type="classic")
    await vhost.declare("orders.requests", queue_type="quorum", max_length=5)
    found = await looked_at(monkeypatch, vhost, api)
    texts = [each.found for each in found if each.kind is kinds.DIFFERS]
    assert "queue orders.parked differs: x-queue-type is 'classic', must be 'quorum'" in texts
    for argument in ("x-dead-letter-exchange", "x-delivery-limit", "x-max-length", "x-overflow"):
        assert any(f"orders.requests differs: {argument}" in text for text in texts)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (lambda url: url.replace(":", ":wrong", 2).replace("amqp:wrong", "amqp:"), {"OR-B17"}),
        (lambda url: url + "-gone", {"OR-B20"}),
        (lambda url: url.rpartition("/")[0] + "/%2F", {"OR-B21"}),
        (lambda url: url.replace("amqp://", "amqps://"), {"OR-B08"}),
        (lambda _: f"amqp://127.0.0.1:{free_ports(1)[0]}/", {"OR-B03"}),
        (lambda _: "amqp://no-such-host.invalid/", {"OR-B01", "OR-B02"}),
    ],
)
async def test_a_broker_that_cannot_be_connected_to(
    change: Callable[[str], str],
    codes: set[str],
    vhost: VirtualHost,
    api: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wrong password, no such vhost, no access, TLS on the plain port, nothing there, no name."""
    found = await looked_at(monkeypatch, vhost, api, AMQP__URL=change(vhost.url))
    assert {each.kind.code for each in found if each.kind.code.startswith("OR-B")} & codes


async def test_the_port_of_something_else_and_an_api_that_refuses_the_key(
    vhost: VirtualHost, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP is no AMQP; no order is placed by asking."""
    address = api.url.removeprefix("http://").partition("/")[0]
    more = {"AMQP__URL": f"amqp://{address}/", "API__KEY": "another", "ADMIN__PORT": "0"}
    found = await looked_at(monkeypatch, vhost, api, **more)
    assert {"OR-B07", "OR-A05"} <= {each.kind.code for each in found}
    assert api.ledger.summary()["orders"] == 0


async def keep(_: AbstractIncomingMessage) -> None:
    """Take an order, and say nothing."""


async def test_what_the_management_api_alone_can_tell(
    vhost: VirtualHost, api: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A policy, a stranger's consumer, a binding that is gone; its password is not told."""
    await declared(vhost.url, WHOLE)
    await asyncio.to_thread(policy, vhost)
    async with vhost.channel() as channel:
        queue = await channel.get_queue("orders.requests", ensure=False)
        await queue.unbind("orders", "order.request")
        await queue.consume(keep)

        async def seen() -> bool:
            found = await looked_at(monkeypatch, vhost, api)
            return {each.kind.code for each in bad(found)} == {"OR-M03", "OR-M04", "OR-M05"}

        await until(seen, "all three are named", timeout_seconds=30)
    away = await looked_at(
        monkeypatch, vhost, api, MANAGEMENT__URL=api.url.replace("://", "://user:pass-word@")
    )
    assert [each.kind for each in bad(away)] == [kinds.MANAGEMENT_AWAY]
    assert "pass-word" not in str(away)


def test_it_is_told_as_lines_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same exit code; nothing that a terminal would obey."""
    found = [Finding(kinds.CONNECTED, "fine"), Finding(kinds.API_ODD, "the API says \x1b[2J")]
    assert tell(found, as_json=False) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok          OR-B00  fine",
        "look        OR-A08  the API says ?[2J",
        "                    see whether these words are about the account",
        "What each code means: docs/doctor.md",
        "Good to go, but look at 1.",
    ]
    assert tell([Finding(kinds.OLD, "3.9")], as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][0]["code"] == "OR-B31"
    assert told["verdict"] == "Not good to go: 1 thing is wrong."
