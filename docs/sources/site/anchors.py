"""A headline's anchor, by GitHub's rule: a link that works in the repository works on the site."""

import re
from collections.abc import Callable


def anchor(headline: str, separator: str = "-") -> str:
    """What a link to a headline names behind its `#`."""
    return re.sub(r"[^\w -]", "", headline.lower()).replace(" ", separator)


def by_github() -> Callable[[str, str], str]:
    """As Zensical's setting for it is written: a call that returns the function."""
    return anchor
