"""All cases, by name."""

from tests.flow.fleet.failing import failing_cases
from tests.flow.fleet.rates import rate_cases
from tests.flow.fleet.troubles import trouble_cases

CASES = rate_cases() | trouble_cases() | failing_cases()
