"""Addresses as the HTTP library reads them: which origin one belongs to, and where a relative one leads."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin

import httpx2

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]
"""Scheme, host and port."""


def origin_of(url: str) -> Origin | None:
    """The origin that a request for this address would go to; None where it is not an address.

    It is read by the library that connects, so that no spelling means one host here and another there.
    """
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return None
    return parsed.scheme, parsed.host, parsed.port or _DEFAULT_PORTS.get(parsed.scheme)


def joined(base: str, url: str) -> str:
    """Where an address that may be relative leads; as it is where it is not an address."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url
