"""What each release writes onto the queues, recorded by itself, and read by the ones after it."""
