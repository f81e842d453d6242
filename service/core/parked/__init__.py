"""What a person may do with the messages that wait for one: pure rules, from finding to acting."""
