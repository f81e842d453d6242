"""Wrong values: the setting without its prefix, the value, and words of what is said."""

import pytest

from service.app.loading import load
from service.app.sources import BadSettingsError

KEY = "ORDER_RELAY_API__KEY"
WRONG = [
    ("AMQP__URL", "http://h/", "URL 1 must begin with amqp:// or amqps://"),
    ("AMQP__URL", "amqp://h/,amqp:///", "URL 2 must have a host"),
    ("AMQP__URL", "amqp://h:0/", "must have a host"),
    ("AMQP__URL", "amqp://h:x/", "URL 1 cannot be read"),
    ("AMQP__NAMESPACE", "a b", "was 'a b'; must be 1 to 64 letters"),
    ("AMQP__TOPOLOGY", "make", "was 'make'; should be 'declare' or 'check'"),
    ("AMQP__PREFETCH", "0", "was '0'; should be greater than or equal to 1"),
    ("AMQP__PREFETCH", "70000", "was '70000'; should be less than or equal to 65535"),
    ("AMQP__CA_FILE", "/nowhere.pem", "cannot be read: No such file or directory"),
    ("AMQP__CERT_FILE", "/nowhere.pem", "cannot be read: No such file or directory"),
    ("AMQP__KEY_FILE", "/nowhere.pem", "cannot be read: No such file or directory"),
    ("API__URL", "ftp://h/", "was 'ftp://h/'; must be an http or https URL with a host"),
    ("API__URL", "https://", "must be an http or https URL with a host"),
    ("API__URL", "https://h:x/", "must be an http or https URL with a host"),
    ("API__URL", "https://u:hidden@h/", "must have no user, password or fragment"),
    ("API__URL", "https://h/#f", "must have no user, password or fragment"),
    ("API__URL", "http://example.com/", "plain http would show the key to the network"),
    ("API__URL", "http://127.0.0.1.example.com/", "plain http would show the key"),
    ("API__ALLOW_HTTP", "perhaps", "was 'perhaps'"),
    ("API__KEY", "has\x07bell", "not shown, it may be secret; must be a non-empty text"),
    ("API__TIMEOUT_SECONDS", "0", "was '0'; should be greater than 0"),
    ("API__TIMEOUT_SECONDS", "nan", "was 'nan'"),
    ("API__TIMEOUT_SECONDS", "soon", "was 'soon'"),
    ("API__CONCURRENCY", "1.5", "was '1.5'"),
    ("API__RATE_PER_SECOND", "-1", "was '-1'; should be greater than 0"),
    ("API__IDEMPOTENCY_WINDOW_SECONDS", "0", "was '0'"),
    ("API__CA_FILE", "/nowhere.pem", "cannot be read"),
    ("RETRY__DELAYS_SECONDS", "1,x", "was '1,x'; must be whole seconds, separated by commas"),
    ("RETRY__DELAYS_SECONDS", "5,1", "was '5,1'; must ascend, and have at least one tier"),
    ("RETRY__DELAYS_SECONDS", "1,1", "must ascend"),
    ("RETRY__DELAYS_SECONDS", "0,1", "must be between 1 and 604800 seconds"),
    ("RETRY__DELAYS_SECONDS", "1,604801", "must be between 1 and 604800 seconds"),
    ("RETRY__MAX_ATTEMPTS", "0", "was '0'"),
    ("RETRY__MAX_AGE_SECONDS", "x", "was 'x'"),
    ("ADMIN__PORT", "65536", "was '65536'"),
    ("LOG__LEVEL", "loud", "was 'loud'; should be 'debug', 'info', 'warning' or 'error'"),
    ("LOG__FORMAT", "xml", "was 'xml'; should be 'auto', 'json' or 'console'"),
    ("TRACES__ENDPOINT", "collector:4318", "must be an http or https URL with a host, as in"),
    ("TRACES__ENDPOINT", "http://:4318", "must be an http or https URL with a host, as in"),
    ("TRACES__ENDPOINT", "http://h:x/", "must be an http or https URL with a host, as in"),
    ("TRACES__ENDPOINT", "http://u:hidden@h/", "must have no user, password, query or fragment"),
    ("TRACES__ENDPOINT", "http://h/?k=hidden", "must have no user, password, query or fragment"),
    ("TRACES__SAMPLE_RATIO", "1.5", "was '1.5'; should be less than or equal to 1"),
    ("MANAGEMENT__URL", "broker:15672", "must be an http or https URL, as http://user:password@"),
    ("MANAGEMENT__URL", "http://h/?k=hidden", "must have no query or fragment"),
    ("MANAGEMENT__URL", "http://u:12/hidden@h:15672", "must have each of @ / ? # [ ]"),
    ("MANAGEMENT__URL", "http://u:hidden@hidden@h/", "written as its code, as %40 for @"),
    ("MANAGEMENT__URL", r"http://u:p\hidden@h/", "written as its code, as %40 for @"),
    ("MANAGEMENT__URL", "http://u:100%hidden@h/", "written as its code, as %40 for @"),
    ("DRAIN_SECONDS", "0", "was '0'; should be greater than 0"),
]


def problems() -> list[str]:
    """What is wrong with the settings as they are."""
    with pytest.raises(BadSettingsError) as caught:
        load()
    return caught.value.problems
