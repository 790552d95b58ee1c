"""The secret without which digests of phone numbers could be guessed, and the digests made with it.

Tombstones and pseudonyms hold nothing but these digests, tombstones also fingerprints that are sealed with
the key. The key is never in a lake, a log or a report; a lake holds its id alone (`_privacy.json`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, Final

from batchlake.errors import InvalidRequest
from batchlake.privacy.errors import PrivacyKeyMissing, WrongPrivacyKey
from batchlake.store.storage import PRIVACY_NOTE, Storage

VARIABLE: Final = "BATCHLAKE_PRIVACY_KEY"
FILE_VARIABLE: Final = "BATCHLAKE_PRIVACY__KEY_FILE"
_BYTES: Final = 32
_DIGEST_BYTES: Final = 16
_MOST_BEGUN: Final = 32
_NUMBER: Final = b"batchlake-number"
_CALL: Final = b"batchlake-call"


@dataclass(frozen=True, slots=True)
class PrivacyKey:
    """One secret of 32 bytes. Its `key_id` identifies it and reveals nothing else."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """What a lake keeps of the key."""
        return self._digest(b"", b"batchlake-key-id", 8)

    def of_number(self, key: str) -> str:
        """The digest of one form of a number."""
        return self._digest(key.encode(), _NUMBER, _DIGEST_BYTES)

    def number_digester(self) -> Callable[[str], str]:
        """`of_number` for very many: in half the time."""
        begun = _begun(self.secret, _NUMBER, _DIGEST_BYTES)

        def digest_of(key: str) -> str:
            digest = begun.copy()
            digest.update(key.encode())
            return digest.hexdigest()

        return digest_of

    def call_digester(self, source: str) -> Callable[[str], str]:
        """`of_call` for very many of a source: in half the time."""
        begun = _begun(self.secret, _CALL, _DIGEST_BYTES).copy()
        begun.update(f"[{encode_basestring(source)}, ".encode("utf-8", "surrogatepass"))

        def digest_of(call_id: str) -> str:
            digest = begun.copy()
            digest.update(f"{encode_basestring(call_id)}]".encode("utf-8", "surrogatepass"))
            return digest.hexdigest()

        return digest_of

    def of_call(self, source: str, call_id: str) -> str:
        """The digest of a call."""
        # As `json.dumps` writes a list of both, which takes five times as long to set up.
        return self.call_digester(source)(call_id)

    def of_id(self, call_id: str) -> str:
        """The digest of a call's id in any text."""
        return self._digest(call_id.encode("utf-8", "surrogatepass"), b"batchlake-id", _DIGEST_BYTES)

    def retold(self, digest: str) -> str:
        """The digest of a transcript that lost a mention: without the key, nobody can try out what it was."""
        return self._digest(digest.encode(), b"batchlake-speech", _DIGEST_BYTES)

    def pseudonym(self, kind: str, value: str) -> str:
        """What stands for a value in a field of its own: `tel_` and 16 characters."""
        digest = self._digest(value.encode("utf-8", "surrogatepass"), f"batchlake-{kind}"[:16].encode(), 8)
        return f"{kind}_{digest}"

    def bytes_for(self, person: bytes, value: bytes, size: int) -> bytes:
        """So many bytes, 64 at most, that only this key makes of a value for one use."""
        digest = _begun(self.secret, person, size).copy()
        digest.update(value)
        return digest.digest()

    def _digest(self, value: bytes, person: bytes, size: int) -> str:
        return self.bytes_for(person, value, size).hex()


@lru_cache(_MOST_BEGUN)
def _begun(secret: bytes, person: bytes, size: int) -> hashlib.blake2b:
    """A digest of nothing: to go on with a copy of it takes half the time of a new one."""
    return hashlib.blake2b(key=secret, digest_size=size, person=person)


def find_key() -> PrivacyKey | None:
    """The key that this user has, None where there is none.

    Raises:
        InvalidRequest: what is given as one is none, or others may read its file.
    """
    if given := os.environ.get(VARIABLE):
        return _decoded(given, VARIABLE)
    path = key_file()
    try:
        text = path.read_text(encoding="ascii")
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"the privacy key in {path} can't be read ({error}).") from error
    if mode & 0o077:
        raise InvalidRequest(f"others can read the privacy key in {path}: `chmod 600` it.", path=str(path))
    return _decoded(text, str(path))


def make_key() -> PrivacyKey:
    """A new key, kept in this user's key file.

    Raises:
        InvalidRequest: the file can't be written, or is there.
    """
    key = PrivacyKey(secrets.token_bytes(_BYTES))
    path = key_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(key.secret) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            # Half a key would be in the way of the next.
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidRequest(f"the privacy key can't be kept in {path} ({error.strerror}).") from error
    return key


def use_key_file(path: Path) -> None:
    """Keep the key of this process in a file that the settings name; the environment goes before."""
    _Place.file = path


class _Place:
    """Where the settings say that the key is."""

    file: Path | None = None


def key_file() -> Path:
    """Where the key is kept where the environment doesn't give it."""
    if given := os.environ.get(FILE_VARIABLE):
        return Path(given)
    if _Place.file is not None:
        return _Place.file
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    base = Path(folder) if folder.startswith("/") else Path.home() / ".config"
    return base / "batchlake" / "privacy.key"


def read_policy(storage: Storage) -> dict[str, Any]:
    """What the lake says of its key and of redaction; empty where nothing was erased or redacted.

    Raises:
        LakeDamaged: it can't be read, so that nobody knows what may be written.
    """
    return storage.json_note(PRIVACY_NOTE) or {}


def key_of_lake(storage: Storage, policy: dict[str, Any]) -> PrivacyKey:
    """The key that a lake's digests were made with.

    Raises:
        PrivacyKeyMissing, WrongPrivacyKey: this user has none, or another.
    """
    key = find_key()
    if key is None:
        raise PrivacyKeyMissing(storage.name, policy["key_id"], str(key_file()), VARIABLE)
    if key.key_id != policy["key_id"]:
        raise WrongPrivacyKey(storage.name, policy["key_id"], key.key_id, str(key_file()), VARIABLE)
    return key


def _decoded(text: str, place: str) -> PrivacyKey:
    try:
        secret = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise InvalidRequest(f"{place} holds no privacy key: {_BYTES} bytes in base64 are wanted.")
    return PrivacyKey(secret)
