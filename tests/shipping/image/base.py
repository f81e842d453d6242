"""The base of the image: pulled, or where no registry answers a stand-in made of Debian packages.

The stand-in is the same Debian with the same Python version, and like the real one in what the
Dockerfile relies on: `python` and pip in /usr/local, and a standard library without byte code.
It says nothing about the size of the real base or about the fixes in it.
"""

import subprocess
import tempfile
from pathlib import Path

from tests.shipping.commands import CommandError, Say, run
from tests.shipping.image.engine import BUILD_SECONDS, Engine

BASE = "docker.io/library/python:3.13-slim-trixie"
SUITE = "trixie"
PULL_SECONDS = 300.0
_PATH = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
_LABEL = "order-relay.base"

_MAKE_ALIKE = """
set -eu
rm /usr/lib/python3.13/EXTERNALLY-MANAGED
PYTHONPATH=$(echo /usr/share/python-wheels/pip-*.whl) python3 -m pip install --quiet \
    --no-index --root-user-action ignore --find-links /usr/share/python-wheels pip
ln -s /usr/bin/python3 /usr/local/bin/python
ln -s /usr/bin/python3 /usr/local/bin/python3
find / -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
"""


def standin_command(archive: Path) -> list[str]:
    """What makes the stand-in's files."""
    packages = "python3,python3-venv,ca-certificates"
    hook = f"chroot \"$1\" sh -c '{_MAKE_ALIKE}'"
    tool = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}"]
    return [*tool, f"--customize-hook={hook}", "--format=tar", SUITE, str(archive)]


def ensure_base(engine: Engine, say: Say) -> str:
    """What the base in the storage is, in words; CommandError when there is no way to one."""
    if not engine.has(BASE) and not _pull(engine, say):
        _stand_in(engine, say)
    labels = engine.inspect(BASE).get("Labels") or {}
    return f"{BASE} ({labels.get(_LABEL, 'pulled')})"


def _pull(engine: Engine, say: Say) -> bool:
    say(f"pulling {BASE} ...")
    try:
        engine.podman("pull", "--quiet", BASE, timeout_seconds=PULL_SECONDS)
    except (CommandError, subprocess.TimeoutExpired):
        say("no registry answers with it")
        return False
    return True


def _stand_in(engine: Engine, say: Say) -> None:
    say("making a stand-in of it from Debian's packages, about a minute ...")
    with tempfile.TemporaryDirectory(prefix="order-relay-base-") as directory:
        archive = Path(directory, "base.tar")
        run(standin_command(archive), BUILD_SECONDS)
        changes = ["--change", f"ENV {_PATH}", "--change", f"LABEL {_LABEL}=stand-in"]
        engine.podman("import", "--quiet", *changes, str(archive), BASE)
