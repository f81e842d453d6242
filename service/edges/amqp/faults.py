"""Which fault an exception speaks of: by its class, its code, or the broker's reply text."""

import errno
import re
import socket
import ssl
from asyncio import IncompleteReadError

from aiormq import exceptions

from service.flow.events.faults import ADVICE, BrokerFault

MOST_WORDS = 300

_CERTIFICATES = {
    9: BrokerFault.CERTIFICATE_EARLY,
    10: BrokerFault.CERTIFICATE_EXPIRED,
    62: BrokerFault.CERTIFICATE_NAME,
    64: BrokerFault.CERTIFICATE_NAME,
}
"""By OpenSSL's X509_V_ERR_...; all others are about whom to trust."""

_NO_SUCH_HOST = (socket.EAI_NONAME, socket.EAI_NODATA)
_NO_WAY = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)

# The first that is found counts: a limit that is reached also says that access is refused.
_REPLIES = (
    (r"limit \(\d+\) is reached|limit of \(\d+\)", BrokerFault.LIMIT),
    (r"vhost '.*' is down", BrokerFault.VHOST_DOWN),
    (r"NOT_ALLOWED - vhost .* not found", BrokerFault.VHOST_MISSING),
    (r"NOT_ALLOWED - access to vhost", BrokerFault.VHOST_FORBIDDEN),
    (r"ACCESS_REFUSED - Login .* mechanism EXTERNAL", BrokerFault.CERTIFICATE_LOGIN),
    (r"ACCESS_REFUSED - Login", BrokerFault.LOGIN),
    (r"ACCESS_REFUSED - ", BrokerFault.RIGHTS),
    (r"NOT_FOUND - no (queue|exchange)", BrokerFault.MISSING),
    (r"PRECONDITION_FAILED - inequivalent arg", BrokerFault.DIFFERS),
    (r"RESOURCE_LOCKED - ", BrokerFault.LOCKED),
)
_DIFFERS = re.compile(
    r"inequivalent arg '(?P<name>[^']+)' for (?P<what>queue|exchange) '(?P<which>.+)' in vhost "
    r"'.*': received (?P<ours>.+) but current is (?P<theirs>.+)"
)

# The broker names the first argument that differs: which type the queue has it may not come to say.
BARE = "(perhaps a classic queue)"


class UnusableCertificatesError(Exception):
    """A certificate's file cannot be read, or does not hold what it should."""


_CLASSES: tuple[tuple[type[BaseException], BrokerFault], ...] = (
    (UnusableCertificatesError, BrokerFault.FILES),
    (TimeoutError, BrokerFault.SILENT),
    (exceptions.AuthenticationError, BrokerFault.MECHANISM),
    (exceptions.IncompatibleProtocolError, BrokerFault.NOT_AMQP),
    (exceptions.ProtocolSyntaxError, BrokerFault.NOT_AMQP),
)


def fault_of_reply(error: BaseException | None) -> BrokerFault | None:
    """What the broker refused while a connection stands; None for what is no known refusal."""
    words = words_of(error) if isinstance(error, exceptions.AMQPError) else ""
    return next((fault for text, fault in _REPLIES if re.search(text, words)), None)


def names_a_key(error: BaseException) -> bool:
    """Whether a topic permission alone refuses it: another key may be used."""
    return "access to topic" in words_of(error)


def fault_of_connect(error: BaseException | None, *, tls: bool) -> BrokerFault | None:
    """Why no connection was made over plain TCP or `tls`; None where it cannot be told."""
    by_class = next((fault for kind, fault in _CLASSES if isinstance(error, kind)), None)
    if by_class is not None:
        return by_class
    match error:
        case IncompleteReadError() | ConnectionResetError() | BrokenPipeError():
            return BrokerFault.TLS_CLOSED if tls else BrokerFault.CLOSED
        case ssl.SSLError():
            return _of_tls(error)
        case exceptions.AMQPError():
            return fault_of_reply(error) or fault_of_connect(error.__cause__, tls=tls)
        case OSError():
            return _of_system(error)
        case _:
            return None


def _of_tls(error: ssl.SSLError) -> BrokerFault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, BrokerFault.CA_UNKNOWN)
    reason = str(error.reason or "")
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return BrokerFault.PLAIN_PORT
    if "CERTIFICATE" in reason or reason.endswith(("ALERT_HANDSHAKE_FAILURE", "ALERT_UNKNOWN_CA")):
        return BrokerFault.CLIENT_CERTIFICATE
    return BrokerFault.TLS_FAILED


def _of_system(error: OSError) -> BrokerFault | None:
    if isinstance(error, socket.gaierror):
        known = error.errno in _NO_SUCH_HOST
        return BrokerFault.HOST_UNKNOWN if known else BrokerFault.DNS_AWAY
    # asyncio joins the errors of several addresses into one text.
    number = re.search(r"\[Errno (\d+)\]", str(error))
    match error.errno or (int(number[1]) if number else None):
        case errno.ECONNREFUSED:
            return BrokerFault.REFUSED
        case code if code in _NO_WAY:
            return BrokerFault.NO_WAY
        case _:
            return None


def told(error: BaseException, fault: BrokerFault | None) -> str:
    """What is wrong and what to do, with the words of the broker or the library behind it."""
    words = difference(words_of(error)) or words_of(error)
    return f"{ADVICE[fault]} ({words})" if fault else words


def difference(text: str) -> str | None:
    """What the broker says of an argument that is not as it should be, in our words."""
    if (found := _DIFFERS.search(text)) is None:
        return None
    ours, theirs = (
        re.sub(r"^the value (.*) of type .*$", r"\1", found[name]) for name in ("ours", "theirs")
    )
    words = f"{found['what']} {found['which']} differs: {found['name']} is {theirs}, must be {ours}"
    bare = theirs == "none" and found["what"] == "queue"
    return f"{words} {BARE}" if bare else words


def words_of(error: BaseException | None) -> str:
    """What an exception says, within a bound; its class where it says nothing."""
    words = " ".join(str(part) for part in getattr(error, "args", ()) if part is not None)
    return words.strip()[:MOST_WORDS] or type(error).__name__
