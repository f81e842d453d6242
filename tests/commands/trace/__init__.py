"""`order-relay trace`."""
