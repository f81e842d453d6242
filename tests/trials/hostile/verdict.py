"""What became of each message, and whether it may; pure, from what was seen outside the relay."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from tests.trials.hostile.findings import Finding
from tests.trials.hostile.mail import Inbox, Reply, repeatable
from tests.trials.hostile.messages import Case, Fate

BY_STATUS = {
    "accepted": Fate.ORDERED,
    "rejected": Fate.REJECTED,
    "failed": Fate.FAILED,
    "unknown": Fate.UNKNOWN,
}


def judge(
    cases: Iterable[Case], refused: Mapping[int, list[str]], inbox: Inbox, parked: Counter[int]
) -> Iterator[Finding]:
    """A finding for every case, from the broker's refusals, the replies and the parked copies."""
    for case in cases:
        replies, refusals = inbox.hostile.get(case.number, []), refused.get(case.number, [])
        sent = len(case.bodies) - len(refusals)
        fates, problems = fates_of(sent, replies, parked[case.number])
        if refusals:
            fates.add(Fate.REFUSED_BY_BROKER)
        if not fates <= case.fates:
            found = ", ".join(sorted(fate.value for fate in fates)) or "gone"
            wanted = ", ".join(sorted(fate.value for fate in case.fates))
            problems.append(f"it was {found}; it may be {wanted}")
        orders = {reply.order for reply in replies if reply.status == "accepted"}
        if len(orders) > 1:
            problems.append(f"one message id has the orders {orders}")
        texts = [*(reply.text for reply in replies), *refusals]
        story = "\n".join((repeatable(case), *texts))
        yield Finding(case.family, case.name, tuple(problems), story)


def fates_of(sent: int, replies: list[Reply], parked: int) -> tuple[set[Fate], list[str]]:
    """What became of a message that the broker took `sent` times, and what does not add up."""
    problems = []
    fates: set[Fate] = set()
    told = Counter(reply.status for reply in replies)
    if parked:
        fates.add(_parked(told))
        told.subtract(["unknown" if told["unknown"] else "rejected"] * min(parked, len(replies)))
    fates |= {BY_STATUS[status] for status, count in told.items() if count > 0}
    ends = max(len(replies), parked)
    if ends < sent:
        problems.append(f"{sent - ends} of {sent} are gone: not answered, not parked")
    if len(replies) > sent or parked > sent:
        problems.append(f"sent {sent}, but {len(replies)} replies and {parked} parked")
    return fates, problems


def _parked(told: Mapping[str, int]) -> Fate:
    if told.get("unknown"):
        return Fate.UNKNOWN
    return Fate.PARKED_TOLD if told.get("rejected") else Fate.PARKED


def judge_good(ids: Iterable[str], inbox: Inbox, ledger: Mapping[str, int]) -> Iterator[Finding]:
    """A finding for every good order: accepted once, and ordered once."""
    for request_id in ids:
        replies = inbox.good.get(request_id, [])
        problems = []
        if [reply.status for reply in replies] != ["accepted"]:
            problems.append(f"it was answered {[reply.status for reply in replies]}")
        if ledger.get(request_id, 0) != 1:
            problems.append(f"it made {ledger.get(request_id, 0)} orders")
        yield Finding("good orders", request_id, tuple(problems))


def judge_inbox(inbox: Inbox, secret: str) -> Iterator[str]:
    """What is wrong with the replies as a whole."""
    for reply in inbox.unmatched:
        yield f"answered, and unknown: {reply.text:.300}"
    for replies in (*inbox.hostile.values(), *inbox.good.values()):
        if any(secret in reply.text for reply in replies):
            yield f"a reply shows the key: {replies!r:.300}"


def judge_log(lines: Iterable[str], secret: str) -> Iterator[str]:
    """What is wrong with the relay's log."""
    for number, line in enumerate(lines, start=1):
        if secret in line:
            yield f"line {number} of the log shows the key"
        try:
            entry = json.loads(line)
        except ValueError:
            yield f"line {number} of the log is no JSON: {line[:200]!r}"
            continue
        if not isinstance(entry, dict) or not {"time", "level", "event"} <= entry.keys():
            yield f"line {number} of the log is no line of ours: {line[:200]!r}"
        elif entry["level"] not in {"info", "warning"} or "unexpected" in str(entry["event"]):
            yield f"line {number} of the log: {line[:500]}"


def judge_metrics(before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[str]:
    """What is wrong with the relay's metrics: new series, values of messages, reconnects."""
    for series in after.keys() ^ before.keys():
        yield f"the series {series} was not there all the time"
    for series, value in after.items():
        if "hm-" in series or "good-" in series:
            yield f"a label takes a value from a message: {series}"
        if series.startswith("order_relay_broker_reconnects_total") and value:
            yield f"{series} is {value:g}"
