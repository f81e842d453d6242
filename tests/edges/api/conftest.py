"""The fixtures of the API edge's tests."""

import pytest

from tests.edges.api.tls import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests: keys take time to make."""
    return Authority(tmp_path_factory.mktemp("authority"))
