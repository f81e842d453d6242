"""Whether an error of the API speaks of the account's key: then it may concern every order.

Not every sentence with the word does: databases have keys, too. A mistake costs little either way,
for another order is asked before anything follows from it.
"""

import re

from service.core.api_body import MAX_TEXT_CHARACTERS

_FAULT = (
    r"(?:in)?valid|incorrect|wrong|bad|missing|expired|revoked|disabled|inactive|blocked"
    r"|suspended|deactivated|banned|rejected|denied|required|unauthori[sz]ed"
)
_KEY = re.compile(
    # `_` ends a word here: `invalid_api_key` names the key.
    r"(?<![^\W_])(?:api|access|account|auth|secret)[ _-]?key(?![^\W_])"
    rf"|(?<![^\W_])(?:{_FAULT})[ _-]key(?![^\W_])(?!\s*['\"`])"
    r"|parameter:?\s*['\"`]?key(?![^\W_])"
    rf"|(?:^|['\"`({{]|\b(?:the|your|this) )key(?![^\W_])\W{{0,5}}"
    rf"(?:is |was |are |has been |has )?(?:not |no longer )?(?:{_FAULT}|found|known|active)\b",
    re.IGNORECASE,
)


def names_the_key(error: str) -> bool:
    """Whether `error`, as far as it goes into a reply, speaks of the account's key."""
    return _KEY.search(error[:MAX_TEXT_CHARACTERS]) is not None
