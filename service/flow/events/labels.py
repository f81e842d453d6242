"""The closed sets that events are made of; most become metric labels."""

from enum import StrEnum


class HoldReason(StrEnum):
    """Why no new order is sent; the metric label `reason`."""

    CIRCUIT = "circuit"
    CREDENTIALS = "credentials"
    PUBLISHER = "publisher"
    THROTTLED = "throttled"


STARTING = "not connected yet"
"""Why the publisher holds at the start: every process does, and that is no fault."""


class BudgetSource(StrEnum):
    """Where the budget of all replicas comes from; the metric label `source`."""

    SET = "set"
    LEARNED = "learned"


class LimitsChange(StrEnum):
    """What of the limits is another than in the last line about them."""

    START = "start"
    BUDGET = "budget"
    PEERS = "peers"
    SHARE = "share"
    STANDBY = "standby"


class Waiting(StrEnum):
    """Where an order waits for its next attempt: in this process, or in a queue of the broker."""

    PROCESS = "process"
    QUEUE = "queue"


class ConnectionName(StrEnum):
    """Which of the two broker connections; the metric label `connection`."""

    CONSUME = "consume"
    PUBLISH = "publish"


class LostCause(StrEnum):
    """Why a broker connection was closed; the metric label `cause`."""

    CONNECT_FAILED = "connect_failed"
    CONNECTION_CLOSED = "connection_closed"
    CHANNEL_CLOSED = "channel_closed"
    CONSUMER_CANCELLED = "consumer_cancelled"
    ACK_FAILED = "ack_failed"
    PUBLISH_TIMEOUT = "publish_timeout"
    TOPOLOGY = "topology"


class NoStream(StrEnum):
    """Why replicas cannot tell each other of the API's limits."""

    RIGHTS = "rights"
    MISSING = "missing"
    DIFFERS = "differs"
    FEATURE_FLAG = "feature_flag"
    REPLICA = "replica"
