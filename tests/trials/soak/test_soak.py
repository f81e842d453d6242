"""The soak in its short form, and the command."""

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.trials.soak.__main__ import main
from tests.trials.soak.report import Sample
from tests.trials.soak.run import Plan, soak
from tests.trials.soak.show import screen, summary, table
from tests.world.broker import VirtualHost
from tests.world.interrupted import ends_in_order, needs_proc


@needs_proc
@pytest.mark.timeout(180)
async def test_every_order_is_accounted_for(vhost: VirtualHost, tmp_path: Path) -> None:
    """Each is replied to once and ordered once, no queue keeps anything, memory stays bounded."""
    seen: list[tuple[int, Sample | None]] = []
    # So few do not fill the relay's memory of recent requests, which goes on growing.
    plan = Plan(orders=400, backlog=150, growth_limit_kib=20 * 1024)
    report = await soak(vhost, tmp_path, plan, lambda *what: seen.append(what))
    assert report.problems == []
    assert report.statuses == {"accepted": 400}
    assert (report.replies, report.duplicates, report.ledger["orders"]) == (400, 0, 400)
    assert seen[-1] == (400, report.samples[-1])
    assert [sample for _, sample in seen if sample] == report.samples
    assert len(report.samples) == 10
    assert all(sample.backlog <= plan.backlog for sample in report.samples)
    assert summary(report)[-1] == "All is well."
    text = io.StringIO()
    Console(file=text, width=100).print(table(report))
    assert "400" in text.getvalue()


def test_plain_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """A tenth is one line without control characters."""
    with screen(Console(file=sys.stdout), 200) as watch:
        watch(19, None)
        watch(20, Sample(20, 0.5, 61_440, 0.1, 50))
    line = "20 of 200 orders replied, 40/s, 60.0 MiB, about 4 s left\n"
    assert capsys.readouterr().out.endswith(line)


@pytest.mark.parametrize("line", ["--orders 9", "--orders many"])
def test_a_mistake_on_the_command_line(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It exits with 2 and names the option."""
    with pytest.raises(SystemExit) as exit_:
        main(line.split())
    assert exit_.value.code == 2
    assert "--orders" in capsys.readouterr().err


@needs_proc
@pytest.mark.timeout(300)
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    """In the middle of it, the command ends with 130, and its processes and files are gone."""

    def answers() -> bool:
        logs = tmp_path.glob("*/relay.log")
        return any('"event": "answered"' in log.read_text(encoding="utf-8") for log in logs)

    ends_in_order(["tests.trials.soak", "--orders", "1000000"], tmp_path, answers)
