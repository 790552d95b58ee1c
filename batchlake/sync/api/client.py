"""Asks one platform over HTTP: bounded in size, time and tries, and true to the configured origin.

Input: a path with parameters (or the address of a next page). Output: an `Answer`, a whole body that is
JSON, with the credential masked in it should the platform have repeated it; or a `Fault`. Redirects are
followed within the origin alone. Nothing is written.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import httpx2

from batchlake import __version__
from batchlake.sync.api.answers import NotJson, read_document
from batchlake.sync.api.credential import Credential
from batchlake.sync.api.rate_limit import Pacer, backoff_seconds, retry_after_seconds
from batchlake.sync.api.urls import joined, origin_of
from batchlake.sync.platforms import Platform

_RATE_LIMITING: Final = frozenset({429, 503})
_TRANSIENT: Final = frozenset({408, 425, 500, 502, 504}) | _RATE_LIMITING
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_WORDS_BYTES: Final = 64 * 1024
_WORDS_SHOWN: Final = 300
_MESSAGE_KEYS: Final = ("message", "error", "detail", "error_description", "title", "reason")


class Cause(Enum):
    """Why there is no answer."""

    RATE_LIMITED = "limited"
    """The platform wants fewer requests, or rest."""
    UNAVAILABLE = "unavailable"
    """It failed in a way that may heal, more often than is tried."""
    REFUSED = "refused"
    """It refused this one request, and would again (4xx)."""
    FORBIDDEN = "forbidden"
    """It refuses the credential (401, 403)."""
    UNACCEPTABLE = "unacceptable"
    """What it answered won't be taken: too large, elsewhere, in an encoding not asked for."""
    DEADLINE = "out_of_time"
    """The time for the whole pull is over."""


class Fault(Exception):
    """No answer: the cause, the reason in words (masked), and what the platform said with it."""

    def __init__(
        self, cause: Cause, reason: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(reason)
        self.cause = cause
        self.reason = reason
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer: times in UTC, the body decoded, header names in lower case, everything masked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    document: Any = field(repr=False)
    requested_at: datetime
    received_at: datetime
    method: str = "GET"


class _TransientFault(Exception):
    """A fault that may heal by itself."""

    def __init__(self, reason: str, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.retry_after = retry_after


class Client:
    """One platform's client, for one event loop. `requests` and `bytes` count what was sent and received."""

    def __init__(self, platform: Platform, credential: Credential | None) -> None:
        self._platform = platform
        self._limits = platform.limits
        self._credential = credential
        self._origin = origin_of(platform.base_url)
        self._pacer = Pacer(platform.limits)
        self._deadline = time.monotonic() + platform.limits.pull_seconds
        self.requests = 0
        self.bytes = 0
        for library in ("httpx2", "httpcore2"):
            # They log addresses and headers, in which a platform may repeat the credential.
            logging.getLogger(library).setLevel(logging.WARNING)
        self._http = httpx2.AsyncClient(
            headers={
                "user-agent": f"batchlake/{__version__}",
                "accept": "application/json",
                "accept-encoding": "gzip",
            },
            timeout=httpx2.Timeout(
                self._limits.silence_seconds, connect=self._limits.connect_seconds, pool=None
            ),
            limits=httpx2.Limits(max_connections=self._limits.in_flight),
            # A proxy named in the environment is for what leaves the machine; plain http never does.
            trust_env=platform.is_encrypted,
        )

    async def close(self) -> None:
        """Close its connections; in the event loop that it was used in."""
        await self._http.aclose()

    async def get(
        self, path: str, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Ask for a path below the base address (or a whole address of the same origin) until it is answered.

        With a `body` it is a POST that reads, as some platforms have their lists asked for.

        Raises:
            Fault: no answer came, or none that can be used.
        """
        url = joined(self._platform.base_url, path if "://" in path else path.lstrip("/"))
        tries_made = 0
        while True:
            try:
                return await self._try(url, params or {}, body)
            except _TransientFault as transient:
                tries_made += 1
                await self._wait(transient, tries_made)

    async def _wait(self, transient: _TransientFault, tries_made: int) -> None:
        """Let the time before the next try go by; give up where there is none or it would take too long."""
        is_limiting = transient.status in _RATE_LIMITING
        retry_after = transient.retry_after
        seconds = backoff_seconds(self._limits, tries_made) if retry_after is None else retry_after
        too_long = seconds > self._limits.longest_wait_seconds or seconds > self._time_left()
        if too_long or tries_made == self._limits.tries:
            cause = Cause.RATE_LIMITED if is_limiting else Cause.UNAVAILABLE
            raise Fault(cause, transient.reason, transient.status, transient.retry_after)
        if is_limiting:
            self._pacer.rest(seconds)
        else:
            await asyncio.sleep(seconds)

    async def _try(self, url: str, params: Mapping[str, str], body: Mapping[str, Any] | None) -> Answer:
        """One try, with the redirects it meets."""
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_origin(url)
            async with self._pacer.turn():
                if self._time_left() <= 0:
                    raise self._past_deadline()
                answered = await self._send(url, params, body)
            if isinstance(answered, Answer):
                return answered
            url, params = answered, {}
        raise Fault(
            Cause.UNACCEPTABLE, f"more than {_MOST_REDIRECTS} redirects, the last to {self._mask(url)}"
        )

    async def _send(
        self, url: str, params: Mapping[str, str], sent: Mapping[str, Any] | None
    ) -> Answer | str:
        """One request: its answer, or the address that it is redirected to."""
        headers = self._credential.headers() if self._credential else {}
        requested_at = datetime.now(UTC)
        self.requests += 1
        try:
            async with (
                asyncio.timeout(min(self._limits.response_seconds, self._time_left())),
                self._http.stream(
                    "GET" if sent is None else "POST",
                    url,
                    params=dict(params) or None,
                    json=sent,
                    headers=headers,
                ) as response,
            ):
                received_at = datetime.now(UTC)
                status = response.status_code
                if status in _REDIRECTS and "location" in response.headers:
                    return joined(str(response.url), response.headers["location"])
                if status != 200:
                    raise await self._refusal(response)
                body = await self._read(response, self._limits.response_bytes)
        except TimeoutError:
            if self._time_left() <= 0:
                raise self._past_deadline() from None
            raise _TransientFault(f"no whole answer within {self._limits.response_seconds:g} s") from None
        except httpx2.TimeoutException as error:
            raise _TransientFault(f"the platform fell silent ({type(error).__name__})") from None
        except httpx2.TransportError as error:
            detail = self._mask(str(error)) or type(error).__name__
            raise _TransientFault(f"the connection failed ({detail})") from None
        except httpx2.InvalidURL:
            raise Fault(Cause.UNACCEPTABLE, f"{self._mask(url)!r} is not an address") from None
        body = self._mask_body(body)
        document = self._document(body)
        shown = {name: self._mask(value) for name, value in response.headers.items()}
        return Answer(
            self._mask(str(response.url)),
            status,
            shown,
            body,
            document,
            requested_at,
            received_at,
            response.request.method,
        )

    async def _refusal(self, response: httpx2.Response) -> Fault | _TransientFault:
        """What an answer other than 200 means, in the platform's own words."""
        status = response.status_code
        try:
            words = _words(self._mask_body(await self._read(response, _WORDS_BYTES)))
        except (Fault, _TransientFault, httpx2.TransportError):
            words = ""
        reason = f"it answered {status}" + (f": {words}" if words else "")
        if status in _TRANSIENT:
            headers = response.headers
            return _TransientFault(
                reason, status, retry_after_seconds(headers.get("retry-after"), headers.get("date"))
            )
        if status in (401, 403):
            auth = self._platform.auth
            hint = f" (check the credential in {auth.env})" if auth else " (the platform has no `auth` table)"
            return Fault(Cause.FORBIDDEN, reason + hint, status)
        cause = Cause.REFUSED if 400 <= status < 500 else Cause.UNACCEPTABLE
        return Fault(cause, reason, status)

    async def _read(self, response: httpx2.Response, most: int) -> bytes:
        """The whole body, decoded, unless it is or becomes larger than `most` bytes."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            raise Fault(Cause.UNACCEPTABLE, f"its answer is encoded as {encoding!r}, which was not asked for")
        body = bytearray()
        pieces = self._pieces(response, most)
        async for piece in pieces if encoding == "identity" else _unzipped(pieces, most):
            body += piece
            if len(body) > most:
                raise Fault(
                    Cause.UNACCEPTABLE, f"its answer is larger than {most} bytes (`limits.response_bytes`)"
                )
        return bytes(body)

    async def _pieces(self, response: httpx2.Response, most: int) -> AsyncIterator[bytes]:
        received = 0
        async for piece in response.aiter_raw():
            received += len(piece)
            self.bytes += len(piece)
            yield piece
            if received > most:
                return

    def _check_origin(self, url: str) -> None:
        if origin_of(url) != self._origin:
            raise Fault(
                Cause.UNACCEPTABLE,
                f"it leads to another origin, {self._mask(url)!r}; only {self._platform.base_url} is asked",
            )

    def _document(self, body: bytes) -> Any:
        try:
            return read_document(body)
        except NotJson as fault:
            words = _words(body[:_WORDS_BYTES])
            raise _TransientFault(f"its answer is not whole JSON ({fault.reason}): {words}", 200) from None

    def _past_deadline(self) -> Fault:
        limit = f"{self._limits.pull_seconds:g} s"
        return Fault(Cause.DEADLINE, f"the time for one pull ({limit}) is over")

    def _time_left(self) -> float:
        return self._deadline - time.monotonic()

    def _mask(self, text: str) -> str:
        return self._credential.mask(text) if self._credential else text

    def _mask_body(self, body: bytes) -> bytes:
        return self._credential.mask_bytes(body) if self._credential else body


async def _unzipped(pieces: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """Gzip undone piece by piece, so that a few bytes can't grow past `most` at once."""
    decoder = zlib.decompressobj(wbits=31)
    begun = False
    async for piece in pieces:
        begun = begun or bool(piece)
        while piece:
            if decoder.eof:
                decoder = zlib.decompressobj(wbits=31)
            try:
                yield decoder.decompress(piece, most + 1)
            except zlib.error as error:
                raise _TransientFault(f"its gzip encoding is broken ({error})") from None
            piece = decoder.unconsumed_tail or decoder.unused_data
    if begun and not decoder.eof:
        raise _TransientFault("its gzip encoding breaks off")


def _words(body: bytes) -> str:
    """What an answer says, for a message: the text under one of its keys for messages, else its beginning."""
    text = body.decode("utf-8", "replace")
    try:
        document = read_document(body)
    except NotJson:
        document = None
    while isinstance(document, dict):
        document = next((document[key] for key in _MESSAGE_KEYS if document.get(key)), None)
    text = document if isinstance(document, str) else text
    plain = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()
    return plain if len(plain) <= _WORDS_SHOWN else plain[: _WORDS_SHOWN - 3] + "..."
