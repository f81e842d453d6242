"""Headers of ours that a sender wrote: what the broker vouches for, and what it does not."""

from service.core.copies import ORIGINAL_EXCHANGE, PARKED_CODE, PARKED_STATUS
from service.core.settlement import Settlement
from service.edges.amqp.broker import Broker
from service.flow.events.ends import Answered
from service.flow.events.order import Settled
from tests.edges.amqp.edge import relaying
from tests.edges.amqp.hostile import BASE, BODY
from tests.edges.amqp.test_trap_copies import DEATH
from tests.world.broker import wire
from tests.world.broker.raw import Confirm, RawPublisher
from tests.world.broker.vhost import VirtualHost

OURS = b"x-order-relay-"
LONG_AGO = wire.text_field(b"2020-01-01T00:00:00.000000Z")
FORGED = {
    b"attempts": wire.integer_field(12),
    b"retries": wire.text_field(b"many"),
    b"suspicions": wire.integer_field(99),
    b"first-seen": LONG_AGO,
    b"unknown-since": LONG_AGO,
    b"original-exchange": wire.text_field(b"elsewhere"),
    b"parked-status": wire.text_field(b"accepted"),
}
HEADERS = wire.table(
    [(b"x-death", DEATH), *((OURS + name, field) for name, field in FORGED.items())]
)


async def test_a_producer_cannot_write_an_orders_history(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """With an `x-death` as of a retry queue, too: the exchange is the broker's word.

    When they counted: 0 calls, `failed`, `unknown` or `rejected`, and the parked queue fills.
    """
    async with relaying(broker) as whole:
        confirm = shop.publish(b"orders", b"order.request", BASE, HEADERS, BODY)
        assert confirm is Confirm.ACK
        await whole.edge.events.until(Answered, status="accepted")
        assert whole.log == ["submit bad-1"]


async def test_a_parked_copy_has_only_our_own_words(
    vhost: VirtualHost, broker: Broker, shop: RawPublisher
) -> None:
    """Whoever reads it takes them for the relay's."""
    async with relaying(broker) as whole:
        confirm = shop.publish(b"orders", b"order.request", {}, HEADERS, BODY)
        assert confirm is Confirm.ACK
        await whole.edge.events.until(Settled, settlement=Settlement.PARKED)
        parked = await vhost.get("orders.parked")
    assert parked.headers[ORIGINAL_EXCHANGE] == "orders"
    assert parked.headers[PARKED_STATUS] == "rejected"
    assert parked.headers[PARKED_CODE] == "missing_message_id"
    assert parked.headers["x-order-relay-attempts"] == 0
    assert "x-order-relay-unknown-since" not in parked.headers


async def test_what_is_moved_by_hand_is_still_uncertain(
    vhost: VirtualHost, broker: Broker, producer: RawPublisher
) -> None:
    """From queue to queue messages go by the default exchange: such an order may exist."""
    async with relaying(broker) as whole:
        headers = wire.table([(OURS + b"unknown-since", LONG_AGO)])
        assert producer.publish(b"", b"orders.requests", BASE, headers, BODY) is Confirm.ACK
        await whole.edge.events.until(Answered, status="unknown")
        await whole.edge.events.until(Settled, settlement=Settlement.PARKED)
        assert whole.log == []
