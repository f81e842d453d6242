"""`order-relay sandbox`: a whole relay, with a stand-in where the API would be."""

import asyncio
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex

from pydantic import SecretStr

from service.app.exit_codes import ExitCode
from service.app.loading import KEY, Loaded
from service.app.run import run
from service.app.settings import (
    AdminSettings,
    AmqpSettings,
    ApiSettings,
    RetrySettings,
    Settings,
    ShownSettings,
)
from service.app.sources import Found
from service.app.wiring import tls_files
from service.commands.sandbox import api
from service.core.depths import REQUESTS, Unreadable
from service.core.topology import Topology, build_topology, build_whole_topology
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.depths import QueueDepths
from service.edges.amqp.one_off import BrokerInterruptedError, run_one_off
from service.edges.amqp.removing import remove

TIMEOUT_SECONDS = 2.0
DELAYS_SECONDS = (1, 2, 3)
MAX_ATTEMPTS = 4
DRAIN_SECONDS = 5.0
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
    topology = build_whole_topology(namespace, DELAYS_SECONDS)
    if not wanted.force and (reason := asyncio.run(_taken(broker, namespace))) is not None:
        return _fail(reason)
    with api.serving(wanted.fault) as url:
        sys.stdout.write(_READY.format(namespace=namespace, url=url))
        sys.stdout.flush()
        ended = run(_loaded(settings, found, wanted.amqp, url))
    return (asyncio.run(_cleaned(broker, topology)) if wanted.clean else None) or ended


async def _taken(broker: Broker, namespace: str) -> str | None:
    """Why this name space is none to play in; None where it is free."""
    if namespace == "orders":
        return "the namespace orders is for real orders; name another one, or say --force"
    depths = QueueDepths(broker, build_topology(namespace, DELAYS_SECONDS))
    try:
        queues = await depths.read()
    finally:
        await depths.close()
    if isinstance(queues, Unreadable):
        return queues.why
    requests = queues.queues.get(REQUESTS)
    if requests is not None and requests.consumers:
        return f"{namespace}.requests has consumers already; end them, or say --force"
    return None


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
