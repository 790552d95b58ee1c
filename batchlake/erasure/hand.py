"""What a person has to do by hand: names to add, and what to delete at the platform."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from batchlake.engine.engine import Engine
from batchlake.erasure.targets import Targets
from batchlake.errors import InvalidRequest


def suggestions(engine: Engine, targets: Targets) -> dict[str, int]:
    """The calls' own fields that may name a person, and how many of the calls have them."""
    ids = {"ids": sorted({call.call_id for call in targets.calls})}
    rows = engine.rows(
        "select field, count(*) as count from (select unnest(json_keys(extra)) as field from calls "
        "where list_contains($ids, call_id) and extra is not null) "
        "where regexp_matches(lower(field), 'name|mail|address|contact|customer|phone') group by all order "
        "by all",
        ids,
    )
    return {row["field"]: row["count"] for row in rows}


def todo(engine: Engine, targets: Targets) -> list[dict[str, Any]]:
    ids = {"ids": sorted({call.call_id for call in targets.calls})}
    rows = engine.rows(
        "select source, call_id, recording_url from calls where list_contains($ids, call_id) order by all",
        ids,
    )
    return [row for row in rows if (row["source"], row["call_id"]) in targets.places]


def write_todo(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """What to delete by hand: ids and links, for its owner's eyes alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise InvalidRequest(f"--todo can't be written ({error.strerror}); nothing was done.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
