"""The few HTTP calls that the demo makes, all of them to its own processes."""

import json
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 5.0


def get_text(url: str) -> str:
    """The body of a 200; OSError for anything else."""
    with _open(urllib.request.Request(url)) as response:
        return str(response.read().decode())


def get_json(url: str) -> Any:
    """The decoded JSON of a 200; OSError for anything else."""
    return json.loads(get_text(url))


def post_json(url: str, body: object) -> None:
    """Posts a JSON body; OSError where it is not taken."""
    headers = {"Content-Type": "application/json"}
    with _open(urllib.request.Request(url, json.dumps(body).encode(), headers)):
        pass


def _open(request: urllib.request.Request) -> Any:
    # Without this a proxy of the environment would be asked for an address of this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=TIMEOUT_SECONDS)
