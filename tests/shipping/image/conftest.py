"""The image under test, or a skip that says how to get one."""

import os

import pytest

from tests.shipping.image.container import Container
from tests.shipping.image.engine import Engine

IMAGE_VARIABLE = "TEST_IMAGE"
"""The image that `python -m tests.shipping.image` has built; `make test` builds none."""
TRACING_IMAGE_VARIABLE = "TEST_TRACING_IMAGE"
"""The one that can trace."""


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the image."""
    return _built(IMAGE_VARIABLE)


def _built(variable: str) -> str:
    name = os.environ.get(variable)
    if not name:
        pytest.skip("no image was built: `make image` builds one and runs this")
    return name


@pytest.fixture(scope="session")
def engine() -> Engine:
    """What runs it."""
    return Engine.of_user()


@pytest.fixture
def container(engine: Engine, image: str) -> Container:
    """The image, run by a user that it does not know."""
    return Container.of_anyone(engine, image)


@pytest.fixture
def tracing_container(engine: Engine) -> Container:
    """The one that can trace, run so, too."""
    return Container.of_anyone(engine, _built(TRACING_IMAGE_VARIABLE))
