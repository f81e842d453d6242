"""Why orders are held, in a sentence that says where to look.

Never with the API's own words: `/readyz` needs no password, and they could repeat the key.
"""

from math import ceil

from service.core.outcome import Suspected, Unknown, Unreached

NO_REPLICA_IS_SERVED = "attempts of all replicas fail; see the API's status and the network"

_KEY_STATUSES = (401, 403)


def suspected(outcome: Suspected) -> str:
    """Of an answer that speaks against the key, the account or the address."""
    if outcome.names_key:
        return "an error of the API names the key; see ORDER_RELAY_API__KEY"
    setting = "KEY" if outcome.http_status in _KEY_STATUSES else "URL"
    return f"{outcome.reason}; see ORDER_RELAY_API__{setting}"


def failing(outcome: Unreached | Unknown) -> str:
    """Of the last of the failures that opened the circuit."""
    return f"attempts fail, none succeeds: {outcome.reason}; see the API's status and the network"


def throttled(seconds: float, *, asked_here: bool) -> str:
    """Of a wait that is so long in all; it says whom the API has asked."""
    asked = "the API asks" if asked_here else "the API has asked another replica"
    return f"{asked} to wait {max(1, ceil(seconds))} s; orders go on by themselves"
