"""What a person has to do by hand: names to add, and what to delete at the platform."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.erasure.targets import Targets
from batchlake.errors import InvalidRequest


def suggestions(engine: Engine, targets: Targets) -> dict[str, int]:
    """The calls' own fields that may name a person, and how many of the calls have them."""
    rows = engine.rows(sql_files.load("erasure/suggested_fields").text, _ids(targets))
    return {row["field"]: row["calls"] for row in rows}


def todo(engine: Engine, targets: Targets) -> list[dict[str, Any]]:
    """The calls to delete at the platform, with the links to their recordings; then the export files."""
    rows = engine.rows(sql_files.load("erasure/calls_by_hand").text, _ids(targets))
    exports = engine.rows(sql_files.load("erasure/exports_by_hand").text, _ids(targets))
    return [*(row for row in rows if (row["source"], row["call_id"]) in targets.places), *exports]


def _ids(targets: Targets) -> dict[str, list[str]]:
    return {"call_ids": sorted({call.call_id for call in targets.calls})}


def write_todo(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """What to delete by hand: ids and links, for its owner's eyes alone.

    Raises:
        InvalidRequest: the file can't be written, or not be kept from others.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        # A file that is there keeps its mode.
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise InvalidRequest(f"--todo can't be written ({error.strerror}); nothing was done.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
