"""What it costs the broker that replicas tell each other of the API's limits."""
