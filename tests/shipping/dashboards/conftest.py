"""A real Prometheus with something to show."""

from collections.abc import Iterator

import pytest

from tests.shipping.dashboards import sample
from tests.world.prometheus import Prometheus, is_installed, running


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that knows the three hours of the sample."""
    if not is_installed():
        pytest.skip("there is no prometheus here")
    folder = tmp_path_factory.mktemp("blocks")
    sample.write_blocks(folder)
    with running(folder) as server:
        yield server
