"""What follows from RabbitMQ's version, as it says it to each who connects."""

LEAST = (3, 10)
"""At-least-once dead-lettering came with it: before, orders are lost in a crash."""


def numbers(version: str) -> tuple[int, ...]:
    """Its first two numbers; none where it is no version."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def loses_orders(version: str) -> bool:
    """Whether it is known to be older than the least."""
    return () < numbers(version) < LEAST


def marks(version: str) -> bool:
    """Whether an order that was looked at in a retry queue comes back as redelivered.

    It does on 4.0.5, and on 3.10.8 it does not.
    """
    return not version.startswith("3.")
