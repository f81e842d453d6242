"""`make audit`: exit code 0 when every pinned package was looked up and none is bad."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.shipping.audit.verdict import Clean, Report, Unchecked, Verdict, judge, said

ROOT = Path(__file__).resolve().parents[3]
PINNED = ROOT / "requirements" / "image.txt"
SBOM = ROOT / "dist" / "sbom.cdx.json"
COMMAND_SECONDS = 900.0


def main() -> int:
    """The exit code: 1 for a vulnerability, and for a database that says nothing."""
    with tempfile.TemporaryDirectory(prefix="order-relay-audit-") as directory:
        _say(f"{_write_sbom(Path(directory, 'runs.txt'))} components in {SBOM.relative_to(ROOT)}")
        verdict = _audit(Path(directory, "report.json"))
    for line in said(verdict):
        _say(line)
    return 0 if isinstance(verdict, Clean) else 1


def _write_sbom(runs: Path) -> int:
    """The number of components in it: of what runs, without what builds and what traces need."""
    how = ["--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
    files = ["--constraint", str(PINNED), "--output-file", str(runs), "pyproject.toml"]
    _tool("uv", "pip", "compile", *how, *files)
    SBOM.parent.mkdir(exist_ok=True)
    output = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(SBOM)]
    project = ["--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"]
    _tool("cyclonedx_py", "requirements", *project, *output, str(runs))
    return len(json.loads(SBOM.read_bytes())["components"])


def _audit(report: Path) -> Verdict:
    """Of all that is pinned for the image, with what builds it and what traces need."""
    how = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "30"]
    output = ["--format", "json", "--output", str(report)]
    done = _tool("pip_audit", *how, *output, "-r", str(PINNED), check=False)
    if not report.exists():
        _say(done.stderr.strip()[-300:])
        return Unchecked((), 0)
    return judge(Report.model_validate_json(report.read_bytes()))


def _tool(module: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return _run(sys.executable, "-W", "ignore", "-m", module, *arguments, check=check)


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
