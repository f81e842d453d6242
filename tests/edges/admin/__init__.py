"""The admin endpoints: the rules of health, the pages, and the server that answers."""
