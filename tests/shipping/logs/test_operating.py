"""docs/operating.md: each expression is asked, the log is searched, each name is one of ours."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from charts.sources.dashboards.boards import BOARDS, panels
from docs.sources.logs.fields import kinds
from docs.sources.logs.generate import DOCS
from service.commands.cli import app
from tests.shipping.dashboards import queries, sample
from tests.shipping.logs.fates import Recording
from tests.shipping.logs.operating import links, page, questions
from tests.shipping.rules.exposed import RECORDED, unanswered
from tests.shipping.rules.reading import ALERT_NAMES
from tests.world.prometheus import Prometheus

QUESTIONS = questions()
EXPRESSIONS = list(dict.fromkeys(one for each in QUESTIONS for one in each.expressions))
COMMANDS = [one for each in QUESTIONS for one in each.commands]
LOG_COMMANDS = [one for one in COMMANDS if one.startswith("logs")]


@pytest.fixture
def logs(usual_recording: Recording, tmp_path: Path) -> list[Path]:
    """The lines of a relay at its usual level: to the end, and while an order waits in a queue."""
    lines = usual_recording.text.splitlines()
    waiting = max(number for number, text in enumerate(lines) if '"where": "queue"' in text)
    files = []
    for name, some in (("whole", lines), ("waiting", lines[: waiting + 1])):
        files.append(tmp_path / name)
        files[-1].write_text("".join(f"{line}\n" for line in some), encoding="utf-8")
    return files


def test_there_are_ten_questions() -> None:
    """Numbered, each with a panel or why there is none, a command, and an answer."""
    assert [question.title.partition(". ")[0] for question in QUESTIONS] == [
        str(number) for number in range(1, 11)
    ]
    assert all(question.title.endswith("?") for question in QUESTIONS)
    for question in QUESTIONS:
        shown = [title for name in ("Orders", "SLO") for title in question.panels(name)]
        assert shown or "Panels: none" in question.text, question.title
        assert question.expressions or not shown, question.title
        assert question.commands, question.title


@pytest.mark.parametrize(("name", "board"), [("Orders", BOARDS[0]), ("SLO", BOARDS[1])])
def test_every_panel_is_on_its_dashboard(name: str, board: Any) -> None:
    """By its title."""
    assert board.title.endswith(name)
    named = {title for question in QUESTIONS for title in question.panels(name)}
    assert named
    assert named <= {panel.title for panel in panels(board)}


def test_every_alert_is_one_of_the_rules() -> None:
    """And each that is named is linked to its runbook somewhere."""
    named = set(re.findall(r"\bOrderRelay[A-Za-z]+", page()))
    assert named <= set(ALERT_NAMES)
    linked = {Path(link).stem for link in links() if link.startswith("runbooks/OrderRelay")}
    assert named == linked


def test_every_expression_asks_for_what_there_is() -> None:
    """Metrics, labels and values that a relay shows from its start; series that are recorded."""
    assert [one for expression in EXPRESSIONS for one in unanswered(expression)] == []


def test_every_expression_is_answered(sampled: Prometheus) -> None:
    """By a real Prometheus; those of recorded series are only read, for the sample has none."""
    span = queries.Span(sample.END - 10_500, sample.END, 300)
    for expression in EXPRESSIONS:
        if any(name in expression for name in RECORDED):
            assert queries.ask(sampled.url, "format_query", query=expression), expression
        else:
            assert queries.of_span(sampled.url, expression, span), expression


def test_every_question_to_the_log_has_an_answer(logs: list[Path]) -> None:
    """Run by a shell over the lines of a real relay."""
    for command in LOG_COMMANDS:
        assert any(_run(command, path).stdout.strip() for path in logs), command


def test_the_story_of_an_order_ends_with_its_end(logs: list[Path]) -> None:
    """The first question's commands, of an order that waited in a queue."""
    story, end, *_ = (_run(command, logs[0], "waited").stdout for command in LOG_COMMANDS)
    events = [json.loads(line)["event"] for line in story.splitlines()]
    assert events[-1] == "answered"
    assert "retry" in events
    assert json.loads(end)["status"] == "accepted"
    none = _run(LOG_COMMANDS[0], logs[0], "no-such-order").stdout
    assert none == ""


def test_the_orders_that_wait_are_those_whose_last_line_is_a_wait(logs: list[Path]) -> None:
    """The third question's command: at the end of a run none waits; before it, some do."""
    (command,) = [one for one in LOG_COMMANDS if "awk" in one]
    assert _run(command, logs[0]).stdout == ""
    rows = _run(command, logs[1]).stdout.splitlines()
    lines = [json.loads(text) for text in logs[1].read_text(encoding="utf-8").splitlines()]
    last = {
        line.get("request_id"): line for line in lines if line["event"] in ("retry", "answered")
    }
    waiting = [line for line in last.values() if line["event"] == "retry"]
    assert waiting
    assert rows == sorted(f"{x['waits_until']} {x['where']} {x['request_id']}" for x in waiting)


def test_the_texts_that_are_searched_for_are_those_of_lines() -> None:
    """In the page and in the runbooks; else a command finds nothing for ever."""
    texts = {kind.text for kind in kinds()}
    runbooks = [path.read_text(encoding="utf-8") for path in (DOCS / "runbooks").glob("*.md")]
    searched = [
        word
        for text in (page(), *runbooks)
        for group in re.findall(r'"event": "\(?([A-Za-z| ]+)', text)
        for word in group.split("|")
    ]
    assert len(searched) > 20
    assert [word for word in searched if not any(t.startswith(word) for t in texts)] == []


def test_the_programs_own_commands_are_there() -> None:
    """Whatever follows `order-relay` in a line of code."""
    code = [*COMMANDS, *re.findall(r"`([^`\n]+)`", page())]
    named = {match[1] for one in code if (match := re.match(r"order-relay ([a-z]+)", one))}
    there = set(get_group(app).commands)
    assert {"topology", "config"} <= named
    assert named <= there


def _run(command: str, log: Path, order: str = "unknown") -> subprocess.CompletedProcess[str]:
    """The command, with the log of a file where the page takes it from Kubernetes."""
    script = f"logs() {{ cat {shlex.quote(str(log))}; }}\nID={shlex.quote(order)}\n{command}\n"
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == "", command
    return done
