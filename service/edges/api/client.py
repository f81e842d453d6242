"""The order API over HTTP: one POST for each attempt, and one result for each way it can end."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Self
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
        self._more_headers = headers
        keep_answers_out_of_logs()
        self._client = httpx2.AsyncClient(
            transport=Transport(self._url, _trust(ca_file), concurrency),
            cookies=_NoCookies(),
            headers={
                "User-Agent": f"order-relay/{__version__}",
                "Accept": "application/json",
                # Plain answers need no unpacking; what comes compressed all the same is read.
                "Accept-Encoding": "identity",
            },
            # Our transport has no proxies; one from the environment would see every key.
            trust_env=False,
        )

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
        body = b"key=%b&%b" % (quote_plus(key).encode(), form)
        progress = Progress()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                result = await self._exchange(body, progress)
        # Whatever fails in the libraries, an order that may have left must count as sent.
        except Exception as error:  # noqa: BLE001
            return failure(error, progress.phase)
        return without_key(result, key) if isinstance(result, Answered) else result

    async def _exchange(self, body: bytes, progress: Progress) -> Answered | Lost:
        request = self._client.build_request(
            "POST",
            self._url,
            content=body,
            headers={
                **(self._more_headers() if self._more_headers else {}),
                "Content-Type": "application/x-www-form-urlencoded",
                # Else one of those above would take its place.
                "Content-Length": str(len(body)),
            },
            extensions={"progress": progress},
        )
        response = await self._client.send(request, stream=True)
        try:
            return await _read(response)
        finally:
            # An answer that was not read to its end closes its connection.
            await response.aclose()


class _NoCookies(CookieJar):
    """Keeps nothing: a cookie from one order's answer must not go out with another order."""

    def extract_cookies(self, response: object, request: object) -> None:
        """Do nothing."""


async def _read(response: httpx2.Response) -> Answered | Lost:
    unpack = unpacking(response.headers.get("content-encoding", ""))
    if unpack is None:
        return _ENCODED
    if {"content-length", "transfer-encoding"} <= response.headers.keys():
        # A reader that uses the other one sees another answer (RFC 9112, 6.3).
        return _TWO_LENGTHS
    if int(response.headers.get("content-length", "0")) > MAX_ANSWER_BYTES:
        return TOO_LARGE
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return TOO_LARGE
    content = unpack(bytes(body))
    if isinstance(content, Lost):
        return content
    headers = response.headers
    return Answered(response.status_code, content, headers.get("retry-after"), headers.get("date"))


def _parse(url: str) -> httpx2.URL:
    try:
        return httpx2.URL(url)
    except httpx2.InvalidURL:
        # Its text quotes parts of the URL, and a password may be one of them.
        raise InvalidApiUrlError from None


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    try:
        trust = client_context(ca_file)
    except ssl.SSLError:
        raise UnreadableCaFileError(f"{ca_file} has no certificate in PEM") from None
    except OSError as error:
        raise UnreadableCaFileError(f"{ca_file}: {(error.strerror or 'error').lower()}") from None
    trust.set_alpn_protocols(["http/1.1"])
    return trust
