"""Writes the log's schema and the tables of its page (`make log-schema`)."""

import sys

from docs.sources.logs.generate import files

for path, text in files().items():
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.name}: written\n")
