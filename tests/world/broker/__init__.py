"""A private RabbitMQ for the tests and the demo, and hostile producers for it.

Which RabbitMQ that is, the environment says, for every test alike:

- `RABBITMQ_SERVER_BIN=/path/to/rabbitmq-server` names one whose `rabbitmqctl` is beside it;
- otherwise it is Debian's, then the one on PATH, then a container.

`make debian13` runs everything on RabbitMQ 4.0.
"""

from tests.world.broker.errors import BrokerError
from tests.world.broker.find import Container, Installed, Missing, ensure_rabbitmq, find_rabbitmq
from tests.world.broker.management import Queue
from tests.world.broker.node import RabbitNode
from tests.world.broker.tls import ClientFiles, TlsFiles
from tests.world.broker.vhost import VirtualHost

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
