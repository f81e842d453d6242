"""Whether an error of the API speaks of the account's key: then it may concern every order.

Not every sentence with the word does: databases have keys, too. One too many costs little, for
another order is asked before anything follows from it; one too few rejects whoever asks meanwhile.
"""

import re

from service.core.api_body import MAX_TEXT_CHARACTERS

_FAULT = (
    r"(?:in)?valid|(?:in)?correct|wrong|bad|missing|expired|revoked|disabled|inactive|blocked"
    r"|suspended|deactivated|banned|rejected|denied|required|unauthori[sz]ed|unknown"
)
_OURS = r"api|access|account|auth(?:entication|orization)?|secret"
_WHOSE = r"user|client|customer|reseller"
_ONE = r"the|your|this|that|given|provided|supplied|specified|selected|submitted|entered"
# `_` ends a word here: `invalid_api_key` names the key.
_END = r"(?![^\W_])"
_KEY = re.compile(
    rf"(?<![^\W_])(?:{_OURS})[ _-]?key{_END}"
    rf"|(?<![^\W_])(?:{_FAULT})[ _-](?:(?:{_WHOSE})[ _-])?key{_END}(?!\s*['\"`]|\sin\b)"
    rf"|\b(?:{_FAULT}) ['\"`]key['\"`]"
    rf"|\b(?:no|no such|provide (?:a|the|your|an)) key{_END}(?!\s\w)"
    rf"|parameter:?\s*['\"`]?key{_END}"
    rf"|(?:^|['\"`({{]|\b(?:{_ONE}) )key{_END}[\W_]{{0,5}}(?:(?:field|parameter|you \w+) )?"
    r"(?:(?:is|was|are|has been|have been|does|can ?not be|must)(?:n't)? )?"
    r"(?:not (?:be )?|no longer )?"
    rf"(?:{_FAULT}|found|known|active|exist|empty)\b",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def names_the_key(error: str) -> bool:
    """Whether `error`, as far as it goes into a reply, speaks of the account's key."""
    return _KEY.search(_CAMEL.sub(" ", error[:MAX_TEXT_CHARACTERS])) is not None
