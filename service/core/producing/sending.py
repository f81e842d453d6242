"""What `send` makes of a message that was written: the same, with what a producer should set."""

from dataclasses import replace
from datetime import datetime

from service.core.message import Message
from service.core.producing.written import UnreadableMessageError, Written


def ready(written: Written, *, now: datetime, message_id: str, reply_to: str) -> Message:
    """The message to publish; what is given is used where it has none of its own.

    Raises UnreadableMessageError for what only a program of one's own can send.
    """
    if written.far_timestamp is not None:
        raise UnreadableMessageError(f"the timestamp {written.far_timestamp} cannot be sent")
    if written.expiration is not None:
        raise UnreadableMessageError("an expiration is not sent; set x-order-relay-deadline")
    message = written.message
    if message.message_id == "":
        raise UnreadableMessageError("the message_id is empty; without any a new one is made")
    if message.user_id is not None:
        raise UnreadableMessageError("a user_id is not sent; the broker knows the login")
    return replace(
        message,
        message_id=message.message_id or message_id,
        reply_to=message.reply_to or reply_to,
        content_type=message.content_type or "application/json",
        timestamp=message.timestamp or now.replace(microsecond=0),
    )
