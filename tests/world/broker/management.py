"""The management API of a node: a few milliseconds where `rabbitmqctl` takes seconds."""

import base64
import http.client
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.world.broker.errors import BrokerError, NodeFailureError
from tests.world.broker.ports import LOOPBACK
from tests.world.broker.trying import patiently_by_http


@dataclass(frozen=True)
class Queue:
    """A queue as the management API sees it: its messages of 0.3 s ago, its consumers of 1 s."""

    name: str
    type: str
    ready: int
    unacked: int
    consumers: int
    arguments: dict[str, Any]

    @property
    def messages(self) -> int:
        """Ready and unacknowledged together."""
        return self.ready + self.unacked


@dataclass(frozen=True)
class ManagementApi:
    """The HTTP API on a port of this machine; every failure is a BrokerError."""

    port: int
    user: str = "guest"
    password: str = "guest"
    timeout_seconds: float = 15.0

    def get(self, *path: str, query: str = "") -> Any:
        """The decoded JSON of a resource, or None where it does not exist."""
        status, body = self._request("GET", path, query=query)
        return json.loads(body) if status == http.HTTPStatus.OK else None

    def put(self, *path: str, body: dict[str, Any] | None = None) -> None:
        """Creates or replaces a resource."""
        patiently_by_http(lambda: self._request("PUT", path, body or {}))

    def post(self, *path: str, body: dict[str, Any]) -> Any:
        """The decoded JSON answer, or None where there is none."""
        _, answer = self._request("POST", path, body)
        return json.loads(answer) if answer else None

    def delete(self, *path: str) -> None:
        """Deletes a resource; one that does not exist is no error."""
        patiently_by_http(lambda: self._request("DELETE", path))

    def queues(self, vhost: str) -> dict[str, Queue]:
        """Every queue of a virtual host by its name."""
        consumers = Counter(row["queue"]["name"] for row in self.get("consumers", vhost) or [])
        # Without its statistics the broker looks at the queues instead of at what it gathered.
        fresh = "?disable_stats=true&enable_queue_totals=true"
        rows = self.get("queues", vhost, query=fresh) or []
        return {row["name"]: _queue(row, consumers[row["name"]]) for row in rows}

    def is_ready(self) -> bool:
        """Whether the API answers."""
        try:
            return self.get("overview") is not None
        except (BrokerError, OSError, http.client.HTTPException):
            return False

    def _request(
        self,
        method: str,
        path: tuple[str, ...],
        body: dict[str, Any] | None = None,
        query: str = "",
    ) -> tuple[int, bytes]:
        target = "/api/" + "/".join(quote(part, safe="") for part in path) + query
        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=self.timeout_seconds)
        try:
            connection.request(
                method,
                target,
                body=None if body is None else json.dumps(body),
                headers={
                    "Authorization": f"Basic {secret}",
                    "Content-Type": "application/json",
                },
            )
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        missing = response.status == http.HTTPStatus.NOT_FOUND and method in {"GET", "DELETE"}
        if response.status >= http.HTTPStatus.BAD_REQUEST and not missing:
            message = f"{method} {target}: {response.status} {answer.decode(errors='replace')}"
            failed = response.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
            raise NodeFailureError(message) if failed else BrokerError(message)
        return response.status, answer


def _queue(row: dict[str, Any], consumers: int) -> Queue:
    # A queue that has not told its first counts has none at all.
    return Queue(
        name=row["name"],
        type=row.get("type", "classic"),
        ready=row.get("messages_ready", 0),
        unacked=row.get("messages_unacknowledged", 0),
        consumers=consumers,
        arguments=row.get("arguments", {}),
    )
