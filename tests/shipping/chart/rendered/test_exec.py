"""The lines of the notes and the pages that run a tool in a pod, run by kubectl itself."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from charts.sources.values.generate import CHART
from tests.commands.parked.scene import park, unknown
from tests.edges.amqp.crash import declared
from tests.edges.amqp.edge import ORDERS
from tests.shipping.chart.rendered.exec_api import ExecApi, serving
from tests.shipping.chart.rendered.helm import Object, named, notes, render
from tests.shipping.chart.rendered.test_tools import NAME, TOOLS
from tests.world.broker.vhost import VirtualHost
from tests.world.relay_process import environment

RELAY = "relay-order-relay"
PROGRAM = [sys.executable, "-m", "service"]
OPERATING = CHART.parents[1] / "docs" / "operating.md"

needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")


def lines(folder: Path) -> dict[str, str]:
    """Each line with `kubectl exec` of the notes, by what it runs in the pod."""
    said = notes({"secrets": {"existingSecret": "s"}, "tools": TOOLS}, folder)
    found = [one.strip() for one in said.splitlines() if " exec " in one]
    return {one.rpartition(" -- ")[2]: one for one in found}


def deployment(name: str) -> Object:
    """One of the chart's deployments."""
    return named(render(tools=TOOLS), "Deployment", name)


def kubectl(line: str, api: ExecApi, folder: Path) -> "subprocess.CompletedProcess[str]":
    """What the line does, at this API and as nobody in particular."""
    program, *arguments = shlex.split(line)
    assert program == "kubectl"
    server = [f"--server=http://127.0.0.1:{api.server_port}", f"--cache-dir={folder}"]
    return subprocess.run(
        [program, *server, *arguments],
        env=environment(KUBECONFIG=str(folder / "none")) | {"KUBECONFIG": str(folder / "none")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@needs_kubectl
async def test_a_tool_runs_in_its_pod(vhost: VirtualHost, tmp_path: Path) -> None:
    """It is found by the deployment's name, and what it says and its exit code come back."""
    await declared(vhost.url, ORDERS)
    await park(vhost, [unknown("o-1")])
    inside: dict[str, Any] = {"AMQP__URL": vhost.url, "RETRY__DELAYS_SECONDS": "1,5"}
    told = lines(tmp_path)
    with serving(deployment(NAME), environment(**inside), PROGRAM) as api:
        listed = kubectl(told["order-relay parked list"], api, tmp_path)
        assert "1 message in orders.parked" in listed.stdout, listed.stderr
        assert listed.returncode == 0
        line = told["order-relay trace MESSAGE_ID"].replace("MESSAGE_ID", "o-2")
        traced = kubectl(line, api, tmp_path)
        assert "nowhere" in traced.stdout, traced.stderr
        assert traced.returncode == 1
        assert [one["container"] for one in api.asked] == [["tools"]] * 2


@needs_kubectl
def test_the_doctor_runs_in_a_relays_pod(tmp_path: Path) -> None:
    """With the relay's own settings, which is what it looks at."""
    inside = environment(
        AMQP__URL="amqp://127.0.0.1:1/", API__KEY="some-key", API__URL="http://[::1]:1"
    )
    with serving(deployment(RELAY), inside, PROGRAM) as api:
        done = kubectl(lines(tmp_path)["order-relay doctor"], api, tmp_path)
        assert "OR-" in done.stdout, done.stderr
        assert done.returncode == 1
        assert [one["container"] for one in api.asked] == [["order-relay"]]


@needs_kubectl
def test_the_pages_lines_are_those_of_the_chart(tmp_path: Path) -> None:
    """The shell functions of operating.md, with the release's name in place of RELEASE."""
    text = OPERATING.read_text(encoding="utf-8")
    found = re.findall(r'kubectl -n "\$NS" exec [^`;\n]*', text)
    assert len(found) == 2
    for line in found:
        filled = line.replace('"$NS"', "shop").replace("RELEASE", "relay")
        filled = filled.replace('"$@"', "config --help")
        name = filled.partition("deploy/")[2].partition(" ")[0]
        with serving(deployment(name), environment(), PROGRAM) as api:
            done = kubectl(filled, api, tmp_path)
        assert len(api.asked) == 1, done.stderr
        assert api.asked[0]["command"][0] == "order-relay"
