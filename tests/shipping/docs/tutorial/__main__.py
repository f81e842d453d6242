"""Types the tutorial on a bare Debian 12 and 13, each a folder that debootstrap makes (root)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import time

from tests.shipping.docs.tutorial.blocks import READY, Tutorial, read, wrong
from tests.world.commands import say

ROOT = Path(__file__).parents[4]
RELEASES = {"12": "bookworm", "13": "trixie"}
MOST_SECONDS = 300
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "order-relay"
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private")
# A network of its own: the tutorial's broker is at RabbitMQ's own ports.
_ALONE = (*_APART, "--net", "--uts")
_ENTER = """
set -eu
root=$1
for folder in dev sys; do mount --rbind "/$folder" "$root/$folder"; done
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" || true
if [ "$2" = alone ]; then hostname bare; ip link set lo up; fi
exec chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \\
    sh -euc 'cd /folder; exec bash /script'
"""


def work(versions: list[str]) -> int:
    """The exit code: 1 where something is not as the page says, or takes over five minutes."""
    if os.geteuid() or not shutil.which("debootstrap"):
        say("A bare Debian needs root and debootstrap (apt-get install debootstrap).")
        return 1
    return max(_on(version, RELEASES[version]) for version in versions or RELEASES)


def _on(version: str, release: str) -> int:
    bare = _CACHE / f"bare-{release}"
    if not bare.exists():
        say(f"Making {bare}, a minute ...")
        making = bare.with_suffix(".making")
        shutil.rmtree(making, ignore_errors=True)
        making.parent.mkdir(parents=True, exist_ok=True)
        command = ("debootstrap", "--variant=minbase", "--include=ca-certificates", release)
        subprocess.run((*command, making), check=True, stdout=subprocess.DEVNULL)
        making.rename(bare)
    with TemporaryDirectory(prefix="bare-", dir=_CACHE) as folder:
        root = Path(folder, "root")
        subprocess.run(("cp", "-a", bare, root), check=True)
        _furnish(root)
        begin = time()
        tutorial = read()
        _run(root, tutorial.install, "")
        first, ends = _sent(_run(root, _typed(tutorial), "alone"))
        seconds = first - begin
    found = wrong(ends)
    if seconds > MOST_SECONDS:
        found.append(f"the first reply came after {seconds:.0f} s")
    judged = "; ".join(found) or "all as it says"
    say(f"Debian {version}: first reply after {seconds:.0f} s; {judged}")
    return 1 if found else 0


def _furnish(root: Path) -> None:
    """The machine's own files: its name, its way to the network, the program's folder."""
    for name in ("/etc/resolv.conf", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(name).exists():
            shutil.copy(name, f"{root}{name}")
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost bare\n")
    # As in a container: nothing starts services.
    policy = root / "usr" / "sbin" / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    command = ("git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", root / "folder")
    subprocess.run(command, check=True)


def _typed(tutorial: Tutorial) -> str:
    """Two terminals as one script; each order's output is between two lines of ours."""
    orders = "".join(
        f"echo '== order'\n( {order} ) && code=0 || code=$?\necho \"== $code $(date +%s.%N)\"\n"
        for order in tutorial.orders
    )
    return (
        f"{tutorial.broker}\n( {tutorial.sandbox} ) >/sandbox.log 2>&1 &\n"
        f"until grep -q {READY} /sandbox.log; do sleep 0.1; done\n{orders}"
    )


def _sent(output: str) -> tuple[float, list[tuple[int, str]]]:
    """When the first order had its reply; and each one's end."""
    ends: list[tuple[int, str]] = []
    times: list[float] = []
    for part in output.split("== order\n")[1:]:
        said, _, rest = part.partition("== ")
        code, at = rest.split()[:2]
        ends.append((int(code), said))
        times.append(float(at))
    return times[0], ends


def _run(root: Path, script: str, alone: str) -> str:
    (root / "script").write_text(f"set -eu\n{script}")
    command = (*(_ALONE if alone else _APART), "sh", "-c", _ENTER, "bare", str(root), alone)
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    if done.returncode:
        raise SystemExit(f"{script}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(work(sys.argv[1:]))
