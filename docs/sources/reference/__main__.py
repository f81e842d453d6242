"""Writes the pages of the reference (`make log-schema`)."""

from charts.sources import write
from docs.sources.reference.pages import files

write(files())
