"""The fixtures that every test may use."""

pytest_plugins = ["tests.broker.fixtures"]
