"""Which services exist, what they cost, and what an order for them must be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from tests.world.standin import answers
from tests.world.standin.answers import Answer
from tests.world.standin.calls import Form

# Not int(): it takes " 7 ", "+7" and "1_000", which are no integers to an API.
_is_positive = re.compile(r"0*[1-9][0-9]{0,18}").fullmatch
_USUAL_PRICE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`ids` cost 1 a unit, but for those in `prices`; those in `unknown` do not exist."""

    ids: tuple[range, ...] = (range(1, 100), range(1000, 10_000))
    unknown: frozenset[int] = frozenset()
    prices: Mapping[int, Decimal] = field(default_factory=dict)
    maximum: int = 2**63 - 1

    def price(self, service_id: str) -> Decimal | None:
        """What a unit of the service with this id costs, or None where there is none."""
        if not _is_positive(service_id):
            return None
        number = int(service_id)
        if number in self.unknown:
            return None
        # A loop, and not any(): this is on the way of every order.
        for ids in self.ids:
            if number in ids:
                return self.prices.get(number, _USUAL_PRICE)
        return None


def charge(form: Form, catalogue: Catalogue) -> Decimal | Answer:
    """What the order in `form` costs, or why it is refused."""
    values = form.values
    price = catalogue.price(values.get("service", ""))
    if price is None:
        return answers.SERVICE_NOT_FOUND
    if refusal := _target_refusal(values):
        return refusal
    if not (_is_positive(values.get("runs", "1")) and _is_positive(values.get("interval", "1"))):
        return answers.BAD_DRIP_FEED
    quantity = values.get("quantity", "")
    if not _is_positive(quantity):
        return answers.QUANTITY_NOT_POSITIVE
    if int(quantity) > catalogue.maximum:
        return answers.QUANTITY_OUT_OF_RANGE
    return price * int(quantity)


def _target_refusal(values: Mapping[str, str]) -> Answer | None:
    link = values.get("link", "")
    if not link:
        return None if values.get("username") else answers.MISSING_LINK
    if not link.startswith(("http://", "https://")) or len(link) > 1000:
        return answers.BAD_LINK
    return None
