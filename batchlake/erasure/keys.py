"""A lake whose privacy key is lost gets another: what its digests and pseudonyms did ends, and is named."""

from __future__ import annotations

import json

from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.errors import InvalidRequest
from batchlake.privacy.key import find_key, make_key, read_policy
from batchlake.schema import TOMBSTONES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import PRIVACY_NOTE


def new_key(lake: LakeTables, wait_seconds: float = 0) -> list[str]:
    """Make this user's key the lake's, a new one where there is none.

    Returns:
        The erasures that keep nobody out any more, by id.

    Raises:
        InvalidRequest: the lake has no key, or its own is here.
        LakeLocked, LakeNotWritable: nothing was done.
    """
    with lake.storage.lock(wait_seconds=wait_seconds):
        policy = read_policy(lake.storage)
        if not policy.get("key_id"):
            raise InvalidRequest("nobody was erased from this lake and nothing is redacted: it needs no key.")
        key = find_key()
        if key is not None and key.key_id == policy["key_id"]:
            raise InvalidRequest("the lake's own key is here. Nothing was done: it still keeps people out.")
        key = key or make_key()
        lake.storage.write_note(PRIVACY_NOTE, json.dumps(policy | {"key_id": key.key_id}).encode())
    return _without_key(lake, key.key_id)


def _without_key(lake: LakeTables, key_id: str) -> list[str]:
    version = Ledger(lake).find()
    if version is None or TOMBSTONES.name not in version.pins:
        return []
    with Engine(lake.storage.name) as engine:
        files = lake.files(TOMBSTONES.name, version.pins[TOMBSTONES.name])
        engine.create_view(view_of(TOMBSTONES, files))
        rows = engine.rows(
            "select distinct erasure_id from tombstones where key_id <> $key order by all", {"key": key_id}
        )
    return [row["erasure_id"] for row in rows]
