"""A real Prometheus watches real relays and a real RabbitMQ, and is asked what it saw."""
