"""Metrics and log lines, both made from events."""

import importlib
import sys
from types import ModuleType
from typing import cast

# structlog uses rich where it is installed, for tracebacks that print local variables, the key
# among them; and loading rich takes a fifth of the time until the first order is taken.
if "rich" not in sys.modules and "structlog" not in sys.modules:
    sys.modules["rich"] = cast("ModuleType", None)
    importlib.import_module("structlog")
    del sys.modules["rich"]
