"""The stand-in as a server: aiohttp's low-level one, without routing or access logs, for speed."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from tests.world.standin import answers
from tests.world.standin.answers import Answer, Kind, Verdict
from tests.world.standin.calls import Call, Form, Received, read_form
from tests.world.standin.catalogue import Catalogue
from tests.world.standin.control import PATHS, Controls
from tests.world.standin.faults import Delay, Fault
from tests.world.standin.ledger import Ledger
from tests.world.standin.limiter import Limiter, Limits
from tests.world.standin.matching import FaultRules
from tests.world.standin.rules import Account
from tests.world.standin.sending import Departures, instead_of, send, whole
from tests.world.standin.signals import Signals

ORDER_PATH = "/api/v2"
_SHUTDOWN_SECONDS = 10.0
_NOT_PLACED = Answer(0, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the API behaves, and how many of the latest calls and raw requests it keeps.

    `balance` None is unlimited; `idempotency_window_seconds` None remembers for ever.
    """

    keys: frozenset[str] = frozenset({"test-key"})
    catalogue: Catalogue = field(default_factory=Catalogue)
    balance: Decimal | None = None
    idempotency_window_seconds: float | None = None
    limits: Limits = field(default_factory=Limits)
    keep_calls: int = 10_000
    keep_requests: int = 100


class _Server(web.Server):
    """aiohttp's server, telling of connections that come and go."""

    def __init__(self, standin: "StandIn", departures: Departures) -> None:
        super().__init__(standin.handle, access_log=None)
        self._departures = departures
        self._transports: dict[RequestHandler, asyncio.Transport] = {}

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self._transports[handler] = transport

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        super().connection_lost(handler, exc)
        self._transports.pop(handler, None)
        self._departures.lost(handler)

    async def abort(self) -> None:
        """Ends every connection, and the calls on it."""
        # Else shutdown would wait for idle connections, ...
        self.pre_shutdown()
        for transport in list(self._transports.values()):
            # ... and for clients that do not read what is streamed to them.
            transport.abort()
        await self.shutdown(_SHUTDOWN_SECONDS)


class StandIn:
    """The order API on a loopback port, and everything that can be asked of it afterwards.

    `calls` and `requests` hold the latest, oldest first.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        options = options or Options()
        ledger = Ledger(options.catalogue, options.balance, options.idempotency_window_seconds)
        self.account = Account(options.keys, ledger)
        self.faults = FaultRules()
        self.limiter = Limiter(options.limits)
        self.calls: deque[Call] = deque(maxlen=options.keep_calls)
        self.requests: deque[Received] = deque(maxlen=options.keep_requests)
        self.in_flight_now = 0
        self.base_url = ""
        self._controls = Controls(self.account, self.faults, self.limiter, self.calls)
        self._signals = Signals()
        self._departures = Departures()
        self._address = (host, port)
        self._http: _Server | None = None
        self._listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """The order endpoint."""
        return self.base_url + ORDER_PATH

    @property
    def ledger(self) -> Ledger:
        """What was ordered."""
        return self.account.ledger

    def accept_keys(self, *keys: str) -> None:
        """From now on these keys are accepted, and no others."""
        self.account.keys = frozenset(keys)

    async def seen(self, request_id: str, calls: int = 1, timeout: float = 10.0) -> None:
        """Returns once that many calls of `request_id` have arrived; AssertionError if not in time.

        An order that such a call makes is in the ledger by then, but for a `delay`.
        """
        ledger = self.ledger
        await self._signals.wait_for(
            lambda: ledger.calls_of(request_id) >= calls,
            lambda: f"{ledger.calls_of(request_id)} of {calls} calls of {request_id!r} arrived",
            timeout,
        )

    async def in_flight(self, count: int, timeout: float = 10.0) -> None:
        """Returns once exactly `count` calls are being served; AssertionError if not in time."""
        await self._signals.wait_for(
            lambda: self.in_flight_now == count,
            lambda: f"{self.in_flight_now} calls are in flight, not {count}",
            timeout,
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listens; `base_url` and `url` are known from then on."""
        host, port = self._address
        self._http = _Server(self, self._departures)
        self._listener = await asyncio.get_running_loop().create_server(
            self._http, host, port, backlog=1024
        )
        port = self._listener.sockets[0].getsockname()[1]
        self.base_url = f"http://{host}:{port}"

    async def stop(self) -> None:
        """Closes every connection; calls that hang end at once, without an answer."""
        if self._listener is None or self._http is None:
            return
        self._listener.close()
        self._departures.stop()
        await self._http.abort()
        self._listener = None

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serves one HTTP request."""
        try:
            body = await request.read()
        except (ConnectionError, web.RequestPayloadError):
            # A client killed while sending; aiohttp would log a traceback for each.
            return web.Response()
        path = request.path
        if path in PATHS:
            return whole(self._controls.answer(request.method, path, request.query, body))
        self.requests.append(Received(request.method, path, request.headers, body))
        if path != ORDER_PATH:
            return whole(answers.NO_SUCH_PATH)
        if request.method != "POST":
            return whole(answers.WRONG_METHOD)
        self.in_flight_now += 1
        try:
            return await self._serve(request, read_form(body))
        finally:
            self.in_flight_now -= 1
            self._signals.changed()

    async def _serve(self, request: web.BaseRequest, form: Form) -> web.StreamResponse:
        now, key = time.monotonic(), form.values.get("key", "")
        call = Call(form.request_id, key, now, time.time(), form.fingerprint.hex())
        self.calls.append(call)
        self.ledger.count_call(form.request_id)
        # The waiters run after this step, in which all but a delayed call come to the ledger.
        self._signals.changed()
        if not self.limiter.allows(now):
            answer = answers.throttled_answer(self.limiter.limits.retry_after_seconds)
            call.answered, call.status = Kind.THROTTLED, answer.status
            return whole(answer)
        async with self.limiter.worker() as call.began_seconds:
            if self.limiter.limits.latency_seconds:
                await self._departures.pause(self.limiter.limits.latency_seconds)
            fault = self.faults.take(form.request_id, self.ledger.calls_of(form.request_id))
            decided = await self._decide(request, form, call, fault)
            call.ended_seconds = time.monotonic()
        return await send(request, decided, fault, self._departures)

    async def _decide(
        self, request: web.BaseRequest, form: Form, call: Call, fault: Fault | None
    ) -> Answer | None:
        answer: Answer | None
        if fault is None:
            verdict = self._verdict(request, form, call)
            call.answered, answer = verdict.kind, verdict.answer
        else:
            if isinstance(fault, Delay):
                await self._departures.pause(fault.seconds)
            answer = self._faulty(request, form, call, fault)
            call.answered = fault.fault
        call.status = None if answer is None else answer.status
        return answer

    def _verdict(self, request: web.BaseRequest, form: Form, call: Call) -> Verdict:
        verdict = self.account.answer(form, request.content_type, time.monotonic())
        call.order_placed = verdict.kind is Kind.PLACED
        return verdict

    def _faulty(
        self, request: web.BaseRequest, form: Form, call: Call, fault: Fault
    ) -> Answer | None:
        if self._departures.stopping:
            return None
        usual = self._verdict(request, form, call).answer if fault.places else _NOT_PLACED
        return instead_of(fault, usual)
