"""What an exception says about the order: certainly unsent or perhaps sent, and why in plain words.

A reason has no words of the peer: they could repeat the key.
"""

import os
import socket
import ssl
from collections.abc import Iterator

import httpx2

from service.core.outcome import Lost, NotSent
from service.edges.api.attempt import Phase
from service.edges.api.watched import SpokeFirstError

_TIMED_OUT = {
    Phase.WAITING: "no connection was free in time",
    Phase.CONNECTING: "connect timed out",
    Phase.SECURING: "TLS handshake timed out",
    Phase.SENDING_HEAD: "write timed out",
    Phase.SENDING_BODY: "write timed out",
    Phase.READING: "read timed out",
}

_FAILED = {
    Phase.WAITING: "no connection could be had",
    Phase.CONNECTING: "connect failed",
    Phase.SECURING: "TLS handshake failed",
    Phase.SENDING_HEAD: "write failed",
    Phase.SENDING_BODY: "write failed",
    Phase.READING: "connection closed while reading the answer",
}

_NO_SUCH_NAME = (socket.EAI_NONAME, socket.EAI_NODATA)


def failure(error: Exception, phase: Phase) -> NotSent | Lost:
    """The result of an attempt that failed by `error` in `phase`; in doubt it counts as sent."""
    reason = describe(error, phase)
    if phase < Phase.SENDING_HEAD:
        return NotSent(reason)
    # Raised while the request is built, before the first byte is written.
    if isinstance(error, httpx2.LocalProtocolError) and phase is Phase.SENDING_HEAD:
        return NotSent(reason)
    return Lost(reason)


def describe(error: Exception, phase: Phase) -> str:
    """What happened, for people: no key, no URL, no words of the peer."""
    match error:
        case TimeoutError() | httpx2.TimeoutException():
            return _TIMED_OUT[phase]
        case httpx2.UnsupportedProtocol():
            return "the URL is neither http nor https, or has no host"
        case httpx2.LocalProtocolError():
            return "the request is not valid HTTP"
        case httpx2.RemoteProtocolError():
            return _broken_answer(str(error))
        case httpx2.TransportError() | OSError():
            return next(filter(None, map(_cause, _chain(error))), _FAILED[phase])
        case _:
            return f"unexpected {type(error).__name__}"


def _broken_answer(text: str) -> str:
    if "disconnected" in text:
        return "connection closed before an answer"
    if "closed" in text:
        return "connection closed in the middle of the answer"
    return "the answer is not valid HTTP"


def _cause(error: BaseException) -> str | None:
    match error:
        case SpokeFirstError():
            return "the server answered before it was asked"
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
