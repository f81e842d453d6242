"""Writes the dashboards of the chart that are not as they should be."""

from charts.sources import write
from charts.sources.dashboards.boards import files

write(files())
