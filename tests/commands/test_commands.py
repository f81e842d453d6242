"""The command line: what a stranger reads, and what the process returns."""

import asyncio
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.commands.typed import typed
from tests.edges.amqp.test_least_rights import READ, WRITE
from tests.world.broker.ports import free_ports
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import environment

ROOT = Path(__file__).parents[2]


def order_relay(
    *arguments: str, cwd: Path | None = None, **settings: object
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env=environment(**settings),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("arguments", [["--help"], ["run", "-h"], ["topology", "--help"]])
def test_help_is_for_strangers(arguments: list[str]) -> None:
    """It says what the command does, and exits 0."""
    result = typed(*arguments)
    assert result.returncode == 0
    assert "Usage: order-relay" in result.stdout


def test_every_command_that_is_named_somewhere_is_there() -> None:
    """In the pages, the runbooks, the chart and its dashboards, where people copy them from."""
    there = re.findall(r"^ {2}([a-z-]+) {2}", typed("--help").stdout, re.MULTILINE)
    assert {"run", "topology", "top"} <= set(there)
    charts = [path for path in ROOT.glob("charts/**/*.*") if path.suffix != ".pyc"]
    files = [*ROOT.glob("docs/**/*.md"), *charts, ROOT / "README.md"]
    named = {
        (path.name, command)
        for path in files
        for command in re.findall(
            r"(?:`|\$ |^)order-relay ([a-z-]+)\b", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert len(named) > 10
    assert {one for one in named if one[1] not in there} == set()


def test_the_version_is_told() -> None:
    """By name and number."""
    assert typed("--version").stdout.startswith("order-relay 0.")


def test_an_unknown_command_is_refused() -> None:
    """With the usage, and no traceback."""
    result = typed("fly")
    assert result.returncode == 2
    assert "fly" in result.stderr
    assert "Traceback" not in result.stderr


def test_bad_settings_exit_78_and_are_all_named() -> None:
    """Each by its variable, its value and what is allowed; secrets are not shown."""
    result = order_relay(
        "run",
        API__CONCURRENCY=0,
        API__TIMEOUT="5",
        AMQP__URL="http://user:hidden-password@host/",
        LOG__LEVEL="loud",
    )
    assert result.returncode == 78
    assert "order-relay: 5 bad settings:" in result.stderr
    assert "ORDER_RELAY_API__KEY: is required" in result.stderr
    assert "ORDER_RELAY_API__CONCURRENCY (environment): was '0'" in result.stderr
    assert "did you mean ORDER_RELAY_API__TIMEOUT_SECONDS?" in result.stderr
    assert "hidden-password" not in result.stderr + result.stdout


def test_config_masks_secrets_and_says_where_each_value_came_from(tmp_path: Path) -> None:
    """From the environment, `.env`, a secret file, or the default."""
    (tmp_path / ".env").write_text("ORDER_RELAY_API__CONCURRENCY=7\nOTHER=1\n")
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "api__key").write_text("canary-in-a-file\n")
    result = typed(
        "config",
        cwd=tmp_path,
        SECRETS_DIR=secrets,
        AMQP__URL="amqp://me:canary-in-a-url@host:1/v?heartbeat=9",
    )
    rows = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert result.returncode == 0
    assert rows["ORDER_RELAY_API__CONCURRENCY"].split()[1:] == ["7", ".env"]
    assert rows["ORDER_RELAY_AMQP__URL"].split()[1:] == ["amqp://me:***@host:1/v", "environment"]
    assert rows["ORDER_RELAY_API__KEY"].split()[1:] == ["***", "file", "in", str(secrets)]
    assert rows["ORDER_RELAY_LOG__LEVEL"].split()[1:] == ["info", "default"]
    assert "canary" not in result.stdout.replace(str(secrets), "")


def test_who_needs_no_key_is_not_asked_for_one(tmp_path: Path) -> None:
    """`config` says that there is none; a broker that is away is the only fault of the others."""
    shown = typed("config", cwd=tmp_path)
    assert shown.returncode == 0
    assert "ORDER_RELAY_API__KEY                         -" in shown.stdout
    assert "not set, `run` needs it" in shown.stdout
    for arguments in (["topology"], ["topology", "--check"]):
        result = typed(*arguments, cwd=tmp_path, AMQP__URL="amqp://127.0.0.1:1/")
        assert (result.returncode, result.stderr.count("\n")) == (1, 1), result.stderr
        assert "127.0.0.1:1" in result.stderr


def test_config_and_run_take_the_same_secret_files(tmp_path: Path) -> None:
    """In either case of their letters."""
    (tmp_path / "API__KEY").write_text("canary-in-a-file\n")
    port = free_ports(1)[0]
    with socket.create_server(("127.0.0.1", port)):
        taken = {"SECRETS_DIR": tmp_path, "ADMIN__HOST": "127.0.0.1", "ADMIN__PORT": port}
        assert typed("config", cwd=tmp_path, **taken).returncode == 0
        run = order_relay("run", cwd=tmp_path, **taken)
    assert (run.returncode, run.stderr.count("\n")) == (78, 2)
    assert "API__KEY" not in run.stderr


@pytest.mark.parametrize("command", ["config", "topology"])
def test_a_current_folder_that_is_gone_is_no_fault(tmp_path: Path, command: str) -> None:
    """Then there is no `.env` in it."""
    gone = tmp_path / "gone"
    gone.mkdir()
    result = subprocess.run(
        [
            "sh",
            "-c",
            'rmdir "$1" && exec "$2" -m service "$3"',
            "sh",
            gone,
            sys.executable,
            command,
        ],
        env=environment(AMQP__URL="amqp://127.0.0.1:1/"),
        cwd=gone,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in result.stderr
    assert result.returncode == (0 if command == "config" else 1)


def test_config_hides_a_secret_that_is_in_the_wrong_setting(tmp_path: Path) -> None:
    """In whatever spelling, and what follows the `?` of the API's URL."""
    result = typed(
        "config",
        cwd=tmp_path,
        API__KEY="canary-key-1",
        AMQP__URL="amqp://u:canary-pw-2@h/canary-key-1",
        AMQP__NAMESPACE="Y2FuYXJ5LWtleS0x",
        ADMIN__HOST="canary%2Dpw%2D2",
        API__URL="https://h/x?token=canary-token&k=v",
        TRACES__ENDPOINT="http://canary-key-1.example:4318",
    )
    rows = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()}
    assert result.returncode == 0
    assert rows["ORDER_RELAY_AMQP__URL"] == "amqp://u:***@h/***"
    assert rows["ORDER_RELAY_AMQP__NAMESPACE"] == "***"
    assert rows["ORDER_RELAY_ADMIN__HOST"] == "***"
    assert rows["ORDER_RELAY_API__URL"] == "https://h/x?***"
    assert rows["ORDER_RELAY_TRACES__ENDPOINT"] == "http://***.example:4318"
    assert "canary" not in result.stdout


def test_an_address_that_is_taken_is_a_bad_setting(vhost: VirtualHost) -> None:
    """Said with the address, before anything is consumed."""
    result = order_relay(
        "run", API__KEY="some-key", ADMIN__HOST="127.0.0.1", ADMIN__PORT=vhost.node.amqp_port
    )
    assert result.returncode == 78
    assert f"127.0.0.1 port {vhost.node.amqp_port}" in result.stderr


def test_run_hides_a_secret_that_is_in_the_wrong_setting(tmp_path: Path) -> None:
    """Also where only its use shows that it is wrong."""
    result = order_relay(
        "run", cwd=tmp_path, API__KEY="canary.invalid", ADMIN__HOST="canary.invalid"
    )
    assert result.returncode == 78
    assert "cannot listen on *** port 8080" in result.stderr
    assert "canary" not in result.stderr + result.stdout


def test_topology_is_declared_and_checked(vhost: VirtualHost) -> None:
    """Check says what is missing, declare makes it, check is content, and differs is said."""
    settings: dict[str, Any] = {"AMQP__URL": vhost.url}
    missing = typed("topology", "--check", **settings)
    assert missing.returncode == 1
    assert "queue orders.requests is missing" in missing.stdout
    assert vhost.queues() == {}
    declared = typed("topology", **settings)
    assert declared.returncode == 0
    assert "queue orders.retry.3600" in declared.stdout
    assert typed("topology", "--check", **settings).returncode == 0


def test_with_the_least_rights_a_check_is_content(vhost: VirtualHost) -> None:
    """It says once that it could not compare, and exits 0: all is well."""
    assert typed("topology", AMQP__URL=vhost.url).returncode == 0
    vhost.set_permissions(configure="", write=WRITE, read=READ)
    check = typed("topology", "--check", AMQP__URL=vhost.url)
    assert check.returncode == 0
    there, compared, _ = check.stdout.splitlines()
    assert there.endswith(": the topology is there (16 entities)")
    assert compared.strip().startswith("how it was made could not be compared")


async def test_a_topology_that_differs_is_named(vhost: VirtualHost) -> None:
    """By entity and argument, by both forms of the command."""
    settings: dict[str, Any] = {"AMQP__URL": vhost.url}
    await vhost.declare("orders.requests", delivery_limit=7)
    result = await asyncio.to_thread(typed, "topology", "--check", **settings)
    assert result.returncode == 1
    assert "queue orders.requests differs" in result.stdout
    assert result.stdout.count("stop all relays, and once it is empty delete it") == 1
    declare = await asyncio.to_thread(typed, "topology", **settings)
    assert declare.returncode == 1
    assert "orders.requests" in declare.stderr


def test_an_unreachable_broker_is_said_in_one_line() -> None:
    """Exit 1, no traceback."""
    result = typed("topology", AMQP__URL="amqp://127.0.0.1:1/")
    assert result.returncode == 1
    assert "127.0.0.1:1" in result.stderr
    assert "Traceback" not in result.stderr
