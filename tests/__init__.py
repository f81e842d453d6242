"""The tests, and what they run the service against: a broker, an order API, faults."""
