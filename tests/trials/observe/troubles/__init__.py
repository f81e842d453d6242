"""What is done to a site, and put right again: one context manager a cause."""
