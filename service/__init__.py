"""order-relay: takes order requests from RabbitMQ, places each once, and says what became of it."""

from importlib.metadata import version

__version__ = version("order-relay")
