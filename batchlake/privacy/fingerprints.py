"""Tells of very many texts at once which can't be an erased number or id: nearly all, without a digest.

Input: what was erased, while it is known; later its fingerprints as `tombstones` holds them, and texts as
bytes. Output: for each text whether it may be one. A fingerprint is a text's size and 27 bits of a sum
that a whole column is read with, its factors of the privacy key; stored, it is sealed with the key, too, and
tells nobody without it more than how many there are.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from batchlake.privacy.key import PrivacyKey

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_BYTES: Final = 64
"""So much of a text is looked at: an id that is longer is told by its beginning and its size."""

_AT_ONCE: Final = 1_000
"""Fingerprints that are sealed as one text."""

_NONCE_BYTES: Final = 16
_BITS: Final = 32
_SIZE_BITS: Final = 5
_LONGEST_TOLD: Final = (1 << _SIZE_BITS) - 1
"""Sizes from this on are one."""

_FEWEST_BITS, _MOST_BITS = 16, 26
_BITS_TO_SPARE: Final = 6
"""Of texts that weren't erased, one in 64 passes at most."""

_LETTERS: Final = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
_DIGITS: Final = bytes.maketrans(b"abcdefghijklmnop", b"0123456789abcdef")
"""Sealed ones are written in letters: digits are what a verification looks for."""


def fingerprints(
    key: PrivacyKey, data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.uint32]:
    """The fingerprint of each text that begins at a place of some bytes and has so many."""
    factor, spread = np.frombuffer(key.bytes_for(b"batchlake-prints", b"", 16), np.uint64) | np.uint64(1)
    sums = sizes.astype(np.uint64)
    inside = np.arange(len(sizes))
    for at in range(min(int(sizes.max(initial=0)), _MOST_BYTES)):
        inside = inside[sizes[inside] > at]
        sums[inside] = sums[inside] * factor + data[starts[inside] + at]
    told = np.minimum(sizes, _LONGEST_TOLD).astype(np.uint64)
    found: NDArray[np.uint64] = (sums * spread >> np.uint64(64 - _BITS)) & ~np.uint64(_LONGEST_TOLD) | told
    return found.astype(np.uint32)


def sealed(key: PrivacyKey, texts: Sequence[str]) -> list[str]:
    """The fingerprints of ids, and of numbers without their `+`, for `tombstones` to hold."""
    raws = [text.encode("utf-8", "surrogatepass") for text in texts]
    sizes = np.array([len(raw) for raw in raws], np.int64)
    data = np.frombuffer(b"".join(raws), np.uint8)
    found = fingerprints(key, data, np.cumsum(sizes) - sizes, sizes)
    # In no order that says which digest is whose.
    found.sort()
    several = [found[since : since + _AT_ONCE].tobytes() for since in range(0, len(found), _AT_ONCE)]
    return [_sealed(key, secrets.token_bytes(_NONCE_BYTES), one) for one in several]


def _sealed(key: PrivacyKey, nonce: bytes, plain: bytes) -> str:
    return (nonce + _covered(key, nonce, plain)).hex().encode().translate(_LETTERS).decode()


def _opened(key: PrivacyKey, text: str) -> bytes:
    raw = bytes.fromhex(text.encode().translate(_DIGITS).decode())
    return _covered(key, raw[:_NONCE_BYTES], raw[_NONCE_BYTES:])


def _covered(key: PrivacyKey, nonce: bytes, data: bytes) -> bytes:
    """The same bytes under what the key makes of the nonce; covered twice they are as they were."""
    cover = hashlib.shake_256(key.bytes_for(b"batchlake-seal", nonce, 32)).digest(len(data))
    return (np.frombuffer(data, np.uint8) ^ np.frombuffer(cover, np.uint8)).tobytes()


def count_of(text: str) -> int:
    """How many fingerprints one text of `sealed` holds."""
    return (len(text) // 2 - _NONCE_BYTES) // 4


@dataclass(frozen=True)
class Fingerprints:
    """Those of all numbers, or all ids, that were erased.

    Attributes:
        key: made them.
        known: whether there is one that begins with these bits.
        sizes: how many bytes they may have; those of 31 or more are told as 31.
    """

    key: PrivacyKey
    known: NDArray[np.bool_]
    sizes: frozenset[int]

    @classmethod
    def of(cls, key: PrivacyKey, sealed_texts: Iterable[str]) -> Fingerprints:
        """Those of what `sealed` gave."""
        found = np.frombuffer(b"".join(_opened(key, text) for text in sealed_texts), np.uint32)
        bits = min(max(len(found).bit_length() + _BITS_TO_SPARE, _FEWEST_BITS), _MOST_BITS)
        known = np.zeros(1 << bits, bool)
        known[found >> np.uint32(_BITS - bits)] = True
        return cls(
            key, known, frozenset(np.flatnonzero(np.bincount(found & np.uint32(_LONGEST_TOLD))).tolist())
        )

    def may_hold(
        self, data: NDArray[np.uint8], starts: NDArray[np.int64], sizes: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether each text may have been erased: the bytes from a place on, so many of them."""
        is_size = np.zeros(_LONGEST_TOLD + 1, bool)
        is_size[list(self.sizes)] = True
        may_be: NDArray[np.bool_] = is_size[np.minimum(sizes, _LONGEST_TOLD)]
        bits = len(self.known).bit_length() - 1
        found = fingerprints(self.key, data, starts[may_be], sizes[may_be])
        may_be[may_be] = self.known[found >> np.uint32(_BITS - bits)]
        return may_be


@dataclass(frozen=True)
class Prints:
    """The fingerprints of everybody who was erased: of each form of a number, and of the ids of calls."""

    numbers: Fingerprints
    ids: Fingerprints
