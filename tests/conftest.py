"""The fixtures that every test may use, and the garbage of none."""

import gc

pytest_plugins = ["tests.world.broker.fixtures", "tests.world.fixtures"]

# Imports make next to none.
gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests are no garbage: looked at again and again they cost each a fifth."""
    gc.enable()
    gc.collect()
    gc.freeze()
