"""What it says of other publications that the broker refuses one by closing its channel."""

from aiormq.exceptions import AMQPChannelError

from service.core.rights import Access, Right, Thing, lacking
from service.edges.amqp.faults import fault_of_reply, names_a_key, words_of
from service.flow.events.faults import ADVICE, BrokerFault


def of_all(error: AMQPChannelError) -> bool:
    """Whether no publication at all would be taken: that is no fault of one."""
    fault = fault_of_reply(error)
    # A login from before replies went to the unrouted may not write there: that one reply cannot.
    one = names_a_key(error) or ".unrouted' in vhost" in words_of(error)
    return fault is BrokerFault.MISSING or (fault is BrokerFault.RIGHTS and not one)


def why_held(error: BaseException, exchange: str) -> str | None:
    """In the words of a question: while replies wait that are refused, none comes to its end."""
    match fault_of_reply(error):
        case BrokerFault.RIGHTS:
            return lacking([Right(Access.WRITE, Thing.EXCHANGE, exchange)])
        case BrokerFault.MISSING:
            return gone(exchange)
        case _:
            return None


def gone(exchange: str) -> str:
    """That an exchange is missing, and what to do."""
    return f"{ADVICE[BrokerFault.MISSING]} (exchange {exchange} is missing)"
