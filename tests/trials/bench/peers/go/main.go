// The same in Go: amqp091-go and net/http. It shows what is left without an interpreter.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
)

var (
	client   *http.Client
	channel  *amqp.Channel
	returned sync.Map
	stored   = make(chan struct{})
)

func serve(message amqp.Delivery) error {
	fields := map[string]any{}
	if err := json.Unmarshal(message.Body, &fields); err != nil {
		return err
	}
	id := message.MessageId
	form := url.Values{"key": {os.Getenv("API_KEY")}, "action": {"add"}, "request_id": {id}}
	for name, value := range fields {
		form.Set(name, fmt.Sprint(value))
	}
	const kind = "application/x-www-form-urlencoded"
	answer, err := client.Post(os.Getenv("API_URL"), kind, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	content, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil || answer.StatusCode >= 300 {
		return errors.Join(err, errors.New(answer.Status))
	}
	placed := struct{ Order string }{}
	if err := json.Unmarshal(content, &placed); err != nil {
		return err
	}
	reply := map[string]string{"request_id": id, "status": "accepted", "order": placed.Order}
	body, _ := json.Marshal(reply)
	out := amqp.Publishing{MessageId: id, Body: body, DeliveryMode: amqp.Persistent}
	confirm, err := channel.PublishWithDeferredConfirm("orders.replies", "order.accepted", true, false, out)
	if err != nil {
		return err
	}
	if acked, err := confirm.WaitContext(context.Background()); err != nil || !acked {
		return errors.New("not confirmed")
	}
	// The return came before the confirm, but it may still be on its way into the map.
	<-stored
	if _, back := returned.LoadAndDelete(id); back {
		return errors.New("returned")
	}
	return message.Ack(false)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	prefetch := must(strconv.Atoi(os.Getenv("PREFETCH")))
	client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: prefetch, MaxConnsPerHost: prefetch}}
	channel = must(must(amqp.Dial(os.Getenv("AMQP_URL"))).Channel())
	must(0, channel.Confirm(false))
	must(0, channel.Qos(prefetch, 0, false))
	back := channel.NotifyReturn(make(chan amqp.Return))
	go func() {
		// The library hands a return on before it reads the confirm behind it.
		for {
			select {
			case message, open := <-back:
				if !open {
					panic("the channel is closed")
				}
				returned.Store(message.MessageId, true)
			case stored <- struct{}{}:
			}
		}
	}()
	deliveries := must(channel.Consume("orders.requests", "", false, false, false, false, nil))
	fmt.Println("consuming")
	for message := range deliveries {
		go func(message amqp.Delivery) {
			if serve(message) != nil {
				message.Nack(false, true)
			}
		}(message)
	}
}
