"""The parts of the relay, put together from the settings, with nothing started."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from service.app.certificates import tls_files
from service.app.loading import Loaded
from service.app.settings import Settings
from service.core.decision import RetryPolicy
from service.core.topology import build_peers_topology, build_topology
from service.edges.amqp.broker import Broker
from service.edges.amqp.consumer import AmqpConsumer, ConsumerPorts
from service.edges.amqp.peers import AmqpPeers, PeersPorts
from service.edges.amqp.preparation import Prepare
from service.edges.amqp.publisher import AmqpPublisher, PublisherPorts
from service.edges.api.client import HttpOrderApi
from service.edges.api.key import FixedKey, KeyFile, KeySource
from service.edges.system_clock import SystemClock
from service.flow.events import Emit, Event
from service.flow.events.process import KeyReloaded
from service.flow.relay import Relay
from service.flow.sending.gate import Gate
from service.flow.sending.pace import Pace
from service.flow.sending.prefetch import Prefetch

if TYPE_CHECKING:
    from service.edges.tracing.traces import Traces

Random = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs."""

    gate: Gate
    relay: Relay
    publisher: AmqpPublisher
    consumer: AmqpConsumer
    peers: AmqpPeers
    api: HttpOrderApi
    emit: Emit


def build(
    settings: Settings, key: KeySource, emit: Emit, random: Random, traces: "Traces | None" = None
) -> Parts:
    """All parts, wired, with nothing started."""
    clock = SystemClock()
    topology = build_topology(settings.amqp.namespace, settings.retry.delays_seconds)
    broker = Broker(settings.amqp.urls, tls_files(settings.amqp), bounded=True)
    prepare = Prepare(topology, settings.amqp.topology, emit)
    peers_topology = build_peers_topology(settings.amqp.namespace)
    peers = AmqpPeers(
        PeersPorts(
            broker,
            Prepare(peers_topology, settings.amqp.topology),
            lambda: gate.state(),  # noqa: PLW0108 - the gate needs the peers, and is made later
            lambda: gate.hear(),  # noqa: PLW0108
            clock,
            emit,
            random,
        ),
        peers_topology,
        token_hex(8),
    )
    gate = Gate(
        clock,
        emit,
        concurrency=settings.api.concurrency,
        prefetch=Prefetch(
            settings.prefetch, fixed=settings.amqp.prefetch is not None, careful=True
        ),
        pace=Pace(settings.api.rate_per_second, peers.share, random),
        random=random,
        sharing=peers,
    )
    gate.tell_limits()
    publisher = AmqpPublisher(
        PublisherPorts(
            broker, prepare, gate.hold_publisher, gate.lift_publisher, clock, emit, random
        ),
        topology,
        prefetch=settings.prefetch,
    )
    api = HttpOrderApi(
        settings.api.url,
        key,
        timeout_seconds=settings.api.timeout_seconds,
        concurrency=settings.api.concurrency,
        ca_file=settings.api.ca_file,
        headers=traces.headers if traces else None,
    )
    relay = Relay(
        api=traces.around_api(api, settings.api.url, clock.now) if traces else api,
        publisher=traces.around_publisher(publisher, topology) if traces else publisher,
        gate=gate,
        clock=clock,
        emit=emit,
        policy=policy(settings),
        random=random,
        tracing=traces.deliveries(topology) if traces else None,
    )
    receive = publisher.after_rest(relay.receive)
    consumer = AmqpConsumer(
        ConsumerPorts(broker, prepare, gate, receive, peers.counted, clock, emit, random),
        topology,
    )
    return Parts(gate, relay, publisher, consumer, peers, api, emit)


def policy(settings: Settings) -> RetryPolicy:
    """The bounds of trying, from the settings."""
    return RetryPolicy(
        delays_seconds=settings.retry.delays_seconds,
        max_attempts=settings.retry.max_attempts,
        max_age_seconds=settings.retry.max_age_seconds,
        idempotency_window_seconds=settings.api.idempotency_window_seconds,
    )


def key_source(loaded: Loaded, emit: Emit, secrets: list[str]) -> KeySource:
    """The key; one that is read from a file later on becomes one of `secrets`."""
    if loaded.key_file is None:
        return FixedKey(loaded.settings.api.key)

    def on_key(event: Event) -> None:
        if isinstance(event, KeyReloaded) and (current := source.current()) not in secrets:
            secrets.append(current)
        emit(event)

    source = KeyFile(loaded.key_file, on_key)
    return source
