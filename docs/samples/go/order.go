// An outbox of orders, sent with amqp091-go: `go run . outbox.jsonl`.
//
// A line of the outbox is {"id": ..., "order": {...}, "deadline": epoch seconds or nothing}. In
// your system it is a table, written in the transaction that decides on the order.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	queue = "shop-a.replies.go"
	key   = "shop-a.go"
)

var (
	url    = env("AMQP_URL", "amqp://guest:guest@localhost:5672/")
	orders = env("NAMESPACE", "orders")
)

type line struct {
	ID       string          `json:"id"`
	Order    json.RawMessage `json:"order"`
	Deadline *int64          `json:"deadline"`
}

type reply struct {
	RequestID string `json:"request_id"`
	Status    string `json:"status"`
	Order     string `json:"order"`
	Error     struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// send publishes one order; it returns nil when the broker has it.
func send(channel *amqp.Channel, returns <-chan amqp.Return, each line) error {
	headers := amqp.Table{}
	if each.Deadline != nil {
		headers["x-order-relay-deadline"] = *each.Deadline
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	confirm, err := channel.PublishWithDeferredConfirmWithContext(
		ctx, orders, "order.request", true, false, // mandatory
		amqp.Publishing{
			MessageId:    each.ID, // The same at every repeat.
			ReplyTo:      key,     // A routing key, no queue's name.
			Timestamp:    time.Now(),
			ContentType:  "application/json",
			DeliveryMode: amqp.Persistent,
			Headers:      headers,
			Body:         each.Order,
		})
	if err != nil {
		return err
	}
	if acked, err := confirm.WaitContext(ctx); err != nil || !acked {
		return errors.Join(err, errors.New("not confirmed"))
	}
	select {
	// What no queue takes is returned, and then confirmed all the same.
	case returned := <-returns:
		return fmt.Errorf("%s was returned: %s", returned.MessageId, returned.ReplyText)
	default:
		return nil
	}
}

// handle keeps what became of one order, before the reply is acked.
func handle(said reply) {
	switch said.Status {
	case "accepted":
		fmt.Println(said.RequestID, "accepted", said.Order)
	case "rejected":
		fmt.Println(said.RequestID, "rejected: mend it, new id:", said.Error.Message)
	case "failed":
		fmt.Println(said.RequestID, "failed: no order exists, may be sent again")
	default:
		fmt.Println(said.RequestID, "unknown: wait for a person, do not order again")
	}
}

// work is one connection: bind, publish what is not confirmed, read replies until all are there.
func work(outbox []line, unconfirmed, unanswered map[string]bool) error {
	connection, err := amqp.Dial(url)
	if err != nil {
		return err
	}
	defer connection.Close()
	channel, err := connection.Channel()
	if err != nil {
		return err
	}
	if err := channel.Confirm(false); err != nil {
		return err
	}
	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	quorum := amqp.Table{"x-queue-type": "quorum"}
	if _, err := channel.QueueDeclare(queue, true, false, false, false, quorum); err != nil {
		return err
	}
	if err := channel.QueueBind(queue, key, orders+".replies", false, nil); err != nil {
		return err
	}
	for _, each := range outbox {
		if unconfirmed[each.ID] {
			if err := send(channel, returns, each); err != nil {
				return err
			}
			delete(unconfirmed, each.ID)
		}
	}
	replies, err := channel.Consume(queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for message := range replies {
		var said reply
		if err := json.Unmarshal(message.Body, &said); err != nil {
			return err
		}
		// A reply comes at least once, and may be to somebody else's order.
		if unanswered[said.RequestID] {
			handle(said)
			delete(unanswered, said.RequestID)
		}
		if err := message.Ack(false); err != nil {
			return err
		}
		if len(unanswered) == 0 {
			return nil
		}
	}
	return errors.New("the connection was lost")
}

func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	var outbox []line
	unconfirmed, unanswered := map[string]bool{}, map[string]bool{}
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var each line
		if err := json.Unmarshal(scanner.Bytes(), &each); err != nil {
			log.Fatal(err)
		}
		outbox = append(outbox, each)
		unconfirmed[each.ID], unanswered[each.ID] = true, true
	}
	for len(unanswered) > 0 {
		if err := work(outbox, unconfirmed, unanswered); err != nil {
			// Nothing is lost: what was not confirmed goes out again, under the same ids.
			log.Println("again in a second:", err)
			time.Sleep(time.Second)
		}
	}
}
