"""Whether two releases share the queues: a rolling upgrade, and the way back, while orders flow."""
