"""What it says of other publications that the broker refuses one by closing its channel."""

from aiormq.exceptions import AMQPChannelError

from service.edges.amqp.faults import fault_of_reply, words_of
from service.edges.amqp.rights import Access, Right, Thing, lacking
from service.flow.events.faults import ADVICE, BrokerFault


def of_all(error: AMQPChannelError) -> bool:
    """Whether no publication at all would be taken: that is no fault of one."""
    fault, words = fault_of_reply(error), words_of(error)
    # A login from before replies went to the unrouted may not write there: that one reply cannot.
    one = "access to topic" in words or ".unrouted' in vhost" in words
    return fault is BrokerFault.MISSING or (fault is BrokerFault.RIGHTS and not one)


def why_held(error: BaseException, exchange: str) -> str | None:
    """In the words of a question: while replies wait that are refused, none comes to its end."""
    match fault_of_reply(error):
        case BrokerFault.RIGHTS:
            return lacking([Right(Access.WRITE, Thing.EXCHANGE, exchange)])
        case BrokerFault.MISSING:
            return f"{ADVICE[BrokerFault.MISSING]} (exchange {exchange} is missing)"
        case _:
            return None
