"""RabbitMQ: the only place that knows aio-pika, aiormq and pamqp.

Two plain connections, one that consumes and acks and one that publishes. Each is closed and opened
again when anything about it is in doubt.
"""
