"""Bad input at scale: messages, answers and settings, each judged from the outside only."""
