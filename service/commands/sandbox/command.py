"""`order-relay sandbox`: a whole relay, with a stand-in where the API would be."""

import asyncio
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex

from pydantic import SecretStr

from service.app.certificates import tls_files
from service.app.exit_codes import ExitCode
from service.app.loading import KEY, Loaded
from service.app.run import run
from service.app.settings import (
    PREFIX,
    AdminSettings,
    AmqpSettings,
    ApiSettings,
    RetrySettings,
    Settings,
    ShownSettings,
)
from service.app.sources import Found
from service.commands.sandbox import api
from service.core.depths import PARKED, REQUESTS, RETRY_PREFIX, UNROUTED, Unreadable
from service.core.topology import Topology, build_topology, build_whole_topology
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.declare import look
from service.edges.amqp.depths import QueueDepths
from service.edges.amqp.one_off import BrokerInterruptedError, run_one_off
from service.edges.amqp.removing import remove
from service.flow.events.faults import BrokerFault

NAMESPACE = f"{PREFIX}AMQP__NAMESPACE"
TIMEOUT_SECONDS = 2.0
DELAYS_SECONDS = (1, 2, 3)
MAX_ATTEMPTS = 4
DRAIN_SECONDS = 5.0
_OTHERWISE = "; name another namespace, or say --force"
_READY = """\
sandbox: a relay for {namespace}.requests, and a stand-in of the order API at {url}
sandbox: try  order-relay send --namespace {namespace} --service 7 --quantity 100 \\
sandbox:          --link https://example.com/p/1 [--set sandbox=lost-answer]
sandbox: Ctrl-C ends it
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where the sandbox is, and what it may do."""

    amqp: AmqpSettings
    fault: str | None
    force: bool
    clean: bool


def sandbox(settings: ShownSettings, found: Mapping[str, Found], wanted: Wanted) -> ExitCode:
    """Relay orders to the stand-in until SIGTERM or SIGINT; BadSettingsError as `run` does."""
    namespace = wanted.amqp.namespace
    broker = Broker(wanted.amqp.urls, tls_files(wanted.amqp))
    of_orders = settings.amqp.namespace if NAMESPACE in found else None
    if (reason := _real(namespace, of_orders)) is not None:
        return _fail(reason)
    delays = sorted({*DELAYS_SECONDS, *settings.retry.delays_seconds})
    depths = QueueDepths(broker, build_topology(namespace, delays))
    if not wanted.force and (reason := asyncio.run(_taken(depths, namespace, delays))) is not None:
        return _fail(reason)
    topology = build_whole_topology(namespace, DELAYS_SECONDS)
    try:
        clean = wanted.clean and asyncio.run(_free(broker, topology))
    except (BrokerUnreachableError, BrokerInterruptedError) as error:
        return _fail(str(error))
    if wanted.clean and not clean:
        sys.stderr.write(f"order-relay: --clean deletes nothing: {namespace} was there before\n")
    with api.serving(wanted.fault) as url:
        sys.stdout.write(_READY.format(namespace=namespace, url=url))
        sys.stdout.flush()
        ended = run(_loaded(settings, found, wanted.amqp, url))
    return (asyncio.run(_cleaned(broker, topology)) if clean else None) or ended


def _real(namespace: str, of_orders: str | None) -> str | None:
    """Why real orders may be there, whatever is said; `of_orders` is the one that is set."""
    if namespace == "orders" or namespace.startswith("orders."):
        return f"the namespace {namespace} is for real orders; name another one"
    if namespace == of_orders:
        return f"the namespace {namespace} is that of {NAMESPACE}; name another one"
    return None


async def _taken(depths: QueueDepths, namespace: str, delays: Sequence[int]) -> str | None:
    """Why this name space is none to play in; None where it is free."""
    try:
        queues = await depths.read()
    finally:
        await depths.close()
    if isinstance(queues, Unreadable):
        return queues.why
    for name in (REQUESTS, PARKED, UNROUTED, *(f"{RETRY_PREFIX}{each}" for each in delays)):
        # One that the login may not see has no entry, one that is missing is None.
        if name not in queues.queues:
            return f"{namespace}.{name} could not be read{_OTHERWISE}"
        depth = queues.queues[name]
        if depth is not None and depth.consumers:
            return f"{namespace}.{name} has consumers already{_OTHERWISE}"
        if depth is not None and depth.ready:
            return f"{namespace}.{name} has messages already{_OTHERWISE}"
    return None


async def _free(broker: Broker, topology: Topology) -> bool:
    """Whether nothing of it is there, so that all of it will be the sandbox's own."""
    seen, _ = await run_one_off(
        broker, lambda at: look(at, topology, compare=False), random=random.random
    )
    missing = [fault for fault in seen.wrong.values() if fault is BrokerFault.MISSING]
    return len(missing) == len(topology.exchanges) + len(topology.queues)


def _loaded(
    settings: ShownSettings, found: Mapping[str, Found], amqp: AmqpSettings, url: str
) -> Loaded:
    """The settings of a relay that cannot reach the real API: neither its URL nor its key."""
    key = token_hex(16)
    # Constructed, because the environment may name the real ones.
    made = Settings.model_construct(
        amqp=amqp,
        api=ApiSettings(url=url, key=SecretStr(key), timeout_seconds=TIMEOUT_SECONDS),
        retry=RetrySettings.model_construct(
            delays_seconds=DELAYS_SECONDS, max_attempts=MAX_ATTEMPTS
        ),
        admin=AdminSettings(host="127.0.0.1", port=0),
        log=settings.log,
        drain_seconds=DRAIN_SECONDS,
    )
    return Loaded(made, {**found, KEY: Found(KEY, key, "sandbox")})


async def _cleaned(broker: Broker, topology: Topology) -> ExitCode:
    try:
        await run_one_off(broker, lambda at: remove(at, topology), random=random.random)
    except (BrokerUnreachableError, BrokerInterruptedError) as error:
        return _fail(str(error))
    return ExitCode.OK


def _fail(text: str) -> ExitCode:
    sys.stderr.write(f"order-relay: {text}\n")
    return ExitCode.CHECK_FAILED
