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
from batchlake.erasure.local import history_file
from batchlake.sync.pull.journal import Journal, WholeListing
from batchlake.sync.pull.landing import Landing, file_name
from tests.effort import at_length
from tests.erasure.people import NUMBER, SPELLINGS, call, traces
from tests.lakes import rows
from tests.sync.fake_platform import Dashboard, serving
from tests.sync.pulling import PAGES, platform, pulled

CALL = {"path": "voiceai/specific-call", "params": {"id": "{id}"}}
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
    spoken = [
        ("it's four one five", "it's four one five"),
        ("mhm", "mhm"),
        ("double five five", "5"),
        ("0199", "0199"),
    ]
    said = [
        {
            "speaker": "ai" if text == "mhm" else "human",
            "text": text,
            "words": [{"word": one} for one in words.split()],
        }
        for text, words in spoken
    ]
    told = call(9, summary=f"ask {NUMBER}", transcript={"segments": said}, dtmf=[*NUMBER[2:]])
    mention = _land(root, "calls-2", {"data": [told]}, f"https://x.example/?to={NUMBER}")
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
    assert traces((*VALUES, '"0199"', "four", '"9"'), tmp_path / "lake", root) == []
    assert "mhm" in gzip.decompress(mention.read_bytes()).decode()
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


def test_a_pull_lands_nobody_who_was_erased(tmp_path: Path) -> None:
    """A page lands without them, their details not at all, the journal keeps no id of theirs."""
    lake = batchlake.open(tmp_path / "lake")
    export = tmp_path / "export.json"
    mine = call(0, to_number=NUMBER)
    export.write_text(json.dumps({"batch": {"id": "b", "calls": [mine, call(1)]}}))
    lake.ingest(export)
    lake.forget(numbers=[NUMBER], expect=1)
    others = [call(1), call(2, summary=f"ask {NUMBER}")]
    late = call(3, to_number=NUMBER, start_time="2099-01-01T00:00:00Z")
    elsewhere = call(4, to_number="415-555-0199")
    dashboard = Dashboard([mine, *others, late, elsewhere], size=10)
    dashboard.details = {"call_000": {"call": mine}}
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10}, call=CALL)
        pulled(tmp_path, described)
        pulled(tmp_path, described, calls=("call_000",))
    held = {row["call_id"] for row in rows(lake.root, "from calls")}
    assert held == {"call_001", "call_002", "call_003"}, "one called again after the erasure"
    left = {path for path, _ in traces(("call_000", "415-555-0199", "call_004"), tmp_path / "lake")}
    left |= {path for path, _ in traces(("call_000", "415-555-0199", "call_004"), tmp_path / "landing")}
    assert left == set()
    bodies = [gzip.decompress(path.read_bytes()) for path in (tmp_path / "landing").rglob("*.json.gz")]
    assert b"".join(bodies).count(NUMBER.encode()) == 1, "the new call's own"


@at_length
def test_a_redacted_lakes_landing_holds_no_value(tmp_path: Path) -> None:
    """Asked for with the first pull, known to the next; the lake is as one from the export is."""
    said = [{"speaker": "human", "text": "it's four one five"}, {"speaker": "human", "text": "555 0199"}]
    mine = call(0, to_number=NUMBER, summary="mail ann.smith@example.com", customer={"name": "Ann Smith"})
    mine["transcript"] = {"segments": [*said, {"speaker": "ai", "text": "Thanks, Ann"}]}
    dashboard = Dashboard([mine, call(1)], size=10)
    rules = batchlake.Rules.of(["all"], "US")
    with serving(dashboard) as server:
        described = platform(server.url, pages=PAGES | {"size": 10})
        pulled(tmp_path, described, redact=rules)
        dashboard.calls.append(call(2, to_number=NUMBER))
        pulled(tmp_path, described, full=True)
    values = (*SPELLINGS, "14155550199", "4155550199", "ann.smith@", "Ann", "four one", "0199")
    assert traces(values, tmp_path / "landing", tmp_path / "lake") == []
    export = tmp_path / "export.json"
    export.write_text(json.dumps([{"call": one} for one in (mine, call(1), call(2, to_number=NUMBER))]))
    other = batchlake.open(tmp_path / "other")
    other.ingest(export, redact=rules, source="svalync")
    question = "select call_id, to_number, summary, extra, words from calls order by call_id"
    assert rows(tmp_path / "lake", question) == rows(other.root, question)
    said_now = "select call_id, position, text, text_key from segments order by all"
    assert rows(tmp_path / "lake", said_now) == rows(other.root, said_now)


def test_a_lake_is_redacted_with_its_landing(tmp_path: Path) -> None:
    """Answers that landed plain lose their values, their sidecars tell the new bytes, times and ids stay."""
    root = tmp_path / "landing"
    mine = call(0, to_number=NUMBER, summary="mail ann.smith@example.com", created_at=1714608475945)
    # As compact as what is written again: a transcript's digest is of its bytes.
    hidden = call(2, direction="inbound", from_number="anonymous")
    page = json.dumps({"data": [mine, call(1), hidden]}, separators=(",", ":")).encode()
    listed = _land(root, "calls-1", page, "https://x.example/calls?page=1&to=%2B14155550199")
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(root, source="svalync")
    report = lake.redact(["all"], "US", landing=root)
    assert report.is_proven, report.left
    assert report.landing["pages_rewritten"] == 1
    assert traces((*SPELLINGS, "4155550199", "ann.smith@"), root, tmp_path / "lake") == []
    body = gzip.decompress(listed.read_bytes())
    first = json.loads(body)["data"][0]
    assert (first["id"], first["created_at"], first["to_number"][:4]) == ("call_000", 1714608475945, "tel_")
    sidecar = json.loads((listed.parent / ".calls-1.request.json").read_text())
    assert (sidecar["sha256"], sidecar["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
    assert lake.ingest(root, source="svalync", force=True).calls_updated == 0


def test_this_machine_keeps_nothing_of_the_person(tmp_path: Path, own_machine: Path) -> None:
    """The console's history loses the statement, a bug report with the number goes, so does scratch."""
    lake = batchlake.open(tmp_path / "lake")
    export = tmp_path / "export.json"
    export.write_text(json.dumps({"call": call(0, to_number=NUMBER)}))
    lake.ingest(export)
    history = history_file()
    history.parent.mkdir(parents=True)
    history.write_text(
        "\n# 2024-01-01 12:00:00\n+select 1\n"
        "\n# 2024-01-01 12:01:00\n+from calls where to_number = '415-555-0199'\n"
    )
    bug = own_machine / "tmp" / "batchlake-bug-x.txt"
    bug.write_text(f"ValueError: {NUMBER}")
    (tmp_path / "lake" / "_scratch").mkdir(exist_ok=True)
    (tmp_path / "lake" / "_scratch" / "transcripts-1.parquet").write_text(NUMBER)
    (tmp_path / "lake" / "calls" / "part-of-a-dead-run.parquet").write_text(NUMBER)
    report = lake.forget(numbers=[NUMBER], expect=1)
    assert report.is_proven, report.left
    assert (report.local["history"], report.local["bug_reports"]) == (1, 1)
    assert traces((*SPELLINGS, "4155550199"), tmp_path / "lake", own_machine) == []
    assert "select 1" in history.read_text()


def test_a_cleaned_page_lists_the_calls_that_it_still_holds(tmp_path: Path) -> None:
    """A page without its erased call is another reading of the batch; the one before stays as it was."""
    root = tmp_path / "landing"
    calls = [call(0, to_number=NUMBER), call(1), call(2)]
    _land(root, "batch-b", {"batch": {"id": "b", "calls": calls}}, "https://x.example/b")
    lake, new = batchlake.open(tmp_path / "lake"), batchlake.open(tmp_path / "new")
    lake.ingest(root, source="svalync")
    assert lake.forget(numbers=[NUMBER], expect=1, landing=root).is_proven
    listed = "select listed_calls from snapshots order by all"
    assert rows(lake.root, listed) == [{"listed_calls": 3}]
    for one in (lake, new):
        one.ingest(root, source="svalync")
    assert rows(lake.root, listed) == [{"listed_calls": 2}, {"listed_calls": 3}]
    assert rows(new.root, listed) == [{"listed_calls": 2}]
    assert lake.audit("b").batches[0].erased_calls == 1
