"""Whether the site that `make docs` built shows what the pages say, from itself alone."""
