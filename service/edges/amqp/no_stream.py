"""Which errors say that the replicas' stream cannot be had, and what to do about it."""

from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ConnectionInternalError,
    PublishError,
)

from service.edges.amqp.connection import SessionBrokenError
from service.flow.events.labels import LostCause, NoStream

ADVICE = {
    NoStream.RIGHTS: "grant write on the exchange and read on the stream of this name",
    NoStream.MISSING: "declare it: order-relay topology",
    NoStream.DIFFERS: "something else has its name: order-relay topology --check",
    NoStream.REPLICA: "rabbitmq-streams add_replica, or connect to a node that has one",
    NoStream.FEATURE_FLAG: "rabbitmqctl enable_feature_flag stream_queue",
}


def no_stream(error: BaseException | None) -> NoStream | None:
    """Why the stream cannot be had; None for what may pass by itself."""
    match error:
        case None:
            return None
        case ChannelAccessRefused():
            return NoStream.RIGHTS
        case ChannelNotFoundEntity() | PublishError():
            return NoStream.MISSING
        case ChannelPreconditionFailed() if "replica on the local node" in str(error):
            return NoStream.REPLICA
        case ChannelPreconditionFailed():
            return NoStream.DIFFERS
        case ConnectionInternalError() if "feature flag" in str(error):
            return NoStream.FEATURE_FLAG
        case SessionBrokenError(cause=LostCause.TOPOLOGY, __cause__=None):
            return NoStream.MISSING
        case _:
            return no_stream(error.__cause__)
