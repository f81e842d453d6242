"""The stand-in of the order API: its documented rules and errors, and faults on command.

It listens on this machine only, keeps everything in memory, and costs nothing.
"""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from service.commands.sandbox.faults import FAULTS, NO_SUCH_SERVICE, TOO_DEAR, Fault

SILENT_SECONDS = 4.0
"""Longer than the sandbox's relay waits for an answer."""
MOST_QUANTITY = 1_000_000
_POSITIVE = re.compile(r"0*[1-9][0-9]*")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    body: dict[str, str]


class Orders:
    """The orders that were placed, by the request_id that each has once; for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[bytes, Answer]] = {}
        self._calls: dict[str, int] = {}

    def call(self, request_id: str) -> int:
        """How many calls there were for it before this one."""
        with self._lock:
            before = self._calls.get(request_id, 0)
            self._calls[request_id] = before + 1
            return before

    def place(self, form: bytes) -> Answer:
        """What the API answers to this form; the same to the same one."""
        values = dict(parse_qsl(form.decode("utf-8", "replace"), keep_blank_values=True))
        request_id = values.get("request_id", "")
        if not request_id:
            return _error("Missing required parameter: request_id")
        # The key may be another one at a repeat.
        order = re.sub(rb"(^|&)key=[^&]*", b"", form)
        with self._lock:
            known, answer = self._known.get(request_id, (order, None))
            if known != order:
                return Answer(409, {"error": "request_id was used with a different order"})
            if answer is None:
                answer = _refusal(values) or Answer(200, {"order": self._number()})
                self._known[request_id] = (order, answer)
            return answer

    def _number(self) -> str:
        return f"sandbox-{len(self._known) + 1:06}"


def _refusal(values: dict[str, str]) -> Answer | None:
    quantity = values.get("quantity", "")
    if values.get("sandbox", "") not in {"", *FAULTS}:
        # Without their names: an error that says "bad-key" is taken for one about the account.
        return _error("the sandbox knows no such fault")
    if values.get("service") == NO_SUCH_SERVICE:
        return _error("Service not found")
    if values.get("service") == TOO_DEAR:
        return _error("Insufficient balance")
    if not _POSITIVE.fullmatch(quantity):
        return _error("Quantity must be a positive integer")
    if int(quantity) > MOST_QUANTITY:
        return _error(f"Quantity must be at most {MOST_QUANTITY}")
    return None


def _error(text: str) -> Answer:
    return Answer(400, {"error": text})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    orders: Orders
    fault: str | None

    def do_POST(self) -> None:
        """Answer one call, or do to it what its order names."""
        form = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        values = dict(parse_qsl(form.decode("utf-8", "replace")))
        fault = FAULTS.get(values.get("sandbox") or self.fault or "")
        before = self.orders.call(values.get("request_id", ""))
        if fault is None or (fault.times is not None and before >= fault.times):
            self._answer(self.orders.place(form))
            return
        placed = self.orders.place(form) if fault.placed else None
        self._fail(fault, placed)

    def _fail(self, fault: Fault, placed: Answer | None) -> None:
        if fault.silent:
            time.sleep(SILENT_SECONDS)
        if fault.silent or fault.cut:
            self.close_connection = True
        elif fault.half and placed is not None:
            self._write(placed.status, json.dumps(placed.body).encode()[:-4], {})
        else:
            self._write(fault.status, b'{"error": "sandbox"}', fault.headers)

    def _answer(self, answer: Answer) -> None:
        self._write(answer.status, json.dumps(answer.body).encode(), {})

    def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        known = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        for name, value in (known | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The relay's own log tells enough."""


@contextmanager
def serving(fault: str | None = None) -> Iterator[str]:
    """The URL of a stand-in; what `fault` names happens to orders that name none."""
    handler = type("_Sandbox", (_Handler,), {"orders": Orders(), "fault": fault})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    # A silent answer must not outlive the sandbox.
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v2"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
