"""An error that repeats the order's own words concerns that order, and not the account's key."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.codes import Code
from service.core.key_errors import names_the_key
from service.core.outcome import Refused, classify
from tests.core.build import NOW, answered


def form(**fields: str) -> bytes:
    """A form with these parameters beside the usual ones."""
    return urlencode({"action": "add", "service": "1", "quantity": "10", **fields}).encode()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"coupon": "key"}, "Coupon key is unknown"),
        ({"coupon": "summer-key"}, "Unknown coupon: SUMMER-KEY"),
        ({"link": "https://shop.example/key"}, "Link https://shop.example/key cannot be opened"),
        ({"license_key": "1"}, "Unexpected parameter license_key"),
        ({"note": "the api key, please"}, 'Bad note "the api key, please"'),
        ({"a": "key", "b": "key card"}, "Neither key nor key card is known"),
        ({"username": "ключ key"}, "No user ключ key"),
    ],
)
def test_an_order_that_speaks_of_a_key_holds_up_no_other(
    fields: dict[str, str], error: str
) -> None:
    """It is refused like any other: a producer's word must not stop the whole relay."""
    outcome = classify(answered(400, {"error": error}), form(**fields), NOW)
    assert outcome == Refused(Code.REFUSED, error, 400)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "Invalid API key"),
        ({"coupon": "summer-key"}, "Invalid API key"),
        ({"coupon": "summer-key"}, "summer-key came with an invalid API key"),
        ({"coupon": "k"}, "Invalid key"),
        ({"coupon": "ey"}, "Invalid key"),
        ({"coupon": ""}, "Invalid key"),
    ],
)
def test_the_accounts_key_is_still_seen(fields: dict[str, str], error: str) -> None:
    """Words that are no key by themselves are left in, and what is left over is read."""
    assert names_the_key(error, form(**fields))


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_it(error: str, name: str, value: str) -> None:
    """Whatever the API says of whatever was sent, the answer is yes or no."""
    sent = urlencode({name: value}, errors="replace").encode()
    assert names_the_key(error, sent) in (True, False)


@given(st.text())
def test_an_error_without_the_word_never_names_it(error: str) -> None:
    """Taking words out can only take meaning away."""
    if "key" not in error.lower():
        assert not names_the_key(error, form(coupon="key"))
