"""`order-relay topology`: declare what is missing at the broker, or say what differs."""

import random
import sys

from service.app.certificates import tls_files
from service.app.exit_codes import ExitCode
from service.app.settings import SeenSettings
from service.core.rights import (
    lacking,
    to_consume,
    to_publish,
    to_share,
)
from service.core.topology import Topology, build_whole_topology
from service.edges.amqp import declare as declaring
from service.edges.amqp.broker import Broker, BrokerUnreachableError
from service.edges.amqp.one_off import BrokerInterruptedError, run_one_off
from service.edges.amqp.rights import refused


async def declare(settings: SeenSettings) -> ExitCode:
    """Declare what is missing, and list what stands then."""
    topology = _topology(settings)
    try:
        done, address = await run_one_off(
            _broker(settings), lambda at: declaring.outcome(at, topology), random=random.random
        )
    except (BrokerUnreachableError, BrokerInterruptedError) as error:
        return _fail(str(error))
    if isinstance(done, declaring.TopologyError):
        return _fail(f"{address}: {done}")
    _say(f"{address}: the topology stands")
    for name in _names(topology):
        _say(f"  {name}")
    if done:
        _say(f"  of an older version, and used as they are: {', '.join(done)}")
        _say("  to make them anew see docs/upgrading.md")
    return ExitCode.OK


async def check(settings: SeenSettings) -> ExitCode:
    """Say what is missing or differs, and which right the relay lacks; change nothing."""
    topology = _topology(settings)
    needed = (*to_publish(topology), *to_consume(topology), *to_share(topology))
    broker = _broker(settings)
    try:
        found, address = await run_one_off(
            broker, lambda at: declaring.look(at, topology, compare=True), random=random.random
        )
        lacked, _ = await run_one_off(broker, lambda at: refused(at, needed), random=random.random)
    except (BrokerUnreachableError, BrokerInterruptedError) as error:
        return _fail(str(error))
    for problem in found.wrong:
        _say(f"{address}: {problem}")
    for advice in found.advice():
        _say(f"  {advice}")
    if found.unseen:
        _say(f"{address}: could not look at {', '.join(found.unseen)}")
        _say("  this RabbitMQ shows a thing only to who has some right on it; see the README")
    if lacked:
        _say(f"{address}: {lacking(lacked)}")
    if found.wrong or found.unseen or lacked:
        return ExitCode.CHECK_FAILED
    count = len(_names(topology))
    if found.uncompared:
        _say(f"{address}: the topology is there ({count} entities)")
        _say("  how it was made could not be compared: only who may configure it can do that")
    else:
        _say(f"{address}: the topology is as it should be ({count} entities)")
    _say("  bindings cannot be seen over AMQP and were not checked")
    return ExitCode.OK


def _topology(settings: SeenSettings) -> Topology:
    return build_whole_topology(settings.amqp.namespace, settings.retry.delays_seconds)


def _broker(settings: SeenSettings) -> Broker:
    return Broker(settings.amqp.urls, tls_files(settings.amqp))


def _names(topology: Topology) -> list[str]:
    exchanges = [f"exchange {exchange.name} ({exchange.type})" for exchange in topology.exchanges]
    return exchanges + [f"queue {queue.name}" for queue in topology.queues]


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(text: str) -> ExitCode:
    sys.stderr.write(f"order-relay: {text}\n")
    return ExitCode.CHECK_FAILED
