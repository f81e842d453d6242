"""Giving wrong settings to the real command line, and looking at what it says."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from service.app.exit_codes import ExitCode
from service.commands.cli import main
from tests.trials.hostile.findings import Finding
from tests.trials.hostile.settings_table import PREFIX, SECRET, Wrong

PROCESS_SECONDS = 60.0
LONGEST_CHARACTERS = 3_000
GOOD_KEY = "usual-Key-51c7"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said, and its exit code."""

    code: int | str | None
    out: str
    err: str


def try_all(cases: Iterable[Wrong], folder: Path, add: Callable[[Finding], None]) -> None:
    """Try each in a folder of its own, and add what is wrong with what was said."""
    for number, case in enumerate(cases):
        place = folder / f"{number:04d}"
        environment = prepare(case, place)
        # What is accepted by mistake would run on in this process.
        command = _in_process if case.command == "config" else _as_process
        said = command(case.command.split(), environment, place)
        problems = tuple(wrong(case, said))
        story = f"{case!r}\n\nexit code {said.code}\n{said.err}\n{said.out}"
        add(Finding(case.family, case.name, problems, story))


def prepare(case: Wrong, place: Path) -> dict[bytes, bytes]:
    """The environment of the case, whose files are put in place."""
    secrets = place / "secrets"
    secrets.mkdir(parents=True)
    for path, content in ((place / ".env", case.dotenv), *_files(case, secrets)):
        if content is None:
            path.mkdir()
        elif content:
            path.write_bytes(content)
    texts = {"SECRETS_DIR": str(secrets), "AMQP__URL": "amqp://127.0.0.1:1/"}
    if case.with_key:
        texts["API__KEY"] = GOOD_KEY
    if "amqp__url" in case.files:
        del texts["AMQP__URL"]
    for name in case.bytes_:
        texts.pop(name, None)
    texts |= case.variables
    raw = {name: value.encode("utf-8", "surrogateescape") for name, value in texts.items()}
    ours = {f"{PREFIX}{name}".encode(): value for name, value in (raw | dict(case.bytes_)).items()}
    theirs = {k: v for k, v in os.environb.items() if not k.upper().startswith(PREFIX.encode())}
    return theirs | ours


def wrong(case: Wrong, said: Said) -> Iterator[str]:
    """What is wrong with what was said."""
    if said.code != ExitCode.BAD_SETTINGS:
        yield f"exit code {said.code}"
    yield from _unsaid(case, said.err)
    both = said.out + said.err
    if "Traceback" in both:
        yield "there is a traceback"
    if SECRET in both or GOOD_KEY in both:
        yield "a secret is shown"
    if len(both) > LONGEST_CHARACTERS:
        yield f"{len(both)} characters are said"
    if problems := [line for line in said.err.splitlines() if not line.isprintable()]:
        yield f"it is not printable: {problems[0]!r:.100}"


def _unsaid(case: Wrong, said: str) -> Iterator[str]:
    for name in case.names:
        if PREFIX + name not in said:
            yield f"{PREFIX}{name} is not named"
    for word in case.words:
        if word not in said:
            yield f"{word!r} is not said"
    if case.shown is not None and case.shown not in said:
        yield f"the value {case.shown!r} is not shown"


def _files(case: Wrong, secrets: Path) -> list[tuple[Path, bytes | None]]:
    return [(secrets / name, content) for name, content in case.files.items()]


def _in_process(arguments: list[str], environment: dict[bytes, bytes], place: Path) -> Said:
    out, err = io.StringIO(), io.StringIO()
    before, argv = dict(os.environb), sys.argv
    try:
        _become(environment)
        sys.argv = ["order-relay", *arguments]
        with (
            contextlib.chdir(place),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = _code()
    finally:
        sys.argv = argv
        _become(before)
    return Said(code, out.getvalue(), err.getvalue())


def _code() -> int | str | None:
    try:
        main()
    except SystemExit as end:
        return end.code
    except Exception as error:  # noqa: BLE001 - it would be a traceback for the operator
        return f"Traceback: {type(error).__name__}: {error}"
    return 0


def _become(environment: dict[bytes, bytes]) -> None:
    os.environb.clear()
    os.environb.update(environment)


def _as_process(arguments: list[str], environment: dict[bytes, bytes], place: Path) -> Said:
    root = str(Path(__file__).parents[3]).encode()
    try:
        result = subprocess.run(
            [sys.executable, "-m", "service", *arguments],
            env={**environment, b"PYTHONPATH": root},
            cwd=place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROCESS_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Said("none: it runs", str(late.stdout), str(late.stderr))
    out, err = (each.decode("utf-8", "replace") for each in (result.stdout, result.stderr))
    return Said(result.returncode, out, err)
