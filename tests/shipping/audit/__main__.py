"""`make audit`: exit code 0 when every pinned package was looked up and none is bad."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.shipping.audit.verdict import Clean, Report, Unchecked, Verdict, judge, said

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / ".venv-audit"
PINNED = ROOT / "requirements-audit.txt"
SBOM = ROOT / "dist" / "sbom.cdx.json"
COMMAND_SECONDS = 900.0


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: 1 for a vulnerability, and for a database that says nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.shipping.audit", description=__doc__)
    parser.add_argument("requirements", type=Path, nargs="?", default=ROOT / "requirements.txt")
    chosen = parser.parse_args(command_line)
    _make_tools()
    _say(f"{_write_sbom(chosen.requirements)} components in {SBOM.relative_to(ROOT)}")
    verdict = _audit(chosen.requirements)
    for line in said(verdict):
        _say(line)
    return 0 if isinstance(verdict, Clean) else 1


def _make_tools() -> None:
    """They are in an environment of their own: nothing of them is needed to run or test."""
    # Written last, so that an interrupted installation is begun again.
    stamp = TOOLS / ".complete"
    wanted = PINNED.read_bytes()
    if stamp.exists() and stamp.read_bytes() == wanted:
        return
    _say("installing what requirements-audit.txt pins into .venv-audit ...")
    uv = [sys.executable, "-m", "uv"]
    _run(*uv, "venv", "--quiet", "--clear", str(TOOLS))
    python = ["--python", str(TOOLS / "bin" / "python")]
    _run(*uv, "pip", "install", "--quiet", *python, "--require-hashes", "-r", str(PINNED))
    stamp.write_bytes(wanted)


def _write_sbom(requirements: Path) -> int:
    """The number of components in it."""
    SBOM.parent.mkdir(exist_ok=True)
    output = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(SBOM)]
    project = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
    _tool("cyclonedx_py", "requirements", *project, *output, str(requirements))
    return len(json.loads(SBOM.read_bytes())["components"])


def _audit(requirements: Path) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="order-relay-audit-") as directory:
        report = Path(directory, "report.json")
        how = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "30"]
        output = ["--format", "json", "--output", str(report)]
        done = _tool("pip_audit", *how, *output, "-r", str(requirements), check=False)
        if not report.exists():
            _say(done.stderr.strip()[-300:])
            return Unchecked((), 0)
        return judge(Report.model_validate_json(report.read_bytes()))


def _tool(module: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    python = str(TOOLS / "bin" / "python")
    return _run(python, "-W", "ignore", "-m", module, *arguments, check=check)


def _run(*command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if check and done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
