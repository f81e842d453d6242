"""The demo as a newcomer runs it: every message ends as it must, and nothing is left behind."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.processes import Part, birth_of
from tests.demo.relay import ask
from tests.demo.scenario import chapters
from tests.demo.show import ABOUT_WIDTH, NAME_WIDTH, WIDTH
from tests.world.load.processes import ROOT, unmeasured

SECONDS = 240.0
pytestmark = pytest.mark.timeout(SECONDS + 60)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder of this test's own that is not as deep as pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def demo(*arguments: str, temporary: Path) -> "subprocess.Popen[str]":
    """`python -m tests.demo`, with its temporary files in a folder that can be looked at."""
    others = ("FORCE_COLOR", "TTY_COMPATIBLE")
    inherited = {k: v for k, v in unmeasured(os.environ).items() if k not in others}
    return subprocess.Popen(
        [sys.executable, "-m", "tests.demo", *arguments],
        cwd=ROOT,
        env={**inherited, "TMPDIR": str(temporary), "COLUMNS": str(WIDTH)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finished(*arguments: str, temporary: Path) -> str:
    """What the demo printed, once it has exited with 0."""
    process = demo(*arguments, temporary=temporary)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, output
    return output


def test_run(short_path: Path) -> None:
    """Each message ends as it must, each accepted order exists once, and no file is left."""
    output = finished("run", temporary=short_path)
    messages = [message for chapter in chapters(0) for message in chapter.messages]
    for message in messages:
        told = output.count(f"{message.name:<{NAME_WIDTH}} {message.about:<{ABOUT_WIDTH}} ")
        assert told == 2, f"{message.name}: once as it happened, once in the table"
    assert f"All {len(messages)} messages ended as they must." in output
    assert "Each accepted order exists exactly once." in output
    assert "Orders that exist twice: 0." in output
    assert "\x1b" not in output
    assert [line for line in output.splitlines() if len(line) > WIDTH] == []
    assert list(short_path.iterdir()) == []


def test_a_signal_leaves_nothing_behind(short_path: Path) -> None:
    """SIGTERM while the parts start ends them all, with their files."""
    process = demo("run", temporary=short_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "order API" in line:
            break
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert list(short_path.iterdir()) == []


def test_up_send_down(short_path: Path) -> None:
    """What `up` starts serves orders, is started once only, and `down` ends exactly that."""
    home = short_path / "demo"
    where = ("--home", str(home))
    try:
        first = finished(*where, "up", temporary=short_path)
        again = finished(*where, "up", temporary=short_path)
        assert "The demo runs already." in again
        assert urls(again) == urls(first)
        sent = finished(*where, "send", "--id", "by-hand", temporary=short_path)
        assert '"status": "accepted"' in sent
        assert re.search(r"^  accepted +\S+ +1 ", looked_on(first), re.MULTILINE)
        state = json.loads((home / "state.json").read_text(encoding="utf-8"))
        ledger = ask("GET", f"{state['urls']['api']}/ledger").json()
        assert ledger["by_request_id"]["by-hand"]["orders"] == 1
        started = parts(state)
        assert all(part.lives for part in started)
    finally:
        ended = finished(*where, "down", temporary=short_path)
    assert "order-relay" in ended
    assert not any(part.lives for part in started)
    assert list(short_path.iterdir()) == []
    assert "does not run" in finished(*where, "down", temporary=short_path)


def test_down_leaves_strangers_alone(short_path: Path) -> None:
    """A process that has got the id of a part that ended is not ours to end."""
    home = short_path / "demo"
    home.mkdir()
    stranger = {"name": "order-relay", "pid": os.getpid(), "birth": "before", "log": "none"}
    state = {"parts": [stranger], "urls": None}
    (home / "state.json").write_text(json.dumps(state), encoding="utf-8")
    ended = finished("--home", str(home), "down", temporary=short_path)
    assert "nothing ran any more" in ended
    assert birth_of(os.getpid()) != ""
    assert not home.exists()


def test_the_messages_can_be_told_apart_and_fit_the_table() -> None:
    """Each has a key and a name of its own, and texts that need one line."""
    messages = [message for chapter in chapters(0) for message in chapter.messages]
    assert len({message.key for message in messages}) == len(messages)
    assert len({message.name for message in messages}) == len(messages)
    assert [m.name for m in messages if len(m.name) > NAME_WIDTH] == []
    assert [m.about for m in messages if len(m.about) > ABOUT_WIDTH] == []


def looked_on(output: str) -> str:
    """What the command shows that is printed for looking on."""
    (command,) = re.findall(r"^\s*(ORDER_RELAY_.* top .*)$", output, re.MULTILINE)
    ours = command.replace(".venv/bin/order-relay", f"{shlex.quote(sys.executable)} -m service")
    done = subprocess.run(
        ["sh", "-c", f"{ours} --once"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def urls(output: str) -> list[str]:
    """The addresses in what was printed under the heading for them."""
    return re.findall(r"\w+://\S+", output.partition("What there is to see")[2])


def parts(state: dict[str, Any]) -> list[Part]:
    """The processes that a state file names."""
    return [Part(**{**part, "log": Path(part["log"])}) for part in state["parts"]]
