"""What a supporter gets: all that was seen, no message and no secret."""

import asyncio
import json
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.commands.cli import app
from service.commands.doctor.bundle import MOST_LOG_LINES, log_lines, write
from tests.commands.doctor.fronts import answering, serving
from tests.world.broker.ports import free_ports
from tests.world.relay_process import environment

PRODUCERS = "canary-of-a-producer"
QUOTING = dict.fromkeys(
    ("message", "reason", "why", "error", "routing_key", "correlation_id"),
    f"must be text, got {PRODUCERS}",
)
SECRETS = ("canary-of-the-key", "canary-of-the-broker", "canary-of-management", "canary-of-a-token")
KEPT = {"time": "2026-05-04T12:00:00.000000Z", "level": "info", "event": "answered"}


def test_only_lines_of_a_relay_are_kept() -> None:
    """Others may hold a message; how many there were is told."""
    ours = json.dumps(KEPT)
    text = f'starting\n{ours}\n{{"event": "order", "body": "x"}}\n[1]\n\n{ours}'
    told, *kept = log_lines(text).splitlines()
    assert kept == [ours, ours]
    assert json.loads(told) == {"lines_left_out_that_are_no_relays": 3}
    many = "\n".join(json.dumps(KEPT | {"attempts": n}) for n in range(MOST_LOG_LINES + 5))
    assert len(log_lines(many).splitlines()) == MOST_LOG_LINES + 1


def test_a_bundle_is_for_its_owner_and_replaces_nothing(tmp_path: Path) -> None:
    """Nothing is left beside it."""
    file = tmp_path / "bundle.tar.gz"
    write(file, {"a.txt": "a"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write(file, {"a.txt": "b"})
    assert list(tmp_path.iterdir()) == [file]
    assert opened(file) == {"a.txt": "a"}


def opened(file: Path) -> dict[str, str]:
    """The texts of a bundle."""
    texts = {}
    with tarfile.open(file) as archive:
        for member in archive.getmembers():
            assert member.mode == 0o600
            reading = archive.extractfile(member)
            assert reading is not None
            texts[member.name.rpartition("/")[2]] = reading.read().decode()
    return texts


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., tuple[int, str, dict[str, str]]]:
    """Run the command with a canary in each secret; its exit code, what it says, the bundle."""
    log = tmp_path / "relay.log"
    line = KEPT | {"request_id": f"{SECRETS[0]} {SECRETS[1]}"} | QUOTING
    hold = KEPT | {"event": "hold", "reason": "circuit", "why": PRODUCERS}
    log.write_text(f"{json.dumps(line)}\n{json.dumps(hold)}\nbody of {SECRETS[2]}\n")

    def run(api: int, admin: int) -> tuple[int, str, dict[str, str]]:
        nothing, management = free_ports(2)
        settings = {
            "AMQP__URL": f"amqp://user:{SECRETS[1]}@127.0.0.1:{nothing}/",
            "API__URL": f"http://127.0.0.1:{api}/?token={SECRETS[3]}",
            "API__KEY": SECRETS[0],
            "ADMIN__HOST": "127.0.0.1",
            "ADMIN__PORT": admin,
            "MANAGEMENT__URL": f"http://user:{SECRETS[2]}@127.0.0.1:{management}",
        }
        file = tmp_path / "bundle.tar.gz"
        wanted = ["doctor", "--bundle", str(file), "--log", str(log)]
        result = CliRunner(env=environment(**settings)).invoke(app, wanted)
        again = CliRunner(env=environment(**settings)).invoke(app, wanted)
        assert again.exit_code == 2
        assert "is there already" in " ".join(again.output.split())
        return result.exit_code, result.output, opened(file)

    return run


async def test_no_secret_is_in_a_bundle(
    ran: Callable[..., tuple[int, str, dict[str, str]]],
) -> None:
    """Not in what is said either, although the API and the metrics repeat them."""
    echo = json.dumps({"error": " ".join(SECRETS)}).encode()
    metrics = f"order_relay_in_flight 3\nsomething_else 1\n# {SECRETS[0]}\n".encode()
    async with (
        serving(answering("400 Bad Request", echo)) as api,
        serving(answering("200 OK", metrics)) as admin,
    ):
        code, said, texts = await asyncio.to_thread(ran, api, admin)
    assert code == 1
    assert sorted(texts) == [
        "doctor.json",
        "log.jsonl",
        "metrics.txt",
        "settings.txt",
        "versions.txt",
    ]
    assert '"code": "OR-B' in texts["doctor.json"]
    assert "order_relay_in_flight 3" in texts["metrics.txt"]
    assert "something_else" not in texts["metrics.txt"]
    assert "ORDER_RELAY_AMQP__URL" in texts["settings.txt"]
    assert '"event": "answered"' in texts["log.jsonl"]
    assert '"event": "hold", "reason": "circuit"}' in texts["log.jsonl"]
    for name, text in {**texts, "said": said}.items():
        assert not [secret for secret in SECRETS if secret in text], name
        assert PRODUCERS not in text, name
