"""What a person did with a parked order, as the relay that takes it up again tells it."""

from typing import Annotated

from service.core.history import RETRIES
from service.core.message import Received
from service.core.origin import came_back
from service.core.parked.replaying import REPLACED_ID, REPLAYED_BY, REPLAYED_REASON
from service.flow.events.declare import Declared, Reason, RequestId, event


@event("replayed")
class Replayed(Declared):
    """An order arrived that a person replayed: it was parked, and is tried again."""

    request_id: RequestId
    by: Annotated[str, "who replayed it, as its command says"]
    reason: Reason
    replaced_id: Annotated[str | None, "the message id that it was parked under, if it has another"]

    @classmethod
    def told_by(cls, received: Received) -> "Replayed | None":
        """What a replay says of itself, once; None for all else that arrives."""
        headers = received.message.headers
        # Its headers stay with it through the tiers.
        if REPLAYED_BY not in headers or headers.get(RETRIES, 0) or not came_back(received):
            return None
        replaced = headers.get(REPLACED_ID)
        return cls(
            received.message.message_id,
            str(headers[REPLAYED_BY]),
            str(headers.get(REPLAYED_REASON, "")),
            None if replaced is None else str(replaced),
        )
