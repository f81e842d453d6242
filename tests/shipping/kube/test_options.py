"""The command lines of the cluster, and the CRDs that take anything."""

import re
from pathlib import Path

from tests.shipping.kube.custom import OPEN_KINDS, open_crd
from tests.shipping.kube.options import Ports, api_options, etcd_options, kubeconfig

PORTS = Ports(etcd=1, etcd_peer=2, api=3)
DIRECTORY = Path("/run/cluster")
OPTIONS = [*etcd_options(PORTS, DIRECTORY), *api_options(PORTS, DIRECTORY)]


def test_everything_is_on_the_loopback_address() -> None:
    """No other machine can reach a cluster without a password."""
    addresses = re.findall(r"https?://([^:/]+):\d|address=(\S+)", "\n".join(OPTIONS))
    assert {one or other for one, other in addresses} == {"127.0.0.1"}
    assert kubeconfig(PORTS, DIRECTORY)["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:3"


def test_the_parts_find_each_other() -> None:
    """By the ports that were free, and by the files of their directory."""
    assert "--etcd-servers=http://127.0.0.1:1" in OPTIONS
    assert "--listen-client-urls=http://127.0.0.1:1" in OPTIONS
    assert "--listen-peer-urls=http://127.0.0.1:2" in OPTIONS
    assert "--secure-port=3" in OPTIONS


def test_nothing_is_written_elsewhere() -> None:
    """Two clusters at a time do not meet, and the directory's end is the cluster's."""
    paths = [option.split("=", 1)[1] for option in OPTIONS if "=/" in option]
    assert len(paths) >= 7
    assert [path for path in paths if not path.startswith("/run/cluster/")] == []


def test_an_open_crd_is_a_whole_one() -> None:
    """Its name is what Kubernetes demands, and its spec is not pruned."""
    for kind in OPEN_KINDS:
        crd = open_crd(*kind)
        spec = crd["spec"]
        assert crd["metadata"]["name"] == f"{spec['names']['plural']}.{spec['group']}"
        (version,) = spec["versions"]
        properties = version["schema"]["openAPIV3Schema"]["properties"]
        assert properties["spec"]["x-kubernetes-preserve-unknown-fields"] is True
    policy = open_crd("rabbitmq.com", "v1beta1", "Policy")
    assert policy["metadata"]["name"] == "policies.rabbitmq.com"
