"""Whether a connection brought more bytes than the one answer.

httpcore2 keeps such bytes and reads them as the answer to the next order on that connection: an
order would get the id of another. So a connection with surplus bytes must not be used again.
"""

import ssl

import httpx2

_WAY_TO_THE_PARSER = ("stream", "_stream", "_httpcore_stream", "_stream", "_connection")


def has_surplus(response: httpx2.Response) -> bool:
    """Whether bytes are left behind the whole answer `response`."""
    return _in_parser(response) or _in_tls(
        response.extensions["network_stream"].get_extra_info("ssl_object")
    )


def _in_parser(response: httpx2.Response) -> bool:
    node: object = response
    try:
        for name in _WAY_TO_THE_PARSER:
            node = getattr(node, name)
        state = getattr(node, "_h11_state")  # noqa: B009
        left_over: bytes = state.trailing_data[0]
    except AttributeError:
        # The internals of httpcore2 changed: without this check, no connection is used twice.
        return True
    return bool(left_over)


def _in_tls(tls: ssl.SSLObject | None) -> bool:
    if tls is None:
        return False
    try:
        # Data, or the end of the stream: neither may be followed by another order.
        tls.read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        return True
    return True
