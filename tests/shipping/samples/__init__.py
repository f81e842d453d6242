"""The samples of docs/samples, run against a sandbox: `make samples`."""
