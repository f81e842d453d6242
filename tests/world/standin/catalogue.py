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


@dataclass(frozen=True, slots=True)
class Service:
    """One service: price of a unit, allowed quantities, and whether it takes orders now.

    `fixed_quantity` is how Packages and Subscriptions work: the sent quantity is ignored and the
    minimum is billed.
    """

    price: Decimal = Decimal(1)
    minimum: int = 1
    maximum: int = 2**63 - 1
    active: bool = True
    fixed_quantity: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`ids` are all like `usual`, but for those in `special`; ids in `unknown` do not exist."""

    ids: tuple[range, ...] = (range(1, 100), range(1000, 10_000))
    unknown: frozenset[int] = frozenset()
    special: Mapping[int, Service] = field(default_factory=dict)
    usual: Service = Service()

    def find(self, service_id: str) -> Service | None:
        """The active service with this id, or None."""
        if not _is_positive(service_id):
            return None
        number = int(service_id)
        if number in self.unknown:
            return None
        service = self.special.get(number)
        if service is not None:
            return service if service.active else None
        # A loop, and not any(): this is on the way of every order.
        for ids in self.ids:
            if number in ids:
                return self.usual
        return None


def charge(form: Form, catalogue: Catalogue) -> Decimal | Answer:
    """What the order in `form` costs, or why it is refused."""
    values = form.values
    service = catalogue.find(values.get("service", ""))
    if service is None:
        return answers.SERVICE_NOT_FOUND
    if refusal := _target_refusal(values):
        return refusal
    if not (_is_positive(values.get("runs", "1")) and _is_positive(values.get("interval", "1"))):
        return answers.BAD_DRIP_FEED
    if service.fixed_quantity:
        return service.price * service.minimum
    quantity = values.get("quantity", "")
    if not _is_positive(quantity):
        return answers.QUANTITY_NOT_POSITIVE
    if not service.minimum <= int(quantity) <= service.maximum:
        return answers.QUANTITY_OUT_OF_RANGE
    return service.price * int(quantity)


def _target_refusal(values: Mapping[str, str]) -> Answer | None:
    link = values.get("link", "")
    if not link:
        return None if values.get("username") else answers.MISSING_LINK
    if not link.startswith(("http://", "https://")) or len(link) > 1000:
        return answers.BAD_LINK
    return None
