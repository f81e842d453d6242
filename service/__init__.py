"""order-relay: takes order requests from RabbitMQ, places each once, and says what became of it."""

__version__: str


def __getattr__(name: str) -> str:
    """The version, looked up where it is asked for: signals are handled before that takes time."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415

    return version("order-relay")
