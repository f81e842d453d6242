"""Which errors speak of the account's key, and which only have the word in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.key_errors import names_the_key


@pytest.mark.parametrize(
    "error",
    [
        "Invalid API key",
        "summer-key came with an invalid API key",
        "The API key is no longer active",
        "Access key expired",
        "account key unknown",
        "Invalid key",
        "Your key has been revoked",
        "key not found",
        '{"key": "is not valid"}',
        # As PHP frameworks say it.
        "The selected key is invalid.",
        "The key field is required.",
        "The key you provided is invalid",
        "The 'key' parameter is invalid",
        "Missing 'key'",
        "No such key",
        "Unknown key",
        "Key does not exist",
        "Your key doesn't exist",
        "key cannot be empty",
        "Please provide a key",
        "Invalid user key",
        "key_invalid",
        "InvalidApiKey",
    ],
)
def test_the_accounts_key_is_seen(error: str) -> None:
    """However it is called, with what is wrong with it."""
    assert names_the_key(error)


@pytest.mark.parametrize(
    "error",
    [
        "Duplicate entry '77' for key 'PRIMARY'",
        "violates foreign key constraint",
        "duplicate key value violates unique constraint",
        'Undefined array key "runs"',
        'Missing key "runs"',
        "KeyError: 'link'",
        "primary key is required",
        "The idempotency key is invalid",
        'coupon "summer-key" is invalid',
        "Coupon key is unknown",
        "Unexpected parameter license_key",
        "No user ключ key",
        "Key (service)=(5) is not present in table",
        "Duplicate entry 'x' for key 'user_key'",
        "Duplicate entry 'x' for key 'key'",
        "Unknown key in JSON: foo",
        "Key column 'x' does not exist in table",
        "The cache key is not found",
        "no key for this partition",
    ],
)
def test_a_sentence_with_the_word_is_not_enough(error: str) -> None:
    """Databases and programs have keys, too, and so do the words of an order."""
    assert not names_the_key(error)


@given(st.text(max_size=500))
def test_an_error_without_the_word_never_names_it(error: str) -> None:
    """Whatever else is said."""
    if "key" not in error.lower():
        assert not names_the_key(error)


def test_no_more_is_searched_than_is_told() -> None:
    """However long an error is, the loop stands still for its first 500 characters only."""
    assert names_the_key("x" * 486 + " invalid key")
    assert not names_the_key("x" * 500 + " invalid key")
