"""What makes a setting's value right that is no URL, and the types of all that are checked."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from service.app.checks import check_broker_urls
from service.edges.api.key import MAX_KEY_BYTES

_NAME = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$"
LONGEST_DELAY_SECONDS = 7 * 86_400
MOST_FILE_BYTES = 16 * 1024 * 1024
MOST_TIERS = 32  # Each is a queue on every node of the broker.


def _check_name(name: str) -> str:
    # fullmatch: "$" alone would let a line's end pass.
    if not re.fullmatch(_NAME, name):
        raise ValueError("must be 1 to 64 letters, digits, _ - or ., and not begin with .")
    # The broker declares nothing there: it would refuse the topology again and again.
    if name.startswith("amq."):
        raise ValueError("must not begin with amq., which is the broker's own")
    return name


def _check_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not text or not text.isprintable() or text != text.strip():
        raise ValueError("must be a non-empty text without white space at its ends")
    if len(text.encode()) > MAX_KEY_BYTES:
        raise ValueError(f"must be at most {MAX_KEY_BYTES} bytes")
    return value


def _read_delays(text: str) -> tuple[int, ...]:
    # int() takes more than plain digits.
    if not re.fullmatch(r" *[0-9]{1,9} *(, *[0-9]{1,9} *)*", text):
        raise ValueError("must be whole seconds, separated by commas")
    value = tuple(map(int, text.split(",")))
    if list(value) != sorted(set(value)):
        raise ValueError("must ascend, and have at least one tier")
    if len(value) > MOST_TIERS:
        raise ValueError(f"must be at most {MOST_TIERS} tiers")
    if value[0] < 1 or value[-1] > LONGEST_DELAY_SECONDS:
        raise ValueError(f"must be between 1 and {LONGEST_DELAY_SECONDS} seconds")
    return value


def _check_file(path: Path) -> Path:
    try:
        # A pipe has no end, and opening it may wait for ever.
        if not path.is_file() and path.exists():
            raise ValueError("cannot be read: it is no regular file")
        path.open("rb").close()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if path.stat().st_size > MOST_FILE_BYTES:
        raise ValueError(f"cannot be read: it has more than {MOST_FILE_BYTES} bytes")
    return path


BrokerUrls = Annotated[SecretStr, AfterValidator(check_broker_urls)]
Delays = Annotated[tuple[int, ...], NoDecode, BeforeValidator(_read_delays)]
Key = Annotated[SecretStr, AfterValidator(_check_key)]
File = Annotated[Path, AfterValidator(_check_file)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Name = Annotated[str, Field(pattern=_NAME), BeforeValidator(_check_name)]
