"""`parked export` and `restore`."""

import stat
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tests.commands.parked.conftest import Run
from tests.commands.parked.scene import PARKED, park, unknown, without_id
from tests.world.broker.vhost import VirtualHost

HEADERS = {
    "when": datetime(2026, 1, 31, tzinfo=UTC),
    "price": Decimal("0.10"),
    "bytes": b"\x00\xff",
    "nested": {"a": [1, None, True]},
}


async def test_what_was_exported_is_restored_once(
    vhost: VirtualHost, run: Run, tmp_path: Path
) -> None:
    """Whole, in order, and only what is missing: the second time nothing."""
    await park(vhost, [unknown("o-1", headers=HEADERS), without_id(body=b"\xff"), unknown("o-2")])
    before = await run("parked", "list", "--json")
    file = tmp_path / "parked.jsonl"
    written = await run("parked", "export", "--to", str(file))
    assert written.returncode == 0, written.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await vhost.until_ready(PARKED, 3)
    again = await run("parked", "export", "--to", str(file))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    await vhost.drain(PARKED)
    dry = await run("parked", "restore", str(file), "--dry-run")
    assert (dry.returncode, await vhost.ready(PARKED)) == (0, 0)
    done = await run("parked", "restore", str(file), "--yes", "--count", "3")
    assert done.returncode == 0, done.stderr
    assert (await run("parked", "list", "--json")).stdout == before.stdout
    again = await run("parked", "restore", str(file), "--yes", "--count", "3")
    assert again.returncode == 0
    await vhost.until_ready(PARKED, 3)
    assert "0 of them are not in orders.parked" in again.stdout


async def test_what_the_broker_moved_is_the_same_after_it(
    vhost: VirtualHost, run: Run, tmp_path: Path
) -> None:
    """Also that the broker moved it: its sender's words do not become the relay's."""
    death = {"queue": "orders.requests", "reason": "delivery_limit", "count": 1}
    headers = {"x-order-relay-parked-status": "rejected", "x-death": [death]}
    parked = unknown("o-1")
    await park(vhost, [replace(parked, message=replace(parked.message, headers=headers))])
    before = await run("parked", "list", "--json")
    assert '"delivery_limit"' in before.stdout
    file = tmp_path / "parked.jsonl"
    assert (await run("parked", "export", "o-1", "--to", str(file))).returncode == 0
    await vhost.drain(PARKED)
    done = await run("parked", "restore", str(file), "--yes", "--count", "1")
    assert done.returncode == 0, done.stderr
    assert (await run("parked", "list", "--json")).stdout == before.stdout


async def test_a_file_that_is_none_changes_nothing(
    vhost: VirtualHost, run: Run, tmp_path: Path
) -> None:
    """The line is named, and nothing is published."""
    await park(vhost, [unknown("o-1")])
    file = tmp_path / "parked.jsonl"
    await run("parked", "export", "--to", str(file))
    await vhost.drain(PARKED)
    with file.open("a") as lines:
        lines.write("{}\n")
    broken = await run("parked", "restore", str(file), "--yes", "--count", "2")
    assert broken.returncode == 1
    assert "line 2: it is not a line of `export`" in broken.stderr
    assert (await run("parked", "restore", str(tmp_path / "none"))).returncode == 1
    assert await vhost.ready(PARKED) == 0
