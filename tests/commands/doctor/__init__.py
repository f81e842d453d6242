"""What `order-relay doctor` finds."""
