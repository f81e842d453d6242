"""The log as a promise: a schema that real lines keep to, and the questions of who is on call."""
