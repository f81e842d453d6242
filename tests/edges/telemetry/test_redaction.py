"""The masking of secrets: every spelling, and secrets that change."""

import pytest

from service.edges.telemetry.redaction import Redactor, masked

KEY = 'k"y/+ ö\\1'


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        "k%22y/%2B%20%C3%B6%5C1",
        "k%22y%2F%2B%20%C3%B6%5C1",
        "k%22y%2F%2B+%C3%B6%5C1",
        'k\\"y/+ \\u00f6\\\\1',
        'k\\"y/+ ö\\\\1',
        'k"y/+ ö\\\\1',
        "k%22y%2f%2b%20%c3%b6%5c1",
        "ayJ5Lysgw7ZcMQ",
        "6b22792f2b20c3b65c31",
        "6B22792F2B20C3B65C31",
    ],
    ids=[
        *("raw", "URL", "URL's password", "form", "JSON", "JSON, not ASCII", "repr"),
        *("small hex", "base64", "hex", "large hex"),
    ],
)
def test_a_secret_is_masked_however_it_is_spelt(text: str) -> None:
    """As it is, percent-encoded, or escaped inside of quotes."""
    assert masked(f"<{text}>", Redactor([KEY]).forms()) == "<***>"


def test_both_alphabets_of_base64_are_known() -> None:
    """That of headers and that of URLs."""
    forms = Redactor(["~~~???"]).forms()
    assert masked("fn5+Pz8/ fn5-Pz8_", forms) == "*** ***"


def test_every_occurrence_is_masked() -> None:
    """A text may hold several secrets, several times."""
    forms = Redactor(["first-secret", "other-secret"]).forms()
    text = "first-secret other-secret first-secret"
    assert masked(text, forms) == "*** *** ***"


def test_a_secret_that_begins_with_another_leaves_no_end_behind() -> None:
    """The longer one is masked first, in whichever order they are told."""
    assert masked("secret-and-more", Redactor(["secret", "secret-and-more"]).forms()) == "***"


@pytest.mark.parametrize("secret", ["", "a", "abc"])
def test_a_secret_of_a_few_letters_is_left_alone(secret: str) -> None:
    """Masking it would unmake every line."""
    assert Redactor([secret]).forms() == ()


def test_a_changed_secret_is_masked_from_then_on() -> None:
    """A callable is asked anew: the key's file is read again while the process runs."""
    known = ["old-key"]
    redactor = Redactor(lambda: known)
    assert masked("old-key new-key", redactor.forms()) == "*** new-key"
    known.append("new-key")
    assert masked("old-key new-key", redactor.forms()) == "*** ***"


def test_secrets_from_a_generator_are_kept() -> None:
    """What can be read only once is read once."""
    redactor = Redactor(each for each in ["the-secret"])
    assert masked("the-secret", redactor.forms()) == "***"
    assert masked("the-secret", redactor.forms()) == "***"


def test_a_secret_that_is_no_unicode_is_masked() -> None:
    """A file that is not UTF-8 gives lone surrogates, and these do not hinder."""
    assert masked("<key\udc80>", Redactor(["key\udc80"]).forms()) == "<***>"
