"""Broken set-ups, each made and named by one code; and good ones, which are called good.

The same table is in docs/doctor.md.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from docs.sources.setups import BROKEN
from docs.sources.setups import GOOD as GOOD_NAMES
from service.commands.doctor.findings import Mark
from tests.commands.doctor import broken_broker, broken_rest
from tests.commands.doctor.fronts import Authority
from tests.commands.doctor.stand import WHOLE, SetUp, Stand, bad, looked_at
from tests.edges.amqp.crash import declared
from tests.world.broker.node import RabbitNode
from tests.world.broker.vhost import VirtualHost
from tests.world.load.waiting import until

SETUPS = [
    *broken_broker.CONNECTIONS,
    *broken_broker.RIGHTS,
    *broken_broker.TOPOLOGY,
    *broken_broker.MANAGEMENT,
    *broken_rest.API,
    *broken_rest.MACHINE,
]
EITHER = {"OR-B01": "OR-B02", "OR-B06": "OR-B07", "OR-B11": "OR-B09"}
"""What depends on how names are looked up, and on what arrives first: an alert, or the end."""


@pytest.fixture(scope="module")
def stand(rabbit_node: RabbitNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A virtual host where the topology stands; each set-up leaves it so."""
    folder = tmp_path_factory.mktemp("doctor")
    with VirtualHost.fresh(rabbit_node) as vhost:
        asyncio.run(declared(vhost.url, WHOLE))
        yield Stand(vhost, Authority(folder), folder)


async def codes(setup: SetUp, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is bad about it, each code once."""
    async with AsyncExitStack() as made:
        if setup.topology is not None:
            vhost = made.enter_context(VirtualHost.fresh(stand.vhost.node))
            await declared(vhost.url, setup.topology)
            stand = Stand(vhost, stand.authority, stand.folder)
        more = await made.enter_async_context(setup.around(stand))
        found: list[str] = []

        async def seen() -> bool:
            looked = await looked_at(setup, stand, monkeypatch, more)
            if setup.narrow:
                letters = BROKEN[setup.name][:4]
                looked = [one for one in looked if one.kind.code.startswith(letters)]
            assert all(one.kind.mend for one in bad(looked))
            found[:] = dict.fromkeys(one.kind.code for one in bad(looked))
            return not setup.late or found == [BROKEN[setup.name]]

        await until(seen, setup.name, timeout_seconds=100)
        return found


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.name)
async def test_a_broken_setup_is_named_by_one_code(
    setup: SetUp, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by no other; each line says what to do."""
    found, wanted = await codes(setup, stand, monkeypatch), BROKEN[setup.name]
    assert [wanted if code == EITHER.get(wanted) else code for code in found] == [wanted]


@pytest.mark.parametrize("setup", broken_rest.GOOD, ids=lambda setup: setup.name)
async def test_a_good_setup_is_called_good(
    setup: SetUp, stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is wrong, and nothing is to look at."""
    async with AsyncExitStack() as made:
        if setup.topology is not None:
            vhost = made.enter_context(VirtualHost.fresh(stand.vhost.node))
            await declared(vhost.url, setup.topology)
            stand = Stand(vhost, stand.authority, stand.folder)
        more = await made.enter_async_context(setup.around(stand))
        found = await looked_at(setup, stand, monkeypatch, more)
    assert [one for one in found if one.kind.mark in (Mark.WRONG, Mark.LOOK)] == []


def test_the_page_has_the_same_table() -> None:
    """At least 40 broken ones, and 10 good ones."""
    assert sorted(setup.name for setup in SETUPS) == sorted(BROKEN)
    assert {setup.name for setup in broken_rest.GOOD} == set(GOOD_NAMES)
    assert len(BROKEN) >= 40
    assert len(GOOD_NAMES) >= 10
