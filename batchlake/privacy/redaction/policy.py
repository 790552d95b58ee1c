"""Whether a lake is redacted, by which rules and with which key: what it says of itself in `_privacy.json`.

Input: a lake's storage, and the rules that are asked for. Output: its redactor, None where values stay plain.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from batchlake.errors import InvalidRequest
from batchlake.privacy.key import find_key, key_of_lake, make_key, read_policy
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.store.storage import PRIVACY_NOTE, Storage


def redactor_of(
    storage: Storage, asked: Rules | None, *, is_new: bool, dry_run: bool = False
) -> Redactor | None:
    """The redactor of a lake. Hold the writer's lock unless it is a dry run.

    Args:
        storage: the lake's.
        asked: by which rules values are to be redacted; None leaves it to the lake.
        is_new: whether the lake holds no call yet.
        dry_run: write no policy and make no key.

    Raises:
        InvalidRequest: the lake's rules are others, or it holds plain calls.
        PrivacyKeyMissing, WrongPrivacyKey: its pseudonyms can't be made here.
    """
    policy = read_policy(storage)
    held = Rules.of_policy(policy)
    if asked is None or not asked.kinds:
        if held is None:
            return None
    elif held is None:
        if not is_new:
            raise InvalidRequest(
                "this lake holds calls that were not redacted: one contact would be two. Redact what it "
                "holds with `batchlake redact` first, or ingest the exports into a new lake."
            )
        held = asked
        if not dry_run:
            policy = write_rules(storage, policy, asked)
    else:
        refuse_others(held, asked)
    key = key_of_lake(storage, policy) if policy.get("key_id") else None
    return Redactor(held, key)


def write_rules(storage: Storage, policy: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Make rules the lake's, and give it a key where it has none; its policy."""
    key = key_of_lake(storage, policy) if policy.get("key_id") else find_key() or make_key()
    written = policy | {"version": 1, "key_id": key.key_id} | rules.to_policy()
    storage.write_note(PRIVACY_NOTE, json.dumps(written).encode())
    return written


def refuse_others(held: Rules, asked: Rules) -> None:
    """Refuse rules that differ from a lake's where something was said.

    Raises:
        InvalidRequest: they do; pseudonyms and classes of two rules would stand side by side.
    """
    for one in fields(Rules):
        given, known = getattr(asked, one.name), getattr(held, one.name)
        if given != one.default and given != known:
            raise InvalidRequest(
                f"this lake is redacted with {one.name.replace('kinds', 'redact')} = {_shown(known)}, not "
                f"{_shown(given)}. What was redacted can't be brought back: use the lake's, or a new lake."
            )


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(" = ".join(one) if isinstance(one, tuple) else one for one in value) or "nothing"
    return "nothing" if value is None else str(value)
