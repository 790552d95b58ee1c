"""Looks again whether erased people are gone: everybody by digest, or values that are named."""

from __future__ import annotations

from pathlib import Path

from batchlake.erasure.verify import Verification, verify
from batchlake.errors import NothingToForget
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import key_of_lake, read_policy
from batchlake.privacy.numbers import keys_of
from batchlake.privacy.tombstones import Tombstones
from batchlake.store.ledger import Ledger
from batchlake.store.tables import LakeTables


def verify_again(
    lake: LakeTables, landing: Path | None, values: tuple[str, ...] = (), region: str | None = None
) -> Verification:
    """Search the lake for everybody who was ever erased, by digest; for `values` by value."""
    if values:
        keys: frozenset[str] = frozenset()
        for value in values:
            if sum(character.isdecimal() for character in value) >= len(value) / 2:
                keys |= keys_of(value, region)
        return verify(
            lake.storage, landing, Finder.of_values(keys, frozenset(), values), lambda *_: False, "value"
        )
    Ledger(lake).newest()
    policy = read_policy(lake.storage)
    if not policy.get("key_id"):
        raise NothingToForget
    tombstones = Tombstones.read(lake, key_of_lake(lake.storage, policy))
    return verify(lake.storage, landing, tombstones.finder(), tombstones.is_erased_call, "digest")
