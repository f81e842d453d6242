"""An outbox of orders, sent with pika: `python order_pika.py outbox.jsonl`.

A line of the outbox is {"id": ..., "order": {...}, "deadline": epoch seconds or nothing}. In your
system it is a table, written in the transaction that decides on the order.
"""

import json
import os
import sys
import time

import pika
import pika.exceptions

URL = os.environ.get("AMQP_URL", "amqp://guest:guest@localhost:5672/")
ORDERS = os.environ.get("NAMESPACE", "orders")
QUEUE, KEY = "shop-a.replies.pika", "shop-a.pika"


def send(channel, line):
    """Publish one order; returns when the broker has it, raises where it has not."""
    headers = {"x-order-relay-deadline": line["deadline"]} if "deadline" in line else {}
    properties = pika.BasicProperties(
        message_id=line["id"],  # The same at every repeat.
        reply_to=KEY,  # A routing key, no queue's name.
        timestamp=int(time.time()),
        content_type="application/json",
        delivery_mode=2,
        headers=headers,
    )
    # confirm_delivery() below makes this wait for the confirm, and raise for what was returned.
    channel.basic_publish(
        ORDERS, "order.request", json.dumps(line["order"]).encode(), properties, mandatory=True
    )


def handle(reply):
    """What became of one order; kept before the reply is acked."""
    status = reply["status"]
    if status == "accepted":
        print(reply["request_id"], "accepted", reply["order"])
    elif status == "rejected":
        print(reply["request_id"], "rejected: mend it, new id:", reply["error"]["message"])
    elif status == "failed":
        print(reply["request_id"], "failed: no order exists, may be sent again")
    else:
        print(reply["request_id"], "unknown: wait for a person, do not order again")


def work(outbox, unconfirmed, unanswered):
    """One connection: bind, publish what is not confirmed, read replies until all are there."""
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        channel.queue_bind(QUEUE, f"{ORDERS}.replies", KEY)
        for line in outbox:
            if line["id"] in unconfirmed:
                send(channel, line)
                unconfirmed.discard(line["id"])
        if not unanswered:
            return
        for method, _, body in channel.consume(QUEUE):
            reply = json.loads(body)
            # A reply comes at least once, and may be to somebody else's order.
            if reply["request_id"] in unanswered:
                handle(reply)
                unanswered.discard(reply["request_id"])
            channel.basic_ack(method.delivery_tag)
            if not unanswered:
                return


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        outbox = [json.loads(line) for line in file]
    unconfirmed = {line["id"] for line in outbox}
    unanswered = set(unconfirmed)
    while unanswered:
        try:
            work(outbox, unconfirmed, unanswered)
        except pika.exceptions.AMQPError as error:
            # Nothing is lost: what was not confirmed goes out again, under the same ids.
            print("again in a second:", repr(error), file=sys.stderr)
            time.sleep(1)


main()
