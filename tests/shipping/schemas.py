"""The validator of JSON Schema, which is there in a tenth of a second."""

import sys
from importlib import import_module
from typing import Any

# jsonschema would build its grammars of addresses, for a format that no schema here has: that
# takes seconds in each process of the tests.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

Validator: Any = import_module("jsonschema").Draft202012Validator
