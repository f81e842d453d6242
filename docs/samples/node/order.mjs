// An outbox of orders, sent with amqplib: `node order.mjs outbox.jsonl`.
//
// A line of the outbox is {"id": ..., "order": {...}, "deadline": epoch seconds or nothing}. In
// your system it is a table, written in the transaction that decides on the order.
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import amqp from "amqplib";

const url = process.env.AMQP_URL ?? "amqp://guest:guest@localhost:5672/";
const orders = process.env.NAMESPACE ?? "orders";
const queue = "shop-a.replies.amqplib";
const key = "shop-a.amqplib";

// Publishes one order; resolves when the broker has it, rejects where it has not.
function send(channel, returned, line) {
  const options = {
    messageId: line.id, // The same at every repeat.
    replyTo: key, // A routing key, no queue's name.
    timestamp: Math.floor(Date.now() / 1000),
    contentType: "application/json",
    persistent: true,
    mandatory: true,
    headers: line.deadline === undefined ? {} : { "x-order-relay-deadline": line.deadline },
  };
  return new Promise((resolve, reject) => {
    const body = Buffer.from(JSON.stringify(line.order));
    channel.publish(orders, "order.request", body, options, (error) => {
      // What no queue takes is returned, and then confirmed all the same.
      if (error) reject(error);
      else if (returned.delete(line.id)) reject(new Error(`${line.id} was returned`));
      else resolve();
    });
  });
}

// What became of one order; kept before the reply is acked.
function handle(reply) {
  switch (reply.status) {
    case "accepted":
      return console.log(reply.request_id, "accepted", reply.order);
    case "rejected":
      return console.log(reply.request_id, "rejected: mend it, new id:", reply.error.message);
    case "failed":
      return console.log(reply.request_id, "failed: no order exists, may be sent again");
    default:
      return console.log(reply.request_id, "unknown: wait for a person, do not order again");
  }
}

// One connection: bind, publish what is not confirmed, read replies until all are there.
async function work(outbox, unconfirmed, unanswered) {
  const connection = await amqp.connect(url);
  const lost = new Promise((_, reject) => {
    connection.on("error", reject);
    connection.on("close", () => reject(new Error("the connection was lost")));
  });
  lost.catch(() => {});
  try {
    const channel = await connection.createConfirmChannel();
    const returned = new Set();
    channel.on("return", (message) => returned.add(message.properties.messageId));
    channel.on("error", () => {});
    await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
    await channel.bindQueue(queue, `${orders}.replies`, key);
    for (const line of outbox.filter((each) => unconfirmed.has(each.id))) {
      await Promise.race([send(channel, returned, line), lost]);
      unconfirmed.delete(line.id);
    }
    const done = new Promise((resolve) => {
      channel.consume(queue, (message) => {
        if (message === null) return;
        const reply = JSON.parse(message.content.toString());
        // A reply comes at least once, and may be to somebody else's order.
        if (unanswered.delete(reply.request_id)) handle(reply);
        channel.ack(message);
        if (unanswered.size === 0) resolve();
      });
    });
    await Promise.race([done, lost]);
    await channel.close();
  } finally {
    await connection.close().catch(() => {});
  }
}

const outbox = readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
const unconfirmed = new Set(outbox.map((line) => line.id));
const unanswered = new Set(unconfirmed);
while (unanswered.size > 0) {
  try {
    await work(outbox, unconfirmed, unanswered);
  } catch (error) {
    // Nothing is lost: what was not confirmed goes out again, under the same ids.
    console.error("again in a second:", error.message);
    await setTimeout(1000);
  }
}
