"""So much of Kubernetes' API as `kubectl exec` asks: a deployment, its pod, and a process in it.

It takes the place of a kubelet, which is not to be had here: kubectl itself is the real one.
"""

import base64
import hashlib
import json
import struct
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from tests.shipping.chart.rendered.helm import Object

_PROTOCOL = "v5.channel.k8s.io"
_ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_STDOUT, _STDERR, _ERROR = b"\x01", b"\x02", b"\x03"
_BINARY, _LONG = 0x82, 127
_CLOSE_NORMALLY = b"\x88\x02\x03\xe8"
_RESOURCES = {
    "/api/v1": ("v1", "pods", "po", "Pod"),
    "/apis/apps/v1": ("apps/v1", "deployments", "deploy", "Deployment"),
}


class ExecApi(ThreadingHTTPServer):
    """Serves the deployment that has this template, and runs what is to be run in its pod."""

    def __init__(self, deployment: Object, environment: dict[str, str], program: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.deployment = deployment
        self.environment = environment
        self.program = program
        self.asked: list[dict[str, list[str]]] = []
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        self.pod: Object = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"{name}-1",
                "namespace": "shop",
                "labels": spec["template"]["metadata"]["labels"],
            },
            "spec": spec["template"]["spec"],
            "status": {"phase": "Running"},
        }

    def run(self, command: Sequence[str]) -> "subprocess.CompletedProcess[bytes]":
        """The command as in the pod: its first word is the program that the image has."""
        assert command[0] == "order-relay"
        return subprocess.run(
            [*self.program, *command[1:]],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=60,
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _api(self) -> ExecApi:
        return cast("ExecApi", self.server)

    def do_GET(self) -> None:
        """Discovery, the deployment, its pods, or a process in one."""
        url, pod = urlsplit(self.path), self._api.pod
        name = self._api.deployment["metadata"]["name"]
        pods = "/api/v1/namespaces/shop/pods"
        answers: dict[str, Any] = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group()]},
            **{path: _resources(*each) for path, each in _RESOURCES.items()},
            f"/apis/apps/v1/namespaces/shop/deployments/{name}": self._api.deployment,
            f"{pods}/{pod['metadata']['name']}": pod,
        }
        if url.path == f"{pods}/{pod['metadata']['name']}/exec":
            self._exec(parse_qs(url.query))
        elif url.path == pods:
            self._answer(
                200, {"apiVersion": "v1", "kind": "PodList", "items": self._those(url.query)}
            )
        elif url.path in answers:
            self._answer(200, answers[url.path])
        else:
            self._answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound"})

    def log_message(self, *_: object) -> None:
        """Nothing is written beside what kubectl says."""

    def _those(self, query: str) -> list[Object]:
        wanted = dict(one.split("=") for one in parse_qs(query)["labelSelector"][0].split(","))
        pod = self._api.pod
        return [pod] if wanted.items() <= pod["metadata"]["labels"].items() else []

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _exec(self, asked: dict[str, list[str]]) -> None:
        self._api.asked.append(asked)
        key = (self.headers["Sec-WebSocket-Key"] + _ACCEPT).encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        accept = base64.b64encode(hashlib.sha1(key, usedforsecurity=False).digest())
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.send_header("Sec-WebSocket-Protocol", _PROTOCOL)
        self.end_headers()
        done = self._api.run(asked["command"])
        self._send(_STDOUT + done.stdout)
        self._send(_STDERR + done.stderr)
        self._send(_ERROR + json.dumps(_status(done.returncode)).encode())
        self.wfile.write(_CLOSE_NORMALLY)
        self.close_connection = True

    def _send(self, data: bytes) -> None:
        self.wfile.write(struct.pack(">BBQ", _BINARY, _LONG, len(data)) + data)


@contextmanager
def serving(
    deployment: Object, environment: dict[str, str], program: list[str]
) -> Iterator[ExecApi]:
    """Such an API, on a port of its own."""
    with ExecApi(deployment, environment, program) as api:
        thread = threading.Thread(target=api.serve_forever)
        thread.start()
        try:
            yield api
        finally:
            api.shutdown()
            thread.join()


def _status(code: int) -> Object:
    if not code:
        return {"kind": "Status", "status": "Success"}
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {
        "kind": "Status",
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with exit code {code}",
        "details": {"causes": causes},
    }


def _group() -> Object:
    version = {"groupVersion": "apps/v1", "version": "v1"}
    return {"name": "apps", "versions": [version], "preferredVersion": version}


def _resources(version: str, name: str, short: str, kind: str) -> Object:
    one = {
        "name": name,
        "singularName": "",
        "namespaced": True,
        "shortNames": [short],
        "kind": kind,
        "verbs": ["get"],
    }
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": [one],
    }
