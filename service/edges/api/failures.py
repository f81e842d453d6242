"""What an exception says about the order: certainly unsent or perhaps sent, and why in plain words.

A reason has no words of the peer: they could repeat the key.
"""

import os
import socket
import ssl
from collections.abc import Iterator

import h11
import httpx2

from service.core.outcome import Lost, NotSent
from service.edges.api.connection import SpokeFirstError
from service.edges.api.phase import Phase

_TIMED_OUT = {
    Phase.WAITING: "no connection was free in time",
    Phase.CONNECTING: "connect timed out",
    Phase.SECURING: "TLS handshake timed out",
    Phase.SENDING: "write timed out",
    Phase.SENT: "read timed out",
    Phase.READING: "read timed out",
}

_FAILED = {
    Phase.WAITING: "no connection could be had",
    Phase.CONNECTING: "connect failed",
    Phase.SECURING: "TLS handshake failed",
    Phase.SENDING: "write failed",
    Phase.SENT: "connection closed before an answer",
    Phase.READING: "connection closed in the middle of the answer",
}

_NO_SUCH_NAME = (socket.EAI_NONAME, socket.EAI_NODATA)


def failure(error: Exception, phase: Phase) -> NotSent | Lost:
    """The result of an attempt that failed by `error` in `phase`; in doubt it counts as sent."""
    reason = describe(error, phase)
    return NotSent(reason) if phase < Phase.SENDING else Lost(reason)


def describe(error: Exception, phase: Phase) -> str:
    """What happened, for people: no key, no URL, no words of the peer."""
    match error:
        case TimeoutError():
            return _TIMED_OUT[phase]
        case httpx2.UnsupportedProtocol():
            return "the URL is neither http nor https, or has no host"
        case h11.LocalProtocolError():
            return "the request is not valid HTTP"
        case h11.RemoteProtocolError():
            return "the answer is not valid HTTP"
        case httpx2.TransportError() | OSError():
            return next(filter(None, map(_cause, _chain(error))), _FAILED[phase])
        case _:
            return f"unexpected {type(error).__name__}"


def _cause(error: BaseException) -> str | None:
    match error:
        case SpokeFirstError():
            return "the server spoke before it was asked, or hung up"
        case ssl.SSLCertVerificationError():
            return f"certificate not trusted: {getattr(error, 'verify_message', 'no reason given')}"
        case ssl.SSLError():
            # Only errors that come from OpenSSL itself have a reason.
            reason = getattr(error, "reason", None) or "protocol error"
            return f"TLS failed: {reason.lower().replace('_', ' ')}"
        case socket.gaierror():
            known = error.errno in _NO_SUCH_NAME
            return "host name not found" if known else "host name lookup failed"
        case ConnectionRefusedError():
            return "connection refused"
        case ConnectionResetError():
            return "connection reset"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
        case _:
            return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            # Several addresses were tried: the first one's failure speaks for all.
            error = error.exceptions[0]
        else:
            error = error.__cause__ or error.__context__
