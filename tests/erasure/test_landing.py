"""What landed loses the person, and neither a new lake from it nor a replaced page brings them back."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import batchlake
from batchlake.sync.pull.journal import Journal, WholeListing
from batchlake.sync.pull.landing import Landing, file_name
from tests.erasure.people import NUMBER, SPELLINGS, call, traces

VALUES = (*SPELLINGS, "14155550199", "4155550199", "call_000")
NOW = datetime(2024, 1, 2, tzinfo=UTC)


def _land(root: Path, name: str, document: Any, url: str) -> Path:
    """A landed answer as a pull writes one."""
    from batchlake.sync.api.client import Answer

    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    facts = {
        "url": url,
        "status": 200,
        "headers": {},
        "body": body,
        "requested_at": NOW,
        "received_at": NOW,
        "document": None,
    }
    names = Answer.__dataclass_fields__.keys()
    return Landing(root, "svalync").write(name, Answer(**{key: facts[key] for key in names if key in facts}))


def test_pages_details_sidecars_and_the_journal_are_cleaned(tmp_path: Path) -> None:
    """A page keeps its other records, a call's own file goes, so does a body that isn't JSON."""
    root = tmp_path / "landing"
    others = [call(at) for at in range(1, 5)]
    page = {"response": [{"success": True, "data": [call(0, to_number=NUMBER), *others]}]}
    listed = _land(root, "calls-1", page, "https://x.example/calls?page=1")
    mention = _land(
        root, "calls-2", {"data": [call(9, summary=f"ask {NUMBER}")]}, f"https://x.example/?to={NUMBER}"
    )
    own = _land(
        root,
        file_name("call", "call_000", NOW),
        {"call": call(0, to_number=NUMBER)},
        "https://x.example/call_000",
    )
    broken = _land(root, "calls-3", f'{{"cut {NUMBER}'.encode(), "https://x.example/3")
    with Journal(root / "svalync", "svalync") as journal:
        journal.settle("call", ["call_000", "call_001"])
        journal.end_listing(WholeListing(NOW, frozenset({"call_000", "call_001"})))
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(root, source="svalync")
    report = lake.forget(numbers=[NUMBER], expect=1, landing=root)
    assert report.is_proven, report.left
    assert traces(VALUES, tmp_path / "lake", root) == []
    body = gzip.decompress(listed.read_bytes())
    assert json.loads(body)["response"][0]["data"] == others
    sidecar = json.loads((listed.parent / ".calls-1.request.json").read_text())
    assert (sidecar["sha256"], sidecar["bytes"], sidecar["erased"]) == (
        hashlib.sha256(body).hexdigest(),
        len(body),
        1,
    )
    assert mention.exists()
    assert not own.exists()
    assert not broken.exists()
    with sqlite3.connect(root / "svalync" / ".state" / "journal.sqlite") as connection:
        assert connection.execute("select item_id from settled").fetchall() == [("call_001",)]
    assert listed.stat().st_mtime == NOW.timestamp()
    new = batchlake.open(tmp_path / "new")
    new.ingest(root, source="svalync")
    assert traces(VALUES, tmp_path / "new") == []
    assert len(new.calls().to_dicts()) == 5
    lake.ingest(root, source="svalync", force=True)
    assert lake.verify_erasures(landing=root).is_clean
