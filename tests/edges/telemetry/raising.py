"""An exception with a local variable that nobody should see."""


def fail(text: str) -> None:
    """Raise ValueError with `text`."""
    password = "only-a-local"
    raise ValueError(f"{text}{password[:0]}")
