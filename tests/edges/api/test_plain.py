"""Plain answers: what is read without h11 is what h11 would read, and the rest is left to it."""

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.edges.api.plain import plain

ANSWER = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\n\r\n{}"

_KNOWN = (
    b"Content-Length: 2",
    b"content-length: 02",
    b"Content-Length: 2, 2",
    b"Connection: close",
    b"Connection: Keep-Alive",
    b"Transfer-Encoding: chunked",
    b"X-Any : a",
    b" folded: a",
)
_LINES = st.sampled_from(_KNOWN) | st.builds(
    lambda name, colon, value: name + colon + value,
    st.sampled_from((b"Date", b"X-Any", b"", b"a b")) | st.binary(max_size=3),
    st.sampled_from((b": ", b":", b" : ", b":\t", b"")),
    st.binary(max_size=4),
)
_HEADS = st.builds(
    lambda status, lines: b"\r\n".join((status, b"Content-Length: 2", *lines)),
    st.sampled_from((b"HTTP/1.1 200 OK", b"HTTP/1.1 404 ", b"HTTP/1.1 204 No", b"HTTP/1.0 200 OK"))
    | st.builds(lambda made: b"HTTP/1.1 200" + made, st.binary(max_size=3)),
    st.lists(_LINES, max_size=3),
)
_WHOLE = st.builds(
    lambda head, end, body: head + end + body,
    _HEADS,
    st.sampled_from((b"\r\n\r\n", b"\n\n", b"\r\n\r\n\r\n", b"\r\n")),
    st.sampled_from((b"{}", b"", b"{}x")) | st.binary(max_size=3),
)


@settings(max_examples=400, deadline=None)
@given(came=_WHOLE)
@example(came=ANSWER)
def test_what_is_plain_is_what_h11_reads(came: bytes) -> None:
    """Status, headers and body are h11's, and another request may follow."""
    if (answer := plain(came)) is None:
        return
    http = h11.Connection(h11.CLIENT)
    http.send(h11.Request(method="POST", target="/", headers=[("Host", "a")]))
    http.send(h11.EndOfMessage())
    http.receive_data(came)
    head, data = http.next_event(), b""
    while isinstance(event := http.next_event(), h11.Data):
        data += bytes(event.data)
    assert isinstance(head, h11.Response)
    assert isinstance(event, h11.EndOfMessage)
    assert (answer.status_code, answer.body) == (head.status_code, data)
    assert answer.headers.raw == list(head.headers)
    assert http.their_state is h11.DONE
    assert http.trailing_data == (b"", False)


def test_each_answer_has_headers_of_its_own() -> None:
    """Who changes those of one answer changes no other with the same head."""
    first, second = plain(ANSWER), plain(ANSWER)
    assert first is not None
    assert second is not None
    first.headers["Server"] = "other"
    assert second.headers != first.headers


def test_the_usual_answer_is_plain() -> None:
    """Else all that h11 costs would be back."""
    assert plain(ANSWER) is not None
    assert plain(ANSWER.replace(b"nginx", b"\r\nConnection: keep-alive".strip())) is not None


@pytest.mark.parametrize(
    "came",
    [
        ANSWER[:-1],
        ANSWER + b"x",
        ANSWER.replace(b"nginx", b"nginx\r\nServer: other"),
        ANSWER.replace(b"1.1", b"1.0"),
        ANSWER.replace(b"Server: nginx", b"Connection: close"),
        ANSWER.replace(b"Server: nginx", b"Content-Encoding: br"),
        ANSWER.replace(b"Server: nginx", b"Transfer-Encoding: chunked"),
        ANSWER.replace(b"200 OK", b"204 No Content"),
    ],
)
def test_what_is_not_plain_is_left_to_h11(came: bytes) -> None:
    """Not whole, with more behind it, or with a header that changes how it is read."""
    assert plain(came) is None
