"""What limits the sending of some relays, from their metrics."""

import math
from dataclasses import dataclass

from service.commands.top import words
from service.commands.top.figures import View
from service.edges.telemetry import catalogue
from service.flow.events.labels import BudgetSource

LONGEST_VALUE = 22
"""Characters of a row in half of 80 columns; a number that is cut would be another."""
AT_THE_BUDGET = 0.9
TOO_HIGH = 0.9
"""So far below what is set the API's own limit is, as the alert has it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the relays of a view: the budgets are everybody's, the share is the sum of theirs."""

    set_per_second: float
    learned_per_second: float
    share_per_second: float
    replicas: float
    sent_per_second: float
    throttled: bool
    permits_in_use: bool
    any_without_share: bool

    @property
    def budget(self) -> str:
        """First the one that counts, then the other, if there is one and room for it."""
        both = {"set": self.set_per_second, "learned": self.learned_per_second}
        known = [name for name, budget in both.items() if budget < math.inf]
        if math.isnan(self.replicas):
            return words.NOTHING
        if not known:
            return "no limit"
        texts = [f"{name} {words.rate(both[name])}" for name in sorted(known, key=both.__getitem__)]
        text = ", ".join(texts)
        return text if len(text) <= LONGEST_VALUE else texts[0]

    @property
    def share(self) -> str:
        """What these relays may send, and of how many replicas they are."""
        unlimited = self.share_per_second == math.inf
        share = "no limit" if unlimited else f"{words.rate(self.share_per_second)} /s"
        if math.isnan(self.replicas):
            return share
        return f"{share}, {words.count(self.replicas)} replica{'' if self.replicas == 1 else 's'}"

    @property
    def waits_for(self) -> str:
        """What orders wait for while nothing is held; empty where for none of these."""
        if self.sent_per_second >= AT_THE_BUDGET * self.share_per_second > 0:
            return "the budget"
        return "the concurrency" if self.permits_in_use else ""

    @property
    def set_too_high(self) -> bool:
        """Whether the API throttles although no more is sent than is set."""
        wrong = self.learned_per_second < TOO_HIGH * self.set_per_second < math.inf
        return wrong and self.throttled


def limits(view: View) -> Limits:
    """The smallest budget counts, and the most replicas that one knows."""

    def budget(source: BudgetSource) -> float:
        return min(view.each(catalogue.BUDGET.name, math.inf, source=source))

    shares = view.each(catalogue.RATE_LIMIT.name, math.inf)
    attempts = view.by(catalogue.API_REQUESTS, "outcome")
    in_flight = view.each(catalogue.IN_FLIGHT.name, 0.0)
    permits = view.each(catalogue.CONCURRENCY_LIMIT.name, math.inf)
    known = [each for each in view.each(catalogue.PEERS.name, math.nan) if each >= 0]
    return Limits(
        set_per_second=budget(BudgetSource.SET),
        learned_per_second=budget(BudgetSource.LEARNED),
        share_per_second=view[catalogue.RATE_LIMIT].total,
        replicas=max(known, default=math.nan),
        sent_per_second=view[catalogue.API_REQUESTS].per_second,
        throttled=attempts["throttled"].lately > 0,
        permits_in_use=any(used >= most > 0 for used, most in zip(in_flight, permits, strict=True)),
        any_without_share=0.0 in shares,
    )
