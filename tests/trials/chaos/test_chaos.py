"""The quick scenario for real, and the command line."""

import json
from pathlib import Path

import pytest

from tests.trials.chaos.__main__ import main
from tests.trials.chaos.brokers import ChaosBroker
from tests.trials.chaos.checker import check
from tests.trials.chaos.run import Run, defects
from tests.trials.chaos.scenario import load, names
from tests.world.broker import VirtualHost
from tests.world.interrupted import ends_in_order, needs_proc
from tests.world.load.processes import CONSUMING

SEED = 4


@pytest.mark.timeout(600)
async def test_nothing_is_lost_doubled_or_contradicted(vhost: VirtualHost, tmp_path: Path) -> None:
    """Real relays, broker and API, killed and cut at random: every promise is kept."""
    lines: list[str] = []
    scenario = load("quick")
    run = Run(scenario, SEED, lines.append)
    with ChaosBroker.prepare(vhost) as broker:
        history = await run.carry_out(broker, tmp_path)
    verdict = check(history)
    assert verdict.failures == ()
    assert run.problems == []
    assert verdict.orders == scenario.load.orders
    # No fault is aimed at the producers; only a machine that stands still may cost them a confirm.
    assert verdict.confirmed >= scenario.load.orders / 2
    confirmed = {sent.request_id for sent in history.sent if sent.confirmed_at is not None}
    assert {told.request_id for told in history.told} >= confirmed
    assert len(history.inflicted) >= 5
    assert len({fault.kind for fault in history.inflicted}) >= 3
    assert any(line.endswith("waiting for quiet") for line in lines)


@needs_proc
@pytest.mark.timeout(600)
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """In the middle of it, the command ends with 130, and its processes and files are gone."""
    there, out = tmp_path / "there", tmp_path / "out"
    there.mkdir()

    def consumes() -> bool:
        logs = there.glob("*/relay-*.log")
        return any(CONSUMING in log.read_text(encoding="utf-8") for log in logs)

    command = ["tests.trials.chaos", "quick", "--orders", "99999", "--out", str(out)]
    ends_in_order(command, there, consumes)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("noone", "no scenario 'noone'"),
        ("quick --orders 0", "--orders"),
        ("quick --seed x", "--seed"),
    ],
)
def test_a_mistake_on_the_command_line(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """It exits with 2 and says what is wrong."""
    with pytest.raises(SystemExit) as exit_:
        main(line.split())
    assert exit_.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("line", ["", "--list"])
def test_the_list(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every scenario with what it is about."""
    assert main(line.split()) == 0
    shown = capsys.readouterr().out
    assert all(f"{name} " in shown and load(name).about in shown for name in names())


def test_a_defect_in_the_log_of_a_relay_is_found(tmp_path: Path) -> None:
    """And what a relay logs of the faults is none."""
    log = tmp_path / "relay-0-001.log"
    lines = [{"event": "broker lost"}, {"event": "unexpected error", "error": "KeyError: 'x'"}]
    log.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    assert defects(log) == [f"relay-0-001: {json.dumps(lines[1])}"]
