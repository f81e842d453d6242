"""Running helm: what it renders, and what it says when it refuses."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from charts.sources.values.generate import CHART
from tests.shipping.chart.rendered.tools import yaml

Object = dict[str, Any]
HELM = Path(sys.prefix) / "bin" / "helm"
CI = sorted((CHART / "ci").glob("*-values.yaml"))
NEWEST = "1.37.0"
HELM_SECONDS = 120

MINIMAL: Mapping[str, Any] = {"secrets": {"existingSecret": "s"}}


def run(*arguments: str | Path, values: str = "") -> subprocess.CompletedProcess[str]:
    """What helm did; `values` is what it reads with `--values -`."""
    return subprocess.run(
        [HELM, *arguments],
        input=values,
        capture_output=True,
        text=True,
        check=False,
        timeout=HELM_SECONDS,
    )


def render(release: str = "relay", /, **values: Any) -> list[Object]:
    """The objects of a release in the namespace `shop`, hooks and tests included.

    A Secret is named unless the values say where the secrets come from.
    """
    return [dict(one) for one in _render(json.dumps({**MINIMAL, **values}), release, NEWEST)]


def render_file(file: Path, version: str = NEWEST) -> list[Object]:
    """The objects that a file of values makes on a version of Kubernetes."""
    return [dict(one) for one in _render(file.read_text(encoding="utf-8"), "relay", version)]


@cache
def _render(values: str, release: str, version: str) -> tuple[Object, ...]:
    done = _template(release, values, "--kube-version", version)
    assert done.returncode == 0, done.stderr
    return tuple(one for one in yaml.safe_load_all(done.stdout) if one)


def refusal(values: str) -> str:
    """What helm says about values that it refuses."""
    done = _template("relay", values)
    assert done.returncode != 0, "these values were taken"
    return done.stderr


def notes(values: Mapping[str, Any], directory: Path) -> str:
    """What an install says at its end; a copy of the chart renders it, for helm wants a cluster."""
    chart = shutil.copytree(CHART, directory / "chart", dirs_exist_ok=True)
    text = (chart / "templates" / "NOTES.txt").read_text(encoding="utf-8")
    inside = f'{{{{- define "notes" -}}}}{text}{{{{- end }}}}'
    (chart / "templates" / "_notes.tpl").write_text(inside, encoding="utf-8")
    shown = 'kind: Notes\ntext: {{ include "notes" . | toJson }}\n'
    (chart / "templates" / "notes.yaml").write_text(shown, encoding="utf-8")
    only = ("--show-only", "templates/notes.yaml", "--namespace", "shop", "--values", "-")
    done = run("template", "relay", chart, *only, values=json.dumps(values))
    assert done.returncode == 0, done.stderr
    return str(yaml.safe_load(done.stdout)["text"])


def _template(release: str, values: str, *more: str) -> subprocess.CompletedProcess[str]:
    here = ("--namespace", "shop", "--values", "-")
    return run("template", release, CHART, *here, *more, values=values)


def named(objects: list[Object], kind: str, name: str = "") -> Object:
    """The only object of a kind, or the one of them that has the name."""
    found = [one for one in kinds(objects, kind) if name in ("", one["metadata"]["name"])]
    assert len(found) == 1, [one["metadata"]["name"] for one in found]
    return found[0]


def kinds(objects: list[Object], kind: str) -> list[Object]:
    """All objects of a kind."""
    return [one for one in objects if one["kind"] == kind]


def pod(objects: list[Object]) -> Object:
    """The pod template of the relay."""
    # The one that runs nothing by itself is for a person.
    deployments = kinds(objects, "Deployment")
    (one,) = [each for each in deployments if not each["metadata"]["name"].endswith("-tools")]
    template: Object = one["spec"]["template"]
    return template


def container(objects: list[Object]) -> Object:
    """The relay's container."""
    (one,) = pod(objects)["spec"]["containers"]
    return dict(one)
