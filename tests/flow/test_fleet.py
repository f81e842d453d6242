"""Replicas side by side: the bounds of `docs/limits.md`, in simulated time."""

import os

import pytest

from tests.flow.fleet.catalogue import CASES
from tests.flow.fleet.fleet import play

pytestmark = pytest.mark.usefixtures("uncovered")

QUICK = [
    "known-stalls/80/3/bucket",
    "late/6/3/bucket",
    "known/6/1/window",
    "known-stalls/6/1/window",
    "unknown-after-1/6/1/bucket",
    "unknown-after-5/6/1/window",
    "unknown-untold/6/1/window",
    "unknown-untold/6/3/bucket",
    "twice-after-5/6/3/bucket",
    "twice-untold/6/1/bucket",
    "5-percent-after-5/6/1/bucket",
    "halved/6/1/bucket",
    "doubled/6/1/window",
    "doubled/6/3/bucket",
    "one-to-two/6/free",
    "stopped-8/6/free",
    "killed/80/free",
    "stopped-60/6/free",
    "stream-stalled/6/free",
    "cut-15/6/free",
    "first-two-fail/3",
    "neighbours/3",
    "wrong-key/3",
    "outage-unreached/3",
    "unknown-after-1/80/3/window",
    "closed/6/free",
    "cut-stream-60/6/free",
]
"""Those that `make test` plays; FLEET_CASES=all plays each, with pytest's `--timeout 0`."""

ALL = os.environ.get("FLEET_CASES") == "all"


@pytest.mark.parametrize("name", list(CASES) if ALL else QUICK)
def test_the_bounds_are_kept(name: str) -> None:
    """`python -m tests.flow.fleet NAME` prints the figures."""
    assert [str(figure) for figure in play(CASES[name]) if not figure.met] == []
