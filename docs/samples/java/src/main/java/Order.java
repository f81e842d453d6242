import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An outbox of orders, sent with amqp-client: mvn compile exec:java -Dexec.args=outbox.jsonl
 *
 * <p>A line of the outbox is {"id": ..., "order": {...}, "deadline": epoch seconds or nothing}. In
 * your system it is a table, written in the transaction that decides on the order.
 */
public final class Order {
  private static final String URL = env("AMQP_URL", "amqp://guest:guest@localhost:5672/");
  private static final String ORDERS = env("NAMESPACE", "orders");
  private static final String QUEUE = "shop-a.replies.java";
  private static final String KEY = "shop-a.java";

  private static String env(String name, String otherwise) {
    return System.getenv().getOrDefault(name, otherwise);
  }

  /** Publishes one order; returns when the broker has it, throws where it has not. */
  private static void send(Channel channel, Set<String> returned, String id, JsonObject line)
      throws Exception {
    Map<String, Object> headers = new HashMap<>();
    if (line.has("deadline")) {
      headers.put("x-order-relay-deadline", line.get("deadline").getAsLong());
    }
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId(id) // The same at every repeat.
            .replyTo(KEY) // A routing key, no queue's name.
            .timestamp(new Date())
            .contentType("application/json")
            .deliveryMode(2)
            .headers(headers)
            .build();
    byte[] body = line.get("order").toString().getBytes(StandardCharsets.UTF_8);
    channel.basicPublish(ORDERS, "order.request", true, properties, body); // mandatory
    channel.waitForConfirmsOrDie(10_000);
    // What no queue takes is returned, and then confirmed all the same.
    if (returned.remove(id)) {
      throw new IOException(id + " was returned");
    }
  }

  /** Keeps what became of one order, before the reply is acked. */
  private static void handle(JsonObject reply) {
    String id = reply.get("request_id").getAsString();
    switch (reply.get("status").getAsString()) {
      case "accepted" -> System.out.println(id + " accepted " + reply.get("order").getAsString());
      case "rejected" -> {
        String why = reply.getAsJsonObject("error").get("message").getAsString();
        System.out.println(id + " rejected: mend it, new id: " + why);
      }
      case "failed" -> System.out.println(id + " failed: no order exists, may be sent again");
      default -> System.out.println(id + " unknown: wait for a person, do not order again");
    }
  }

  /** One connection: bind, publish what is not confirmed, read replies until all are there. */
  private static void work(
      Map<String, JsonObject> outbox, Set<String> unconfirmed, Set<String> unanswered)
      throws Exception {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setUri(URL);
    factory.setAutomaticRecoveryEnabled(false);
    try (Connection connection = factory.newConnection();
        Channel channel = connection.createChannel()) {
      Set<String> returned = ConcurrentHashMap.newKeySet();
      channel.addReturnListener(message -> returned.add(message.getProperties().getMessageId()));
      channel.confirmSelect();
      channel.queueDeclare(QUEUE, true, false, false, Map.of("x-queue-type", "quorum"));
      channel.queueBind(QUEUE, ORDERS + ".replies", KEY);
      for (String id : Set.copyOf(unconfirmed)) {
        send(channel, returned, id, outbox.get(id));
        unconfirmed.remove(id);
      }
      while (!unanswered.isEmpty()) {
        GetResponse message = channel.basicGet(QUEUE, false);
        if (message == null) {
          Thread.sleep(100);
          continue;
        }
        String body = new String(message.getBody(), StandardCharsets.UTF_8);
        JsonObject reply = JsonParser.parseString(body).getAsJsonObject();
        // A reply comes at least once, and may be to somebody else's order.
        if (unanswered.remove(reply.get("request_id").getAsString())) {
          handle(reply);
        }
        channel.basicAck(message.getEnvelope().getDeliveryTag(), false);
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, JsonObject> outbox = new LinkedHashMap<>();
    for (String text : Files.readAllLines(Path.of(arguments[0]))) {
      JsonObject line = JsonParser.parseString(text).getAsJsonObject();
      outbox.put(line.get("id").getAsString(), line);
    }
    Set<String> unconfirmed = new LinkedHashSet<>(outbox.keySet());
    Set<String> unanswered = new LinkedHashSet<>(outbox.keySet());
    while (!unanswered.isEmpty()) {
      try {
        work(outbox, unconfirmed, unanswered);
      } catch (Exception error) {
        // Nothing is lost: what was not confirmed goes out again, under the same ids.
        System.err.println("again in a second: " + error);
        Thread.sleep(1000);
      }
    }
  }
}
