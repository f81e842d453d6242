#!/bin/sh
# An outbox of orders, sent with `order-relay send`: `sh order.sh outbox.jsonl`.
#
# A line of the outbox is a message as `order-relay check-message` reads it, with its message_id:
# whatever happens, the same file may be sent again.
set -u
: "${ORDER_RELAY_AMQP__URL:=amqp://guest:guest@localhost:5672/}"
export ORDER_RELAY_AMQP__URL

order-relay send "$1" --as shop-a --namespace "${NAMESPACE:-orders}" >replies.jsonl
case $? in
0) echo "all accepted" ;;
1) echo "some rejected: mend these, and send them with new ids" ;;
2) echo "some failed: no order exists, they may be sent again" ;;
3) echo "some unknown: wait for a person, do not order again" ;;
*) echo "some without a reply, or not sent: run this again, the ids stay" ;;
esac
# The ids that were sent, and of each order its reply.
cat replies.jsonl
