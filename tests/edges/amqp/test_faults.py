"""Which fault each failure means. The texts are those of RabbitMQ 3.10.8 and of Python's ssl."""

import socket
import ssl
from asyncio import IncompleteReadError

import pytest
from aiormq.exceptions import (
    AMQPConnectionError,
    AuthenticationError,
    ChannelAccessRefused,
    ChannelLockedResource,
    ChannelNotFoundEntity,
    ChannelPreconditionFailed,
    ConnectionClosed,
    ConnectionNotAllowed,
    InvalidFrameError,
    ProbableAuthenticationError,
    ProtocolSyntaxError,
)

from service.edges.amqp.connection import SessionBrokenError
from service.edges.amqp.faults import (
    UnusableCertificatesError,
    difference,
    fault_of_connect,
    fault_of_reply,
    told,
)
from service.flow.events.faults import ADVICE, BrokerFault
from service.flow.events.labels import LostCause


def behind(cause: BaseException, *arguments: object) -> AMQPConnectionError:
    """The library's exception for `cause`."""
    error = AMQPConnectionError(*(arguments or cause.args))
    error.__cause__ = cause
    return error


def tls(reason: str, *, code: int = 0) -> AMQPConnectionError:
    """A handshake that failed for `reason`."""
    kind = ssl.SSLCertVerificationError if code else ssl.SSLError
    error = kind(1, f"[SSL: {reason}] some words (_ssl.c:1006)")
    error.reason = reason
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_code = code
    return behind(error)


LOGIN = "ACCESS_REFUSED - Login was refused using authentication mechanism {}. For details see ..."
ACCESS = "access to vhost 'shop' refused for user 'me'"
NOBODY = "Server connection unexpectedly closed. Read {} bytes but {} bytes expected"

OVER_TCP = [
    (ProbableAuthenticationError(LOGIN.format("PLAIN")), BrokerFault.LOGIN),
    (ProbableAuthenticationError(LOGIN.format("EXTERNAL")), BrokerFault.CERTIFICATE_LOGIN),
    (AuthenticationError("AMQPLAIN PLAIN", ["PLAIN", "EXTERNAL"]), BrokerFault.MECHANISM),
    (ConnectionClosed(530, "NOT_ALLOWED - vhost shop not found"), BrokerFault.VHOST_MISSING),
    (ConnectionClosed(530, f"NOT_ALLOWED - {ACCESS}"), BrokerFault.VHOST_FORBIDDEN),
    (
        ConnectionClosed(530, f"NOT_ALLOWED - {ACCESS}: connection limit (0) is reached"),
        BrokerFault.LIMIT,
    ),
    (
        ConnectionClosed(
            530,
            "NOT_ALLOWED - connection refused for user 'me': user connection limit (0) is reached",
        ),
        BrokerFault.LIMIT,
    ),
    (
        ConnectionClosed(541, f"INTERNAL_ERROR - {ACCESS}: vhost 'shop' is down"),
        BrokerFault.VHOST_DOWN,
    ),
    (
        behind(socket.gaierror(socket.EAI_NONAME, "Name or service not known")),
        BrokerFault.HOST_UNKNOWN,
    ),
    (
        behind(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")),
        BrokerFault.DNS_AWAY,
    ),
    (
        behind(ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)")),
        BrokerFault.REFUSED,
    ),
    (
        behind(
            OSError(
                "Multiple exceptions: [Errno 111] Connect call failed ('::1', 1, 0, 0), "
                "[Errno 111] Connect call failed ('127.0.0.1', 1)"
            )
        ),
        BrokerFault.REFUSED,
    ),
    (behind(OSError(113, "Connect call failed ('10.0.0.1', 1)")), BrokerFault.NO_WAY),
    (TimeoutError(), BrokerFault.SILENT),
    (behind(TimeoutError(110, "Connect call failed ('10.0.0.1', 1)")), BrokerFault.SILENT),
    (
        behind(
            ConnectionResetError(104, "Connection reset by peer"),
            "Server connection reset: ConnectionResetError(104, 'Connection reset by peer')",
        ),
        BrokerFault.CLOSED,
    ),
    (behind(IncompleteReadError(b"", 1), NOBODY.format(0, 1)), BrokerFault.CLOSED),
    (ProtocolSyntaxError("Unexpected AMQP protocol header"), BrokerFault.NOT_AMQP),
    (InvalidFrameError("No frame length"), BrokerFault.NOT_AMQP),
    (UnusableCertificatesError("[X509: KEY_VALUES_MISMATCH] key values"), BrokerFault.FILES),
    (AMQPConnectionError("something else"), None),
    (OSError("something else"), None),
    (ValueError("something else"), None),
]

OVER_TLS = [
    (tls("WRONG_VERSION_NUMBER"), BrokerFault.PLAIN_PORT),
    (tls("CERTIFICATE_VERIFY_FAILED", code=19), BrokerFault.CA_UNKNOWN),
    (tls("CERTIFICATE_VERIFY_FAILED", code=20), BrokerFault.CA_UNKNOWN),
    (tls("CERTIFICATE_VERIFY_FAILED", code=10), BrokerFault.CERTIFICATE_EXPIRED),
    (tls("CERTIFICATE_VERIFY_FAILED", code=9), BrokerFault.CERTIFICATE_EARLY),
    (tls("CERTIFICATE_VERIFY_FAILED", code=62), BrokerFault.CERTIFICATE_NAME),
    (tls("CERTIFICATE_VERIFY_FAILED", code=64), BrokerFault.CERTIFICATE_NAME),
    (tls("SSLV3_ALERT_HANDSHAKE_FAILURE"), BrokerFault.CLIENT_CERTIFICATE),
    (tls("TLSV1_ALERT_UNKNOWN_CA"), BrokerFault.CLIENT_CERTIFICATE),
    (tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), BrokerFault.CLIENT_CERTIFICATE),
    (tls("SSLV3_ALERT_CERTIFICATE_EXPIRED"), BrokerFault.CLIENT_CERTIFICATE),
    (tls("TLSV1_ALERT_PROTOCOL_VERSION"), BrokerFault.TLS_FAILED),
    (behind(ConnectionResetError(104, "Connection reset by peer")), BrokerFault.TLS_CLOSED),
    (behind(ConnectionResetError()), BrokerFault.TLS_CLOSED),
    (behind(IncompleteReadError(b"", 1), NOBODY.format(0, 1)), BrokerFault.TLS_CLOSED),
]

IN_VHOST = "in vhost 'shop'"
REPLIES = [
    (
        ChannelAccessRefused(
            f"ACCESS_REFUSED - access to queue 'q' {IN_VHOST} refused for user 'me'"
        ),
        BrokerFault.RIGHTS,
    ),
    (ChannelNotFoundEntity(f"NOT_FOUND - no queue 'q' {IN_VHOST}"), BrokerFault.MISSING),
    (ChannelNotFoundEntity(f"NOT_FOUND - no exchange 'x' {IN_VHOST}"), BrokerFault.MISSING),
    (
        ChannelPreconditionFailed(
            f"PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'x' {IN_VHOST}: "
            "received 'topic' but current is 'direct'"
        ),
        BrokerFault.DIFFERS,
    ),
    (
        ChannelLockedResource(
            f"RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q' {IN_VHOST}. It "
            "could be originally declared on another connection or the exclusive property value "
            "does not match that of the original declaration."
        ),
        BrokerFault.LOCKED,
    ),
    (
        ConnectionNotAllowed(
            "NOT_ALLOWED - number of channels opened for user 'me' has reached the maximum allowed "
            "user limit of (0)"
        ),
        BrokerFault.LIMIT,
    ),
    (
        ChannelPreconditionFailed("PRECONDITION_FAILED - consumer ack timed out on channel 1"),
        None,
    ),
    (ConnectionClosed(320, "CONNECTION_FORCED - broker forced connection closure"), None),
    (ConnectionResetError(104, "Connection reset by peer"), None),
    (None, None),
]


@pytest.mark.parametrize(("error", "fault"), OVER_TCP)
def test_a_failed_connection_is_told_apart(error: Exception, fault: BrokerFault | None) -> None:
    """Over plain TCP; what is not known is not guessed at."""
    assert fault_of_connect(error, tls=False) is fault


@pytest.mark.parametrize(("error", "fault"), OVER_TLS)
def test_a_failed_handshake_is_told_apart(error: Exception, fault: BrokerFault) -> None:
    """Over TLS, where a broker that wants a certificate often just hangs up."""
    assert fault_of_connect(error, tls=True) is fault


@pytest.mark.parametrize(("error", "fault"), REPLIES)
def test_a_refusal_is_told_apart(error: Exception | None, fault: BrokerFault | None) -> None:
    """While the connection stands only the broker's replies count."""
    assert fault_of_reply(error) is fault


def test_every_fault_can_be_met_and_says_what_to_do() -> None:
    """None is left over, and none has a word of the broker's or of a secret."""
    met = {fault for _, fault in (*OVER_TCP, *OVER_TLS, *REPLIES)} - {None}
    assert met == set(BrokerFault) == set(ADVICE)
    assert all(not set("{%\n") & set(advice) for advice in ADVICE.values())


@pytest.mark.parametrize(
    ("argument", "received", "current", "words"),
    [
        (
            "x-queue-type",
            "the value 'quorum' of type 'longstr'",
            "none",
            "x-queue-type is none, must be 'quorum' (perhaps a classic queue)",
        ),
        ("x-delivery-limit", "'50'", "'7'", "x-delivery-limit is '7', must be '50'"),
        (
            "x-message-ttl",
            "none",
            "the value '7' of type 'byte'",
            "x-message-ttl is '7', must be none",
        ),
    ],
)
def test_an_argument_that_differs_is_said_in_our_words(
    argument: str, received: str, current: str, words: str
) -> None:
    """What it is, and what it must be."""
    reply = f"PRECONDITION_FAILED - inequivalent arg '{argument}' for queue 'q' {IN_VHOST}: "
    found = difference(f"{reply}received {received} but current is {current}")
    assert found == f"queue q differs: {words}"


def test_what_is_told_has_the_advice_and_the_words_behind_it() -> None:
    """The latter within a bound; of what nobody knows there are only those."""
    error = ConnectionClosed(530, "NOT_ALLOWED - vhost shop not found" + "x" * 1000)
    text = told(error, BrokerFault.VHOST_MISSING)
    assert text.startswith(f"{ADVICE[BrokerFault.VHOST_MISSING]} (530 NOT_ALLOWED - vhost shop")
    assert len(text) < 500
    assert told(ValueError(), None) == "ValueError"


def test_a_session_that_broke_knows_the_fault() -> None:
    """And of an error that no reply explains its text, of a polite close that it was one."""
    refused = ChannelNotFoundEntity(f"NOT_FOUND - no queue 'q' {IN_VHOST}")
    broken = SessionBrokenError.by(LostCause.CHANNEL_CLOSED, refused)
    assert (broken.cause, broken.fault) == (LostCause.CHANNEL_CLOSED, BrokerFault.MISSING)
    assert broken.reason.startswith("a part of the topology is missing; ")
    by_reset = SessionBrokenError.by(LostCause.CONNECTION_CLOSED, ConnectionResetError("reset"))
    assert (by_reset.reason, by_reset.fault) == ("reset", None)
    assert SessionBrokenError.by(LostCause.CONNECTION_CLOSED, None).reason == "closed"
