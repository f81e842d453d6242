"""Writes the dashboards of the chart that are not as they should be."""

import sys

from charts.sources.dashboards.boards import files

for path, text in files().items():
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}: written\n")
