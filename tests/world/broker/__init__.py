"""A private RabbitMQ for the tests and the demo, and hostile producers for it.

Which RabbitMQ that is, the environment says, for every test alike:

- `RABBITMQ_SERVER_BIN=/path/to/rabbitmq-server` names one whose `rabbitmqctl` is beside it;
- `RABBITMQ_ROOT=/path/to/folder` names a folder with a whole system in it, where RabbitMQ is
  installed as Debian installs it; its programs run by chroot, which needs root;
- otherwise it is Debian's, then the one on PATH, then a container.

`make rabbitmq4` makes such a folder with RabbitMQ 4.0 of Debian 13, and runs the tests
that need a broker on it.
"""

from tests.world.broker.errors import BrokerError
from tests.world.broker.find import (
    Container,
    Installed,
    Missing,
    ensure_rabbitmq,
    find_rabbitmq,
)
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
