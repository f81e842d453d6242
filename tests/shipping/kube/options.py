"""The command lines of etcd and kube-apiserver: all of it on 127.0.0.1 and in one directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.world.broker.ports import LOOPBACK

CLUSTER_IP_RANGE = "10.0.0.0/24"


@dataclass(frozen=True)
class Ports:
    """Free ports of the loopback address."""

    etcd: int
    etcd_peer: int
    api: int


@dataclass(frozen=True)
class Files:
    """What a cluster writes and reads."""

    directory: Path

    @property
    def authority(self) -> Path:
        """The certificate of its own authority."""
        return self.directory / "ca.pem"

    @property
    def server(self) -> Path:
        """The API server's certificate and key, in one file."""
        return self.directory / "server.pem"

    @property
    def admin(self) -> Path:
        """The same of a client that may do everything."""
        return self.directory / "admin.pem"

    @property
    def accounts(self) -> Path:
        """The key that signs the tokens of service accounts."""
        return self.directory / "accounts.pem"

    @property
    def kubeconfig(self) -> Path:
        """What helm reads to find the cluster."""
        return self.directory / "kubeconfig"

    def log(self, name: str) -> Path:
        """What a program of the cluster has said."""
        return self.directory / f"{name}.log"


def etcd_options(ports: Ports, files: Files) -> list[str]:
    """Nothing of it is to outlive the run, so nothing is forced to the disk."""
    clients = f"http://{LOOPBACK}:{ports.etcd}"
    peers = f"http://{LOOPBACK}:{ports.etcd_peer}"
    return [
        f"--data-dir={files.directory / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def api_options(ports: Ports, files: Files) -> list[str]:
    """No controller runs beside it, so what only controllers make is not waited for."""
    return [
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports.api}",
        f"--tls-cert-file={files.server}",
        f"--tls-private-key-file={files.server}",
        f"--client-ca-file={files.authority}",
        f"--cert-dir={files.directory / 'certificates'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={files.accounts}",
        f"--service-account-signing-key-file={files.accounts}",
        f"--service-cluster-ip-range={CLUSTER_IP_RANGE}",
        "--authorization-mode=RBAC",
        # An endpoint of the API server may not be a loopback address.
        "--endpoint-reconciler-type=none",
        # Pods would wait for the default service account, which a controller makes.
        "--disable-admission-plugins=ServiceAccount",
    ]


def kubeconfig(ports: Ports, files: Files) -> dict[str, Any]:
    """The configuration of a client that may do everything."""
    cluster = {
        "server": f"https://{LOOPBACK}:{ports.api}",
        "certificate-authority": str(files.authority),
    }
    user = {"client-certificate": str(files.admin), "client-key": str(files.admin)}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }
