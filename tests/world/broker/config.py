"""What a node is told: its listeners, its plugins, and how soon its counts are true."""

from dataclasses import dataclass
from pathlib import Path

from tests.world.broker.ports import LOOPBACK, free_ports
from tests.world.broker.tls import TlsFiles

PLUGINS = ("rabbitmq_management", "rabbitmq_prometheus")
TLS_PLUGIN = "rabbitmq_auth_mechanism_ssl"


@dataclass(frozen=True)
class Ports:
    """Where the listeners of a node are."""

    amqp: int
    amqps: int
    management: int
    prometheus: int

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody uses now."""
        return cls(*free_ports(4))


# Where the listeners of a node in a container are, seen from inside.
CONTAINER_PORTS = Ports(amqp=5672, amqps=5671, management=15672, prometheus=15692)


def plugins(*, tls: TlsFiles | None, management: bool) -> tuple[str, ...]:
    """The plugins that a node enables; each costs time at the start."""
    chosen = PLUGINS if management else PLUGINS[1:]
    return (*chosen, TLS_PLUGIN) if tls else chosen


def enabled_plugins(names: tuple[str, ...]) -> str:
    """The Erlang term of an enabled plugins file."""
    return f"[{','.join(names)}].\n"


def rabbitmq_conf(
    ports: Ports, *, tls: TlsFiles | None, management: bool, address: str = LOOPBACK
) -> str:
    """The rabbitmq.conf of a node whose listeners are all on one address."""
    lines = [
        f"listeners.tcp.1 = {address}:{ports.amqp}",
        f"prometheus.tcp.ip = {address}",
        f"prometheus.tcp.port = {ports.prometheus}",
        # Otherwise guest is refused from outside a container.
        "loopback_users = none",
        # A full disk would block every publisher of a test that is not about it.
        "disk_free_limit.absolute = 10MB",
        "collect_statistics_interval = 250",
        "log.console = false",
        "log.file.level = info",
    ]
    if management:
        lines += [f"management.tcp.ip = {address}", f"management.tcp.port = {ports.management}"]
    if tls:
        lines += [f"listeners.ssl.1 = {address}:{ports.amqps}", *_tls_lines(tls)]
    return "\n".join(lines) + "\n"


def cluster_conf(names: tuple[str, ...]) -> str:
    """What a node of a cluster is told besides: who the others are, itself included."""
    if not names:
        return ""
    lines = ["cluster_formation.peer_discovery_backend = classic_config"]
    lines += [
        f"cluster_formation.classic_config.nodes.{number} = {name}"
        for number, name in enumerate(names, 1)
    ]
    return "\n".join(lines) + "\n"


def advanced_config() -> str:
    """What rabbitmq.conf has no key for.

    How soon the management API knows, 5 s by default: a quorum queue tells its counts every quarter
    of a second, and everything else that the API shows is gathered every second, which is the least
    that its retention policies can say. And how long a dead-lettered message waits until it is
    tried again whose hop was not confirmed, 3 minutes by default: longer than a test waits.
    """
    kept = ", ".join(f"{{{level}, [{{60, 1}}]}}" for level in ("global", "basic", "detailed"))
    policies = f"{{sample_retention_policies, [{kept}]}}"
    return (
        "[{rabbit, [{quorum_tick_interval, 250},\n"
        "           {dead_letter_worker_publisher_confirm_timeout, 10000}]},\n"
        f" {{rabbitmq_management, [{policies}]}},\n"
        f" {{rabbitmq_management_agent, [{policies}]}}].\n"
    )


def write(directory: Path, name: str, text: str) -> Path:
    """The path of a new file in the directory, readable by the user of a container."""
    path = directory / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return path


def _tls_lines(tls: TlsFiles) -> list[str]:
    return [
        f"ssl_options.cacertfile = {tls.ca}",
        f"ssl_options.certfile = {tls.server_certificate}",
        f"ssl_options.keyfile = {tls.server_key}",
        "ssl_options.verify = verify_peer",
        # Without a client certificate a user still logs in by password over TLS.
        "ssl_options.fail_if_no_peer_cert = false",
        "ssl_cert_login_from = common_name",
        "auth_mechanisms.1 = PLAIN",
        "auth_mechanisms.2 = AMQPLAIN",
        "auth_mechanisms.3 = EXTERNAL",
    ]
