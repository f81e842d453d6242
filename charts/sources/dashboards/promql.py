"""The expressions of the panels, built of the same few pieces."""

# An absent label is an empty one: without the `|`, a Prometheus that adds none would find nothing.
RELAY = 'namespace=~"$namespace|",job=~"$job|",instance=~"$instance|"'

JOB = 'namespace=~"$namespace|",job=~"$job|"'

PROCESS = "namespace, job, instance"
"""The labels that tell two relays apart; absent ones count as the same."""

AWAY = ("circuit", "credentials")
"""The holds in which the API counts as away; throttling is none of them."""

WINDOW = "$__rate_interval"

DIGITS = 4
"""So many has the longest waiting tier."""

IN_TIME = r'le=~"60(\\.0)?"'
"""The bucket of orders that took at most a minute, as any client library may write its bound."""


def of_relay(metric: str, *matchers: str) -> str:
    """The series of the chosen relays."""
    return f"{metric}{{{','.join((RELAY, *matchers))}}}"


def recorded(name: str) -> str:
    """A series that the rules of the chart record for each job."""
    return f"{name}{{{JOB}}}"


def away() -> str:
    """1 while some relay holds because the API is away, or refuses the key."""
    reasons = "|".join(AWAY)
    held = of_relay("order_relay_held", f'reason=~"{reasons}"')
    return f"max ({held}) == 1"


def oldest_order() -> str:
    """Seconds; nothing where no relay knows: in a hold the orders are the broker's again."""
    age = of_relay("order_relay_oldest_order_age_seconds")
    held = of_relay("order_relay_held", 'reason!="throttled"')
    return f"max ({age} > 0) or (max ({age}) unless on () max ({held}) == 1)"


def total(metric: str, *matchers: str, by: str = "") -> str:
    """What all chosen relays have together."""
    return f"sum{_by(by)} ({of_relay(metric, *matchers)})"


def per_second(metric: str, *matchers: str, by: str = "") -> str:
    """How often a second, over all chosen relays."""
    return f"sum{_by(by)} (rate({of_relay(metric, *matchers)}[{WINDOW}]))"


def in_range(metric: str, *matchers: str) -> str:
    """How often in all of the time that is looked at; `increase` alone would give 0.98 for one."""
    return f"round(sum (increase({of_relay(metric, *matchers)}[$__range])))"


def quantile(share: float, metric: str, *matchers: str, by: str = "") -> str:
    """The value that this share of the observations in a histogram is below."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {per_second(f'{metric}_bucket', *matchers, by=labels)})"


def seen(metric: str, *matchers: str, by: str) -> str:
    """`per_second`, but only of what happened at all in the time that is looked at.

    A legend with every code that there can be would not fit beside its graph.
    """
    ever = f"sum by ({by}) (increase({of_relay(metric, *matchers)}[$__range] @ end()))"
    return f"{per_second(metric, *matchers, by=by)} and on ({by}) ({ever} > 0)"


def known(expression: str) -> str:
    """Without what is no number, such as a quantile of nothing."""
    return f"({expression}) >= 0"


def limit(metric: str) -> str:
    """The smallest of a limit of the relays, where any has one: no limit is infinite."""
    return f"min ({of_relay(metric)}) < +Inf"


def of_all_replicas(metric: str, *matchers: str) -> str:
    """What each replica of a job says of them all: the smallest counts, and jobs are added up."""
    return f"sum (min by (namespace, job) ({of_relay(metric, *matchers)}))"


def padded(expression: str, label: str) -> str:
    """With blanks before a number in a label, so that Prometheus, which sorts texts, sorts numbers.

    A page shows no blanks that follow each other.
    """
    for digits in range(1, DIGITS):
        blanks = " " * (DIGITS - digits)
        number = "." * digits
        expression = (
            f'label_replace({expression}, "{label}", "{blanks}$1", "{label}", "({number})")'
        )
    return expression


def process(metric: str) -> str:
    """A metric of every process, of the relays only: the job of a plain Prometheus may be any."""
    return f"({of_relay(metric)} and on ({PROCESS}) {of_relay('order_relay_build_info')})"


def queue(name: str, what: str = "messages") -> str:
    """One queue (or several: `name` is a regular expression) of the topology, by RabbitMQ.

    Every node of a cluster may tell of a queue; the largest number is the leader's.
    """
    series = f'rabbitmq_detailed_queue_{what}{{vhost=~"$vhost|",queue=~"$topology[.]{name}"}}'
    return f"max by (vhost, queue) ({series})"


def _by(labels: str) -> str:
    return f" by ({labels})" if labels else ""
