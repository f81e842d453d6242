"""The contract of the messages as AsyncAPI, from the types that read and build them."""
