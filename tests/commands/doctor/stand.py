"""Where set-ups are made: one virtual host for all that leave it as it is, and fresh ones."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from service.app.loading import load_shown
from service.app.sources import BadSettingsError
from service.commands.doctor import judging
from service.commands.doctor.findings import Finding, Mark
from service.commands.doctor.looking import all_findings
from service.core.topology import Topology, build_whole_topology
from service.edges.amqp.questions import Bounds
from tests.commands.doctor.fronts import Authority, answering, serving
from tests.world.broker.ports import free_ports
from tests.world.broker.vhost import VirtualHost

WHOLE = build_whole_topology("orders", (1,))
ASKED = b'{"error": "Missing required parameter: request_id"}'
PATIENT = Bounds(each_seconds=60, all_seconds=100)
"""A busy machine is no finding here."""

Around = Callable[["Stand"], AbstractAsyncContextManager[Mapping[str, str]]]


@dataclass(frozen=True)
class Stand:
    """A broker's virtual host, and what certificates come from."""

    vhost: VirtualHost
    authority: Authority
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """Those of a good set-up, but for the API."""
        management = self.vhost.node.management_url.replace("://", "://guest:guest@")
        return {
            "AMQP__URL": self.vhost.url,
            "API__KEY": "a-key-of-the-doctor's",
            "API__TIMEOUT_SECONDS": "60",
            "DRAIN_SECONDS": "90",
            "ADMIN__PORT": "0",
            "RETRY__DELAYS_SECONDS": "1",
            "MANAGEMENT__URL": management,
        }


@asynccontextmanager
async def as_it_is(_: Stand) -> AsyncIterator[Mapping[str, str]]:
    """Nothing is done."""
    yield {}


@dataclass(frozen=True)
class SetUp:
    """What is done to a good one: its topology (else as it should be), settings, and around it.

    Of one with other `bounds` the other looks have too little time.
    """

    name: str
    around: Around = as_it_is
    settings: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    topology: Topology | None = None
    bounds: Bounds = PATIENT
    late: bool = False
    """Whether the management API learns of it some seconds later."""

    alone: bool = False
    """Whether it has no broker: all questions to one, again and again, would take a minute."""

    @property
    def narrow(self) -> bool:
        """Whether only the findings of its own kind count."""
        return self.bounds is not PATIENT or self.alone


async def looked_at(
    setup: SetUp, stand: Stand, monkeypatch: pytest.MonkeyPatch, more: Mapping[str, str]
) -> list[Finding]:
    """What the doctor finds."""
    async with serving(answering("400 Bad Request", ASKED)) as port:
        given = stand.settings | {"API__URL": f"http://127.0.0.1:{port}/"}
        if setup.alone:
            given |= {"AMQP__URL": f"amqp://127.0.0.1:{free_ports(1)[0]}/"}
        given |= dict(setup.settings) | dict(more)
        for name, value in given.items():
            monkeypatch.setenv(f"ORDER_RELAY_{name}", value)
        for name in (*setup.without, *(("MANAGEMENT__URL",) if setup.alone else ())):
            monkeypatch.delenv(f"ORDER_RELAY_{name}")
        try:
            settings, found = load_shown()
        except BadSettingsError as error:
            return list(judging.of_problems(error.problems))
        files = [one.file for one in found.values() if one.file is not None]
        return await all_findings(settings, files, setup.bounds)


def bad(found: list[Finding]) -> list[Finding]:
    """What is wrong or to look at; what was not checked where nothing is."""
    bad = [each for each in found if each.kind.mark in (Mark.WRONG, Mark.LOOK)]
    return bad or [each for each in found if each.kind.mark is Mark.UNCHECKED]


def without_queue(*names: str, topology: Topology = WHOLE) -> Topology:
    """Without these queues and their bindings."""
    return replace(
        topology,
        queues=tuple(one for one in topology.queues if one.name not in names),
        bindings=tuple(one for one in topology.bindings if one.queue not in names),
    )


def without_exchange(*names: str) -> Topology:
    """Without these exchanges and their bindings."""
    return replace(
        WHOLE,
        exchanges=tuple(one for one in WHOLE.exchanges if one.name not in names),
        bindings=tuple(one for one in WHOLE.bindings if one.exchange not in names),
    )


def with_queue(name: str, **changed: str | int | None) -> Topology:
    """One queue with other arguments; None is without it."""
    names = {f"x-{each.replace('_', '-')}": value for each, value in changed.items()}

    def arguments(there: Mapping[str, str | int]) -> dict[str, str | int]:
        return {n: v for n, v in (dict(there) | names).items() if v is not None}

    queues = (
        replace(one, arguments=arguments(one.arguments)) if one.name == name else one
        for one in WHOLE.queues
    )
    return replace(WHOLE, queues=tuple(queues))


def classic(name: str) -> Topology:
    """One queue as nobody asks for another kind."""
    queues = (replace(one, arguments={}) if one.name == name else one for one in WHOLE.queues)
    return replace(WHOLE, queues=tuple(queues))


def with_exchange(name: str, kind: str) -> Topology:
    """One exchange of another type, and without arguments."""
    exchanges = (
        replace(one, type=kind, arguments={}) if one.name == name else one
        for one in WHOLE.exchanges
    )
    return replace(WHOLE, exchanges=tuple(exchanges))
