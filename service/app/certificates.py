"""The certificates that the settings name."""

from service.app.settings import AmqpSettings
from service.edges.amqp.broker import TlsFiles


def tls_files(amqp: AmqpSettings) -> TlsFiles:
    """The certificates for amqps, from the settings."""
    return TlsFiles(amqp.ca_file, amqp.cert_file, amqp.key_file)
