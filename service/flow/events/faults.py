"""What is wrong with a broker, or with how it is asked for, and what to do about each."""

from enum import StrEnum


class BrokerFault(StrEnum):
    """The fault behind a connection that fails; the field `fault` of the log."""

    HOST_UNKNOWN = "host_unknown"
    DNS_AWAY = "dns_away"
    REFUSED = "refused"
    NO_WAY = "no_way"
    SILENT = "silent"
    CLOSED = "closed"
    NOT_AMQP = "not_amqp"
    PLAIN_PORT = "plain_port"
    TLS_CLOSED = "tls_closed"
    TLS_FAILED = "tls_failed"
    CLIENT_CERTIFICATE = "client_certificate"
    CA_UNKNOWN = "ca_unknown"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_EARLY = "certificate_early"
    CERTIFICATE_NAME = "certificate_name"
    FILES = "files"
    LOGIN = "login"
    CERTIFICATE_LOGIN = "certificate_login"
    MECHANISM = "mechanism"
    VHOST_MISSING = "vhost_missing"
    VHOST_FORBIDDEN = "vhost_forbidden"
    VHOST_DOWN = "vhost_down"
    LIMIT = "limit"
    MISSING = "missing"
    DIFFERS = "differs"
    LOCKED = "locked"
    RIGHTS = "rights"


_URL = "ORDER_RELAY_AMQP__URL"
_CLIENT = "ORDER_RELAY_AMQP__CERT_FILE and ORDER_RELAY_AMQP__KEY_FILE"

ADVICE: dict[BrokerFault, str] = {
    BrokerFault.HOST_UNKNOWN: f"there is no host of this name; see {_URL}",
    BrokerFault.DNS_AWAY: "the host's name cannot be looked up now; see whether DNS can be reached",
    BrokerFault.REFUSED: "nothing listens there; see whether the broker runs, and the port in "
    f"{_URL}",
    BrokerFault.NO_WAY: "there is no way to the host; see routes, firewalls and network policies",
    BrokerFault.SILENT: "no answer in time; see whether the broker hangs, whether something on the "
    f"way drops packets, and whether the port in {_URL} speaks AMQP",
    BrokerFault.CLOSED: "the connection was closed before the login; the port may be for TLS "
    f"(amqps://) or no broker's; see {_URL}",
    BrokerFault.NOT_AMQP: f"what answers there does not speak AMQP 0-9-1; see the port in {_URL}",
    BrokerFault.PLAIN_PORT: "the port does not speak TLS; use amqp://, or the port for TLS "
    f"(5671 by default), in {_URL}",
    BrokerFault.TLS_CLOSED: "the broker ended the TLS connection before the login; it may ask for "
    f"a client certificate, or refuse this one; see {_CLIENT}, and the broker's log",
    BrokerFault.TLS_FAILED: "TLS failed; see the versions and ciphers that the broker allows",
    BrokerFault.CLIENT_CERTIFICATE: "the broker asks for a client certificate, or refuses this "
    f"one; see {_CLIENT}",
    BrokerFault.CA_UNKNOWN: "the broker's certificate is of an authority that is not trusted; see "
    "ORDER_RELAY_AMQP__CA_FILE",
    BrokerFault.CERTIFICATE_EXPIRED: "the broker's certificate has expired; renew it",
    BrokerFault.CERTIFICATE_EARLY: "the broker's certificate is not valid yet; see the clocks",
    BrokerFault.CERTIFICATE_NAME: "the broker's certificate is for another host; use its name in "
    f"{_URL}, or have one made for this name",
    BrokerFault.FILES: "a certificate or key cannot be used; see ORDER_RELAY_AMQP__CA_FILE, "
    f"{_CLIENT}",
    BrokerFault.LOGIN: f"the broker refuses user and password; see {_URL} (guest may log in "
    "from the broker's own host only)",
    BrokerFault.CERTIFICATE_LOGIN: "the client certificate's name is no user of the broker; add "
    f"the user, or give one with a password in {_URL}",
    BrokerFault.MECHANISM: "the broker does not offer this kind of login; for certificates it "
    f"needs rabbitmq_auth_mechanism_ssl; else give a user in {_URL}",
    BrokerFault.VHOST_MISSING: f"there is no such vhost; see the path in {_URL}, or rabbitmqctl "
    "add_vhost",
    BrokerFault.VHOST_FORBIDDEN: "the user has no rights in this vhost; see the path in "
    f"{_URL}, or rabbitmqctl set_permissions",
    BrokerFault.VHOST_DOWN: "the vhost is down; see the broker's log, or rabbitmqctl restart_vhost",
    BrokerFault.LIMIT: "a limit of connections or channels is reached; raise it, or close others",
    BrokerFault.MISSING: "a part of the topology is missing; order-relay topology declares it",
    BrokerFault.DIFFERS: "a queue or exchange was made in another way; stop all relays, and "
    "once it is empty delete it, then order-relay topology makes it anew",
    BrokerFault.LOCKED: "another connection has the queue for itself; delete it, then order-relay "
    "topology",
    BrokerFault.RIGHTS: "the user lacks a right; see rabbitmqctl set_permissions and the README",
}
"""A sentence for each, without any word of the broker's: `/readyz` shows it to everybody."""
