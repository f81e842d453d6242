"""What follows from RabbitMQ's version."""

import pytest

from service.core.rabbitmq import loses_orders, marks


@pytest.mark.parametrize(
    ("version", "marked"), [("3.10.8", False), ("4.0.5", True), ("4.3.6", True), ("unknown", True)]
)
def test_a_look_into_a_retry_queue_marks_from_4_on(version: str, *, marked: bool) -> None:
    """One that does not say its version is taken for such a one."""
    assert marks(version) is marked


@pytest.mark.parametrize(
    ("version", "loses"),
    [
        ("3.9.29", True),
        ("2.8.7", True),
        ("3.10.0", False),
        ("3.13.7-rc.1", False),
        ("4.0.5", False),
        ("unknown", False),
    ],
)
def test_orders_are_lost_before_3_10(version: str, *, loses: bool) -> None:
    """One that does not say its version is not known to be such a one."""
    assert loses_orders(version) is loses
