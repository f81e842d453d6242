"""The soak: many good orders through one relay, each of them accounted for at the end."""
