// The same on Node: amqplib and undici.
import amqp from "amqplib";
import { Pool } from "undici";

const { AMQP_URL, API_URL, API_KEY, PREFETCH } = process.env;
const prefetch = Number(PREFETCH);
const url = new URL(API_URL);
const pool = new Pool(url.origin, { connections: prefetch });
const connection = await amqp.connect(AMQP_URL);
const channel = await connection.createConfirmChannel();
await channel.prefetch(prefetch);

// A message that nobody is bound for comes back before it is confirmed.
const returned = new Set();
channel.on("return", (message) => returned.add(message.properties.messageId));

const confirmed = (content, messageId) =>
  new Promise((done, failed) => {
    const options = { messageId, persistent: true, mandatory: true };
    channel.publish("orders.replies", "order.accepted", content, options, (refused) => {
      if (refused || returned.delete(messageId)) failed(refused ?? new Error("returned"));
      else done();
    });
  });

async function serve(message) {
  const requestId = message.properties.messageId;
  const fields = JSON.parse(message.content);
  const form = { key: API_KEY, action: "add", ...fields, request_id: requestId };
  const answer = await pool.request({
    path: url.pathname,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(text);
  const reply = { request_id: requestId, status: "accepted", order: JSON.parse(text).order };
  await confirmed(Buffer.from(JSON.stringify(reply)), requestId);
}

await channel.consume("orders.requests", (message) =>
  serve(message).then(
    () => channel.ack(message),
    () => channel.nack(message),
  ),
);
console.log("consuming");
