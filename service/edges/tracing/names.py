"""The names of spans and attributes, and how an untrusted text becomes an attribute.

Where OpenTelemetry's semantic conventions (1.44) have a name it is used, else the name is ours and
begins with `order_relay.`. docs/traces.md lists them all.
"""

from typing import Final

from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    server_attributes,
    url_attributes,
)

ERROR_TYPE: Final = error_attributes.ERROR_TYPE
HTTP_METHOD: Final = http_attributes.HTTP_REQUEST_METHOD
HTTP_RESEND_COUNT: Final = http_attributes.HTTP_REQUEST_RESEND_COUNT
HTTP_STATUS: Final = http_attributes.HTTP_RESPONSE_STATUS_CODE
SERVER_ADDRESS: Final = server_attributes.SERVER_ADDRESS
SERVER_PORT: Final = server_attributes.SERVER_PORT
URL_FULL: Final = url_attributes.URL_FULL

# Written out: the package has them only in a private module until the conventions are stable.
MESSAGING_SYSTEM: Final = "messaging.system"
MESSAGING_OPERATION_TYPE: Final = "messaging.operation.type"
MESSAGING_OPERATION_NAME: Final = "messaging.operation.name"
MESSAGING_DESTINATION: Final = "messaging.destination.name"
MESSAGING_DESTINATION_TEMPLATE: Final = "messaging.destination.template"
MESSAGING_ROUTING_KEY: Final = "messaging.rabbitmq.destination.routing_key"
MESSAGING_MESSAGE_ID: Final = "messaging.message.id"
MESSAGING_CONVERSATION_ID: Final = "messaging.message.conversation_id"
MESSAGING_BODY_SIZE: Final = "messaging.message.body.size"

REDELIVERED: Final = "order_relay.redelivered"
SETTLEMENT: Final = "order_relay.settlement"
STATUS: Final = "order_relay.status"
CODE: Final = "order_relay.code"
ORDER: Final = "order_relay.order"
ATTEMPTS: Final = "order_relay.attempts"
REPEATED: Final = "order_relay.repeated"
OUTCOME: Final = "order_relay.outcome"
RETRY_SECONDS: Final = "order_relay.retry.delay_seconds"
RETRY_WHERE: Final = "order_relay.retry.where"
KIND: Final = "order_relay.publication.kind"

Attributes = dict[str, str | int | float | bool]

_MOST_CHARACTERS = 255


def messaging(
    exchange: str, routing_key: str, queue: str, message_id: str | None, correlation_id: str | None
) -> Attributes:
    """The attributes of a message at its destination: `exchange:routing key:queue`."""
    parts = dict.fromkeys(filter(None, (exchange, routing_key, queue)))
    found: Attributes = {
        MESSAGING_SYSTEM: "rabbitmq",
        MESSAGING_DESTINATION: shown(":".join(parts)) or "amq.default",
    }
    for name, text in (
        (MESSAGING_ROUTING_KEY, routing_key),
        (MESSAGING_MESSAGE_ID, message_id),
        (MESSAGING_CONVERSATION_ID, correlation_id),
    ):
        if text:
            found[name] = shown(text)
    return found


def shown(text: str) -> str:
    """`text` as protobuf accepts it: one lone surrogate would cost a whole batch of spans."""
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text[:_MOST_CHARACTERS]
