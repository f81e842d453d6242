"""What a person types, a room each, thin over the others."""
