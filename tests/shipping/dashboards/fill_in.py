"""What Grafana does to an expression before Prometheus gets it: variables become values."""

import re

_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}")
CHOSEN = {
    **dict.fromkeys(("namespace", "job", "instance", "vhost", "topology"), ".*"),
    "__rate_interval": "5m",
    "__range": "3h",
}
"""All of everything, and three hours of a Prometheus that scrapes every 30 s or more often."""


def fill_in(expression: str, **values: str) -> str:
    """`expression` with its variables filled in; unknown ones, such as `$1`, stay."""
    known = CHOSEN | values

    def value(match: re.Match[str]) -> str:
        return known.get(match[1] or match[2], match[0])

    return _VARIABLE.sub(value, expression)
