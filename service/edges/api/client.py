"""The order API over HTTP: one POST for each attempt, and one result for each way it can end."""

import asyncio
import ssl
from collections.abc import AsyncIterable, Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Self, cast
from urllib.parse import quote_plus

import httpx2

from service import __version__
from service.core.outcome import MAX_ANSWER_BYTES, Answered, ApiResult, Lost
from service.edges.api.compressed import TOO_LARGE, unpacking
from service.edges.api.failures import failure
from service.edges.api.key import KeySource
from service.edges.api.loggers import keep_answers_out_of_logs
from service.edges.api.phase import Progress
from service.edges.api.redaction import without_key
from service.edges.api.transport import Transport
from service.edges.tls import client_context
from service.flow.deadlines import Deadlines

_ENCODED = Lost("answer in a content encoding that was not asked for")
_TWO_LENGTHS = Lost("answer with both a length and chunks")


class InvalidApiUrlError(ValueError):
    """The order API's URL cannot be read."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class UnreadableCaFileError(Exception):
    """The file of trusted certificates cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{(self.__doc__ or '').removesuffix('.')}: {reason}")


class HttpOrderApi:
    """The order API at `url`, with at most `concurrency` connections to it.

    An attempt takes at most `timeout_seconds`, the wait for a connection included. The
    certificates in `ca_file` (PEM) are trusted instead of the system's. Raises
    InvalidApiUrlError and UnreadableCaFileError. `headers` is called for each attempt, and its
    headers never replace ours.
    """

    def __init__(
        self,
        url: str,
        key: KeySource,
        *,
        timeout_seconds: float,
        concurrency: int,
        ca_file: Path | None = None,
        headers: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self._url = _parse(url)
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._deadlines = Deadlines()
        self._more_headers = headers
        keep_answers_out_of_logs()
        self._client = _Client(
            transport=Transport(self._url, _trust(self._url.scheme, ca_file), concurrency),
            headers={
                "User-Agent": f"order-relay/{__version__}",
                "Accept": "application/json",
                # Plain answers need no unpacking; what comes compressed all the same is read.
                "Accept-Encoding": "identity",
            },
            follow_redirects=False,
            # Our transport has no proxies; one from the environment would see every key.
            trust_env=False,
            # Once: for each order it would look for a user in the URL.
            auth=httpx2.BasicAuth(self._url.username, self._url.password)
            if self._url.userinfo
            else httpx2.Auth(),
        )
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        # Once: to merge them anew for each order takes as long as to send it.
        made = self._client.build_request("POST", self._url, headers=form).headers.raw
        self._headers = [each for each in made if each[0].lower() != b"content-length"]
        self._headers_of = lru_cache(256)(self._made)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; what is in flight is cut off."""
        await self._client.aclose()

    async def submit(self, form: bytes) -> ApiResult:
        """POST `form` with the key before it; raises only CancelledError."""
        try:
            return await self._attempt(form)
        except asyncio.CancelledError as cancelled:
            # The frames below have the key in their locals, which some loggers print.
            raise cancelled.with_traceback(None) from None

    async def _attempt(self, form: bytes) -> ApiResult:
        key = self._key.current()
        body = b"key=%b&%b" % (_quoted(key), form)
        progress, deadlines, seconds = Progress(), self._deadlines, self._timeout_seconds
        try:
            async with asyncio.timeout(None) as limit:
                # A time in the past ends the block at once.
                deadlines.begin(limit, seconds, partial(limit.reschedule, 0))
                try:
                    result = await self._exchange(body, progress)
                finally:
                    deadlines.end(limit, seconds)
        # Whatever fails in the libraries, an order that may have left must count as sent.
        except Exception as error:  # noqa: BLE001
            return failure(error, progress.phase)
        return without_key(result, key) if isinstance(result, Answered) else result

    async def _exchange(self, body: bytes, progress: Progress) -> Answered | Lost:
        request = httpx2.Request(
            "POST",
            self._url,
            headers=self._headers_of(len(body), *self._added()),
            stream=httpx2.ByteStream(body),
            # The time limit is ours, and nobody below reads another one.
            extensions={"progress": progress, "timeout": {}},
        )
        response = await self._client.send(request, stream=True)
        if "body" in response.extensions:
            return _answered(response, response.extensions["body"])
        try:
            return await _read(response)
        finally:
            # An answer that was not read to its end closes its connection.
            await response.aclose()

    def _made(self, length: int, *added: tuple[bytes, bytes]) -> httpx2.Headers:
        return httpx2.Headers([*self._headers, (b"Content-Length", b"%d" % length), *added])

    def _added(self) -> list[tuple[bytes, bytes]]:
        if self._more_headers is None:
            return []
        ours = {b"content-length", *(name.lower() for name, _ in self._headers)}
        more = ((name.encode(), text.encode()) for name, text in self._more_headers().items())
        return [(name, text) for name, text in more if name.lower() not in ours]


class _NoCookies(httpx2.Cookies):
    """Keeps nothing: a cookie from one order's answer must not go out with another order."""

    def extract_cookies(self, response: httpx2.Response) -> None:
        """Do nothing."""


_NO_COOKIES = _NoCookies()


class _Client(httpx2.AsyncClient):
    """A client whose answers are not even searched for cookies."""

    @property  # type: ignore[misc]
    def cookies(self) -> httpx2.Cookies:
        """None, ever; nobody sets any."""
        return _NO_COOKIES


@lru_cache(maxsize=2)
def _quoted(key: str) -> bytes:
    return quote_plus(key).encode()


async def _read(response: httpx2.Response) -> Answered | Lost:
    # As h11 has them: in small letters, and with one length at most.
    plain, headers = dict(response.headers.raw), response.headers
    unpack = unpacking(headers["content-encoding"] if b"content-encoding" in plain else "")
    if unpack is None:
        return _ENCODED
    if b"content-length" in plain and b"transfer-encoding" in plain:
        # A reader that uses the other one sees another answer (RFC 9112, 6.3).
        return _TWO_LENGTHS
    if int(plain.get(b"content-length", b"0")) > MAX_ANSWER_BYTES:
        return TOO_LARGE
    body = b""
    async for chunk in cast("AsyncIterable[bytes]", response.stream):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return TOO_LARGE
    content = unpack(body)
    return content if isinstance(content, Lost) else _answered(response, content)


def _answered(response: httpx2.Response, content: bytes) -> Answered:
    plain = dict(response.headers.raw)
    date = plain[b"date"].decode("latin-1") if b"date" in plain else None
    retry_after = response.headers["retry-after"] if b"retry-after" in plain else None
    return Answered(response.status_code, content, retry_after, date)


def _parse(url: str) -> httpx2.URL:
    try:
        return httpx2.URL(url)
    except httpx2.InvalidURL:
        # Its text quotes parts of the URL, and a password may be one of them.
        raise InvalidApiUrlError from None


def _trust(scheme: str, ca_file: Path | None) -> ssl.SSLContext:
    if scheme == "http" and ca_file is None:
        # Nobody is to be trusted: to read the system's authorities takes some 30 ms of a start.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        trust = client_context(ca_file)
    except ssl.SSLError:
        raise UnreadableCaFileError(f"{ca_file} has no certificate in PEM") from None
    except OSError as error:
        raise UnreadableCaFileError(f"{ca_file}: {(error.strerror or 'error').lower()}") from None
    trust.set_alpn_protocols(["http/1.1"])
    return trust
