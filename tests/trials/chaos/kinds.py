"""The closed set of faults, by the names that scenarios, stories and results use."""

from enum import StrEnum


class Kind(StrEnum):
    """What can be done to a relay, the broker, the links between them and to the API, and the API.

    An `exact` kill strikes at one frame or byte; the others strike at a time.
    """

    RELAY_KILL = "relay.kill"
    RELAY_FREEZE = "relay.freeze"
    RELAY_STOP = "relay.stop"
    RELAY_ROLL = "relay.roll"

    BROKER_KILL = "broker.kill"
    BROKER_STOP = "broker.stop"
    BROKER_FREEZE = "broker.freeze"
    BROKER_MOVE_LEADERS = "broker.move_leaders"
    BROKER_ALARM = "broker.alarm"
    BROKER_CLOSE = "broker.close"
    BROKER_DENY_WRITE = "broker.deny_write"
    BROKER_DENY_ALL = "broker.deny_all"
    BROKER_DENY_KEY = "broker.deny_key"
    BROKER_DELETE_RETRY = "broker.delete_retry"
    BROKER_DELETE_REQUESTS = "broker.delete_requests"
    BROKER_DELETE_EXCHANGE = "broker.delete_exchange"
    BROKER_UNBIND_PARKED = "broker.unbind_parked"
    BROKER_UNBIND_UNROUTED = "broker.unbind_unrouted"
    BROKER_STICK_REPLIES = "broker.stick_replies"
    BROKER_CUT_OFF = "broker.cut_off"

    AMQP_CUT = "amqp.cut"
    AMQP_REFUSE = "amqp.refuse"
    AMQP_HALF_OPEN = "amqp.half_open"
    AMQP_STALL = "amqp.stall"
    AMQP_BYTES = "amqp.bytes"
    AMQP_LATENCY = "amqp.latency"

    HTTP_CUT = "http.cut"
    HTTP_REFUSE = "http.refuse"
    HTTP_HALF_OPEN = "http.half_open"
    HTTP_STALL = "http.stall"
    HTTP_BYTES = "http.bytes"
    HTTP_LATENCY = "http.latency"

    API_HANG_BEFORE = "api.hang_before"
    API_HANG_AFTER = "api.hang_after"
    API_RESET_BEFORE = "api.reset_before"
    API_RESET_AFTER = "api.reset_after"
    API_STORM = "api.storm"
    API_THROTTLE = "api.throttle"
    API_THROTTLE_AFTER = "api.throttle_after"
    API_BROKEN = "api.broken"
    API_SHORT = "api.short"
    API_EMPTY = "api.empty"
    API_DRIP = "api.drip"
    API_SLOW = "api.slow"
    API_WRONG_KEY = "api.wrong_key"
    API_FREEZE = "api.freeze"

    EXACT_BEFORE_POST = "exact.before_post"
    EXACT_BEFORE_ANSWER = "exact.before_answer"
    EXACT_BEFORE_REPLY = "exact.before_reply"
    EXACT_BEFORE_RETRY = "exact.before_retry"
    EXACT_BEFORE_CONFIRM = "exact.before_confirm"
    EXACT_BEFORE_ACK = "exact.before_ack"


OF_CLUSTERS = frozenset({Kind.BROKER_MOVE_LEADERS, Kind.BROKER_CUT_OFF})
"""What takes more than one node."""

DELETES_QUEUES = frozenset({Kind.BROKER_DELETE_RETRY, Kind.BROKER_DELETE_REQUESTS})
"""Where relays declare, too, one of them could bring such a queue back, and orders into it,
between the last look at it and its deletion: the operator would throw orders away."""

HOLDS_CALLS = frozenset({Kind.HTTP_STALL, Kind.HTTP_BYTES, Kind.HTTP_LATENCY, Kind.API_FREEZE})
"""While one of these lasts, a call that was sent in time reaches the API later."""
