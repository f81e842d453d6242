"""`make kube`: exit code 0 when the chart does on a real API server what it should.

Nothing is skipped quietly: where the server cannot be built, it says what is missing and ends
with 1.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import chdir
from itertools import starmap
from pathlib import Path

from tests.shipping.commands import CommandError
from tests.shipping.kube.api import CLUSTER_VARIABLE, KubeError
from tests.shipping.kube.build import Go, build_server, cache_directory, generate_crds
from tests.shipping.kube.cluster import add_crds, last_said, running_cluster
from tests.shipping.kube.custom import OPEN_KINDS, open_crd
from tests.shipping.kube.options import KUBECONFIG

ROOT = Path(__file__).resolve().parents[3]
HELM = Path(sys.prefix) / "bin" / "helm"
_TESTS = "tests/shipping/kube/live"


def main(command_line: Sequence[str] | None = None) -> int:
    """The exit code: that of the tests, 1 with what is missing, or 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.shipping.kube", description=__doc__)
    parser.add_argument("--build-only", action="store_true", help="build, and start nothing")
    chosen, tests = parser.parse_known_args(command_line)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        go = Go.find(cache_directory(os.environ), _say)
        programs = build_server(go)
        generated = generate_crds(go)
        _say(f"etcd, kube-apiserver and {len(generated)} generated CRDs: {go.cache}")
        return 0 if chosen.build_only else _test(programs, generated, tests)
    except KeyboardInterrupt:
        _say("interrupted; everything that was started is gone")
        return 130
    except (CommandError, KubeError, TimeoutError) as error:
        _say(f"WRONG: nothing was tested. {error}")
        return 1


def _test(programs: Path, generated: list[bytes], tests: list[str]) -> int:
    if not HELM.exists():
        raise CommandError(f"there is no {HELM}; `make setup` installs it")
    with (
        tempfile.TemporaryDirectory(prefix="order-relay-kube-") as directory,
        chdir(directory),
        running_cluster(programs, Path(directory)) as api,
    ):
        count = add_crds(api, [*generated, *starmap(open_crd, OPEN_KINDS)])
        _say(f"the API server runs and serves {count} CRDs; testing the chart on it ...")
        home = {f"HELM_{name}_HOME": f"{directory}/helm" for name in ("CACHE", "CONFIG", "DATA")}
        config = str(Path(directory, KUBECONFIG))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", _TESTS, "--verbose", *tests],
            cwd=ROOT,
            env={**os.environ, **home, "KUBECONFIG": config, CLUSTER_VARIABLE: config},
            check=False,
        )
        if done.returncode != 0:
            _say(last_said(Path(directory)))
        return done.returncode


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
