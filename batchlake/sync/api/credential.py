"""A platform's credential: read from the environment, sent in one header, and kept out of everything written.

An answer may repeat what it was sent, so whatever leaves the client (a body for the landing, a message, an
address) goes through `mask` or `mask_bytes` first.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from batchlake.errors import ConfigurationFault, InvalidConfiguration
from batchlake.sync.platforms import Auth

MASK: Final = "***"
_SHORTEST: Final = 8
"""A shorter text can't be looked for in answers without hitting what only looks like it."""


class Credential:
    """The value of one platform's authorising header; it never shows itself."""

    def __init__(self, auth: Auth, value: str, user: str | None = None) -> None:
        self._header = auth.header
        secrets = [value]
        self._sent = auth.prefix + value
        if user is not None:
            secrets.append(base64.b64encode(f"{user}:{value}".encode()).decode())
            self._sent = f"Basic {secrets[-1]}"
        pattern = "|".join(map(_pattern_of, secrets))
        self._pattern = re.compile(pattern)
        self._pattern_in_bytes = re.compile(pattern.encode())

    def __repr__(self) -> str:
        return f"Credential({self._header!r}, {MASK!r})"

    def headers(self) -> dict[str, str]:
        """The header to send, to the platform's own origin alone."""
        return {self._header: self._sent}

    def mask(self, text: str) -> str:
        """The text with the credential masked, be it plain, escaped, or as the header has it."""
        return self._pattern.sub(MASK, text)

    def mask_bytes(self, body: bytes) -> bytes:
        """The same for the bytes of an answer."""
        return self._pattern_in_bytes.sub(MASK.encode(), body)


def read_credential(auth: Auth, environ: Mapping[str, str]) -> Credential:
    """The credential that the platform's variable holds.

    Raises:
        InvalidConfiguration: the variable is not set, or holds what can't be a header's value.
    """
    value = environ.get(auth.env, "").strip()
    if not value:
        reason = f"not set; it must hold the value of the header {auth.header!r}"
    elif not (value.isascii() and value.isprintable()):
        reason = "holds characters that can't stand in a header"
    elif len(value) < _SHORTEST:
        reason = f"holds {len(value)} characters; a credential has at least {_SHORTEST}"
    elif auth.user_env and not environ.get(auth.user_env, "").strip():
        unset = ConfigurationFault("environment", auth.user_env, "not set; it must hold the user's name")
        raise InvalidConfiguration([unset])
    else:
        return Credential(auth, value, environ[auth.user_env].strip() if auth.user_env else None)
    raise InvalidConfiguration([ConfigurationFault("environment", auth.env, reason)])


def _pattern_of(value: str) -> str:
    """Finds the value as it may be written plainly, in JSON or in an address, each character its own way."""
    return "".join(_character_pattern(character) for character in value)


def _character_pattern(character: str) -> str:
    # Letters and digits are never escaped by any of them, and a literal beginning makes the search fast.
    if character.isalnum():
        return character
    code = f"{ord(character):02x}"
    blank = "[ +]" if character == " " else re.escape(character)
    return rf"(?:\\*{blank}|(?i:%{code})|\\*(?i:u00{code}))"
