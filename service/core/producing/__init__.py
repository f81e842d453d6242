"""What a producer is told of its messages before it sends them."""
