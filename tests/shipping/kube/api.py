"""A client of the Kubernetes API that knows no kind: it asks the server which there are."""

import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx2

Object = Mapping[str, Any]
CLUSTER_VARIABLE = "TEST_KUBECONFIG"
"""Names the kubeconfig of the cluster that a run of the tests is for."""
REQUEST_SECONDS = 60.0
READY_SECONDS = 5.0
STRICT = {"dryRun": "All", "fieldValidation": "Strict"}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class KubeError(Exception):
    """The cluster did not start, or refused what was asked; the message holds what it said."""


class KubeApi:
    """One API server, as a client that may do everything."""

    def __init__(self, kubeconfig: Path) -> None:
        config = json.loads(kubeconfig.read_bytes())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        trusted = ssl.create_default_context(cafile=cluster["certificate-authority"])
        trusted.load_cert_chain(user["client-certificate"])
        self._client = httpx2.Client(
            base_url=cluster["server"], verify=trusted, trust_env=False, timeout=REQUEST_SECONDS
        )
        self._resources: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def answers(self) -> bool:
        """Whether the server is ready for requests."""
        try:
            return self._client.get("/readyz", timeout=READY_SECONDS).status_code == 200
        except httpx2.TransportError:
            return False

    def get(self, path: str) -> dict[str, Any] | None:
        """What is there; None where nothing is."""
        answer = self._client.get(path)
        return None if answer.status_code == 404 else self._said(answer)

    def post(
        self, path: str, body: bytes | Object, parameters: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Creates an object, given as YAML or as what JSON holds; KubeError if it is refused."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/yaml"}  # JSON is YAML.
        sent = self._client.post(path, content=content, headers=headers, params=parameters)
        return self._said(sent)

    def dry_run(self, one: Object, namespace: str) -> dict[str, Any]:
        """The object as it would be stored; KubeError for a field that the server does not know."""
        return self.post(self.collection(one, namespace), one, STRICT)

    def find(self, one: Object, namespace: str) -> dict[str, Any] | None:
        """The object of the same kind and name, if there is one."""
        return self.get(f"{self.collection(one, namespace)}/{one['metadata']['name']}")

    def add_namespace(self, name: str) -> None:
        """One in which the server warns of every pod that is not as Pod Security has it."""
        labels = {"pod-security.kubernetes.io/warn": "restricted"}
        self.post("/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})

    def collection(self, one: Object, namespace: str) -> str:
        """Where objects of this one's kind are."""
        version = one["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if root not in self._resources:
            found = self.get(root)
            if found is None:
                raise KubeError(f"the cluster knows no {version}")
            kinds = {r["kind"]: r for r in found["resources"] if "/" not in r["name"]}
            self._resources[root] = kinds
        resource = self._resources[root].get(one["kind"])
        if resource is None:
            raise KubeError(f"the cluster knows no {version} {one['kind']}")
        place = f"/namespaces/{namespace}" if resource["namespaced"] else ""
        return f"{root}{place}/{resource['name']}"

    def _said(self, answer: httpx2.Response) -> dict[str, Any]:
        if answer.is_error:
            raise KubeError(f"{answer.status_code}: {answer.text[:2000]}")
        said = answer.json()
        assert isinstance(said, dict)
        return said
