"""The fixtures that every test may use."""

pytest_plugins = ["tests.world.broker.fixtures", "tests.world.fixtures"]
