"""The log's schema and page, from the events; `make log-schema` writes them."""
