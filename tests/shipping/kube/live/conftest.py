"""The cluster that `make kube` has started, or a skip that says how to get one."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shipping.kube.api import CLUSTER_VARIABLE, KubeApi


@pytest.fixture(scope="session")
def api() -> Iterator[KubeApi]:
    """A client of the cluster that may do everything."""
    config = os.environ.get(CLUSTER_VARIABLE)
    if not config:
        pytest.skip("no cluster was started: `make kube` starts one and runs this")
    with KubeApi(Path(config)) as client:
        # One that a file of values names: without it the server takes no pod of that priority.
        high = {"metadata": {"name": "high"}, "value": 1000}
        client.post("/apis/scheduling.k8s.io/v1/priorityclasses", high)
        yield client


@pytest.fixture
def namespace(api: KubeApi) -> str:
    """A namespace of one test; it goes with the cluster."""
    name = f"test-{secrets.token_hex(4)}"
    api.add_namespace(name)
    return name
