"""checkov finds nothing in any set-up that is not explained here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shipping.chart.rendered.helm import CI, render_file
from tests.shipping.chart.rendered.tools import yaml

CHECKOV = Path(sys.prefix) / "checkov" / "bin" / "checkov"

_CPU = "a CPU limit throttles bursts that the node has room for; memory is limited"
_PULL = "the tag is the chart's version and never moves; image.pullPolicy is a value"
_DIGEST = "which registry it comes from, and so its digest, is for who installs; image.digest"
_ENDS = "the pod of `helm test` ends by itself"
_IDLE = "the pod of the tools does nothing by itself; that of the relay has both, by its own test"
_EXPLAINED = {
    ("CKV_K8S_8", "Pod"): _ENDS,
    ("CKV_K8S_9", "Pod"): _ENDS,
    ("CKV_K8S_8", "Deployment"): _IDLE,
    ("CKV_K8S_9", "Deployment"): _IDLE,
    **{
        (check, kind): why
        for check, why in (("CKV_K8S_11", _CPU), ("CKV_K8S_15", _PULL), ("CKV_K8S_43", _DIGEST))
        for kind in ("Deployment", "Job", "Pod")
    },
}


@pytest.mark.timeout(600)
def test_checkov_finds_nothing_that_is_not_explained(tmp_path: Path) -> None:
    """And everything that is explained is still found."""
    for file in CI:
        text = yaml.safe_dump_all(render_file(file))
        (tmp_path / f"{file.stem}.yaml").write_text(text, encoding="utf-8")
    options = ("--framework", "kubernetes", "--output", "json", "--compact", "--skip-download")
    done = subprocess.run(
        [CHECKOV, "--directory", tmp_path, *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
        env={**os.environ, "CHECKOV_RUN_SCA_PACKAGE_SCAN": "false", "LOG_LEVEL": "ERROR"},
    )
    report = json.loads(done.stdout)
    assert report["summary"]["passed"] > 1_000
    assert report["summary"]["parsing_errors"] == 0
    failed = report["results"]["failed_checks"]
    found = {
        (one["check_id"], one["resource"].partition(".")[0]): one["check_name"] for one in failed
    }
    assert found.keys() == _EXPLAINED.keys(), found
