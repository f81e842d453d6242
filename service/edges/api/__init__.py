"""The order API over HTTP: the only place that knows httpx2 and holds the key."""
