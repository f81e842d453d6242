"""Writes the log's schema and the tables of its page (`make log-schema`)."""

from charts.sources import write
from docs.sources.logs.generate import files

write(files())
