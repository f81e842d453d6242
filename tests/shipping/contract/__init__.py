"""The contract of the messages: document, schemas, vectors."""
