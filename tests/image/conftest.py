"""The image under test, or a skip that says how to get one."""

import os

import pytest

from tests.image.container import Container
from tests.image.engine import Engine

IMAGE_VARIABLE = "TEST_IMAGE"
"""The image that `python -m tests.image` has built; `make test` builds none."""


@pytest.fixture(scope="session")
def image() -> str:
    """The name of the image."""
    name = os.environ.get(IMAGE_VARIABLE)
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
