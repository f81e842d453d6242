"""What `order-relay top` makes of scrapes."""
