"""A private RabbitMQ for the tests and the demo, and hostile producers for it."""

from tests.broker.errors import BrokerError
from tests.broker.find import (
    Container,
    Installed,
    Missing,
    ensure_rabbitmq,
    find_rabbitmq,
)
from tests.broker.management import Queue
from tests.broker.node import RabbitNode
from tests.broker.tls import ClientFiles, TlsFiles
from tests.broker.vhost import VirtualHost

__all__ = [
    "BrokerError",
    "ClientFiles",
    "Container",
    "Installed",
    "Missing",
    "Queue",
    "RabbitNode",
    "TlsFiles",
    "VirtualHost",
    "ensure_rabbitmq",
    "find_rabbitmq",
]
