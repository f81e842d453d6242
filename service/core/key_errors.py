"""Whether an error of the API is about the account's key: then it concerns every order.

An API may repeat what it was sent ("coupon summer-key is unknown"). The order's own words are
removed first, else one order with the word "key" in it would hold all the others.
"""

import re
from urllib.parse import parse_qsl

# "idempotency key" is the order's own, no matter of the account.
# `_` ends a word here: `invalid_api_key` names the key.
_KEY = re.compile(r"(?<!idempotency[ _-])(?<![^\W_])(?:api[ _-]?)?key(?![^\W_])", re.IGNORECASE)


def names_the_key(error: str, form: bytes) -> bool:
    """Whether `error`, the answer to the form that was sent, names the account's key."""
    if not _KEY.search(error):
        return False
    for word in _own_words(form):
        error = re.sub(re.escape(word), "", error, flags=re.IGNORECASE)
    return _KEY.search(error) is not None


def _own_words(form: bytes) -> list[str]:
    """The order's names and values that contain the word "key", the longest first.

    Only these: to remove a value such as "1" or "ey" could hide the key.
    """
    pairs = parse_qsl(form.decode("ascii", "replace"), keep_blank_values=True)
    words = {word for pair in pairs for word in pair if _KEY.search(word)}
    return sorted(words, key=lambda word: (-len(word), word))
