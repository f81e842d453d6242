"""The command lines of etcd and kube-apiserver: all of it on 127.0.0.1 and in one directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.world.broker.ports import LOOPBACK

CLUSTER_IP_RANGE = "10.0.0.0/24"
AUTHORITY = "ca.pem"
"""The certificate of the cluster's own authority, in the directory that everything is in."""
SERVER = "server.pem"
"""The API server's certificate and key, in one file."""
ADMIN = "admin.pem"
"""The same of a client that may do everything."""
ACCOUNTS = "accounts.pem"
"""The key that signs the tokens of service accounts."""
KUBECONFIG = "kubeconfig"
"""What helm reads to find the cluster."""


@dataclass(frozen=True)
class Ports:
    """Free ports of the loopback address."""

    etcd: int
    etcd_peer: int
    api: int


def etcd_options(ports: Ports, directory: Path) -> list[str]:
    """Nothing of it is to outlive the run, so nothing is forced to the disk."""
    clients = f"http://{LOOPBACK}:{ports.etcd}"
    peers = f"http://{LOOPBACK}:{ports.etcd_peer}"
    return [
        f"--data-dir={directory / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def api_options(ports: Ports, directory: Path) -> list[str]:
    """No controller runs beside it, so what only controllers make is not waited for."""
    return [
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports.api}",
        f"--tls-cert-file={directory / SERVER}",
        f"--tls-private-key-file={directory / SERVER}",
        f"--client-ca-file={directory / AUTHORITY}",
        f"--cert-dir={directory / 'certificates'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={directory / ACCOUNTS}",
        f"--service-account-signing-key-file={directory / ACCOUNTS}",
        f"--service-cluster-ip-range={CLUSTER_IP_RANGE}",
        "--authorization-mode=RBAC",
        # An endpoint of the API server may not be a loopback address.
        "--endpoint-reconciler-type=none",
        # Pods would wait for the default service account, which a controller makes.
        "--disable-admission-plugins=ServiceAccount",
    ]


def kubeconfig(ports: Ports, directory: Path) -> dict[str, Any]:
    """The configuration of a client that may do everything."""
    cluster = {
        "server": f"https://{LOOPBACK}:{ports.api}",
        "certificate-authority": str(directory / AUTHORITY),
    }
    user = {"client-certificate": str(directory / ADMIN), "client-key": str(directory / ADMIN)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
