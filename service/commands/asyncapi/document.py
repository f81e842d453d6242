"""The AsyncAPI document: channels, operations and messages, seen from the relay."""

from typing import Any

from service import __version__
from service.commands.asyncapi import examples, schemas
from service.core.codes import Status
from service.core.reply import TYPE
from service.core.topology import REQUEST_ROUTING_KEY, build_topology

ASYNCAPI = "3.1.0"
BINDING = "0.3.0"
_MEANS = {
    Status.ACCEPTED: "The API gave an order id. Go on.",
    Status.REJECTED: "The API or the relay refused it; certainly no order exists. Mend it, and "
    "send it with a new message id.",
    Status.FAILED: "Given up; certainly no order exists. Send it again.",
    Status.UNKNOWN: "Given up, and an order may exist; parked for a person. Wait.",
}


def build(namespace: str) -> dict[str, Any]:
    """The whole document, for a relay with this prefix of its topology."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "order-relay",
            "version": __version__,
            "description": "Takes order requests from RabbitMQ, places each exactly once at an "
            "order API, and tells the producer what became of it.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": _channels(namespace),
        "operations": _operations(),
        "components": {"messages": {"order": _order()} | {str(s): _reply(s) for s in Status}},
    }


def _channels(namespace: str) -> dict[str, Any]:
    replies = {str(status): _ref("components/messages", status) for status in Status}
    kinds = {exchange.name: exchange.type for exchange in build_topology(namespace, ()).exchanges}

    def bindings(name: str) -> dict[str, Any]:
        exchange = {"name": name, "type": kinds[name], "durable": True, "autoDelete": False}
        return {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": BINDING}}

    answers = f"{namespace}.replies"
    return {
        "requests": {
            "address": REQUEST_ROUTING_KEY,
            "title": "Requests",
            "description": "Publish persistent, with mandatory and publisher confirms: an order "
            "counts as sent when it was confirmed and not returned.",
            "messages": {"order": _ref("components/messages", "order")},
            "bindings": bindings(namespace),
        },
        "repliesTo": {
            "address": None,
            "title": "Replies to requests with a reply_to",
            "description": "The routing key is the request's property reply_to. Bind a queue with "
            f"it to the exchange {answers} before publishing.",
            "messages": replies,
            "bindings": bindings(answers),
        },
        "repliesByStatus": {
            "address": "order.{status}",
            "title": "Replies to requests without a reply_to",
            "parameters": {"status": {"enum": [str(status) for status in Status]}},
            "messages": replies,
            "bindings": bindings(answers),
        },
    }


def _operations() -> dict[str, Any]:
    publishing = {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": BINDING}}
    return {
        "order": {
            "action": "receive",
            "channel": _ref("channels", "requests"),
            "summary": "Place one order.",
            "messages": [_ref("channels/requests/messages", "order")],
            "reply": {
                # AMQP's bindings have no replyTo since 0.3.0.
                "address": {
                    "location": "$message.header#/replyTo",
                    "description": "AMQP's property reply_to: a routing key, no queue's name.",
                },
                "channel": _ref("channels", "repliesTo"),
                "messages": [_ref("channels/repliesTo/messages", status) for status in Status],
            },
            "bindings": publishing,
        },
        "answer": {
            "action": "send",
            "channel": _ref("channels", "repliesByStatus"),
            "summary": "Say what became of an order; at least once.",
            "messages": [_ref("channels/repliesByStatus/messages", status) for status in Status],
            "bindings": publishing,
        },
    }


def _order() -> dict[str, Any]:
    properties = examples.REQUEST
    return {
        "name": "order",
        "title": "Order request",
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/correlationId"},
        "headers": schemas.order_headers(),
        "payload": schemas.order(),
        "x-amqp-properties": schemas.order_properties(),
        "examples": [
            {"name": f"order-{number}", "summary": summary, "headers": {}, "payload": payload}
            for number, (summary, payload) in enumerate(examples.ORDERS.items(), 1)
        ],
        "x-amqp-properties-example": {
            "message_id": properties.message_id,
            "reply_to": properties.reply_to,
            "correlation_id": properties.correlation_id,
            "content_type": properties.content_type,
            "timestamp": "2026-01-31T12:00:00Z",
        },
    }


def _reply(status: Status) -> dict[str, Any]:
    return {
        "name": str(status),
        "title": f"Reply: {status}",
        "summary": _MEANS[status],
        "contentType": "application/json",
        "correlationId": {"location": "$message.header#/correlationId"},
        "headers": schemas.reply_headers(),
        "payload": schemas.reply(status),
        "x-amqp-properties": schemas.reply_properties(),
        "bindings": {"amqp": {"messageType": TYPE, "bindingVersion": BINDING}},
        "examples": [{"name": str(status), "headers": {}, "payload": examples.reply(status)}],
    }


def _ref(where: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{where}/{name}"}
