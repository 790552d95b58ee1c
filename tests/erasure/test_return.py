"""The same exports, in any form and order, don't bring an erased person back."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import batchlake
from batchlake.engine.engine import Engine
from batchlake.privacy.errors import NothingToForget, PrivacyKeyMissing, WrongPrivacyKey
from tests.effort import at_length, examples
from tests.erasure.people import NUMBER, SPELLINGS, call, planted, said, traces, write_export_of
from tests.lakes import contents, damages, rows

VALUES = (*SPELLINGS, "14155550199", "4155550199", "call_000", "call_001")


@pytest.fixture(scope="module")
def erased(planted_lakes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a planted `lake` from which the person was erased, and `config`, with the key to it."""
    folder = tmp_path_factory.mktemp("erased")
    shutil.copytree(planted_lakes / "once", folder / "lake")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CONFIG", "STATE", "CACHE"):
            patch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
        batchlake.open(folder / "lake").forget(numbers=[NUMBER], expect=2)
    return folder


@pytest.fixture
def lake(erased: Path, planted_lakes: Path, own_machine: Path, tmp_path: Path) -> batchlake.Lake:
    """That lake, for the test alone, at `lake` beside its `exports`."""
    shutil.copytree(planted_lakes / "exports", tmp_path / "exports")
    shutil.copytree(erased / "lake", tmp_path / "lake")
    shutil.copytree(erased / "config", own_machine / "config")
    return batchlake.open(tmp_path / "lake")


def test_the_same_exports_in_any_form_bring_nobody_back(lake: batchlake.Lake, tmp_path: Path) -> None:
    """With --force, renamed, recompressed, as single details, replayed, compacted: not a trace."""
    before = contents(lake.root, ("calls", "segments", "batches", "snapshots"))
    report = lake.ingest(tmp_path / "exports", force=True)
    assert report.kept_out == 2
    assert traces(VALUES, tmp_path / "lake") == []
    assert contents(lake.root, ("calls", "segments", "batches", "snapshots")) == before
    again = tmp_path / "again"
    again.mkdir()
    (again / "renamed.json.gz").write_bytes(gzip.compress(json.dumps(planted()).encode()))
    (again / "details.json").write_text(json.dumps({"call": call(0, to_number="(415) 555-0199")}))
    (again / "other-id.json").write_text(json.dumps({"call": call(99, to_number="+1 415 555 0199")}))
    (again / "late.json").write_text(
        json.dumps({"call": call(31, transcript={"segments": said("I am 415 555 0199")})})
    )
    lake.ingest(again)
    lake.replay()
    lake.compact()
    assert traces(VALUES, tmp_path / "lake") == []
    assert lake.verify_erasures().is_clean
    assert lake.verify_erasures([NUMBER]).is_clean
    assert damages(lake.root) == []


def test_whoever_was_erased_stays_out_whatever_order_typed_rows_come_in(
    lake: batchlake.Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A join gives its rows in any order: calls are kept out by their place in an export, not in a table."""
    before = contents(lake.root, ("calls", "segments"))
    asked = Engine.arrow

    def backwards(self: Engine, query: str, *args: Any, **given: Any) -> Any:
        rows = asked(self, query, *args, **given)
        return rows.take(list(reversed(range(len(rows))))) if query.startswith("select identity,") else rows

    monkeypatch.setattr(Engine, "arrow", backwards)
    assert lake.ingest(tmp_path / "exports", force=True).kept_out == 2
    assert contents(lake.root, ("calls", "segments")) == before


def test_calls_that_stay_come_again_as_the_erasure_left_them(tmp_path: Path) -> None:
    """Our own line, a list of numbers, ids, words, and what can't be read (a duration, a time): nothing comes
    back, and what became another id stays that one."""
    calls = [
        call(0, to_number=NUMBER), call(1, from_number=NUMBER), call(2, batch_id=f"b {NUMBER}"),
        call(3, to_number=f"+14155550000 {NUMBER}"), call(4, duration={"s": NUMBER}),
        call(5, transcript={"segments": [{"speaker": "human", "text": "hi", "timestamp": f"at {NUMBER}"}]}),
        call(6, transcript={"segments": [
            {"speaker": "human", "text": "at 415 555 0199",
             "words": [{"word": one} for one in ("at", "415", "555", "0199")]}
        ]}),
    ]  # fmt: skip
    lake, path = batchlake.open(tmp_path / "lake"), write_export_of(tmp_path / "in", calls)
    lake.ingest(path)
    assert lake.forget(numbers=[NUMBER], expect=1).is_proven
    before = contents(lake.root, ("calls", "segments", "batches"))
    lake.ingest(path, force=True)
    assert contents(lake.root, ("calls", "segments", "batches")) == before
    assert traces((*VALUES[:-2], '"0199"'), tmp_path / "lake") == []
    assert lake.verify_erasures().is_clean


def test_a_call_that_began_after_the_erasure_comes_in_unless_for_good(
    planted_lakes: Path, tmp_path: Path
) -> None:
    """A new customer is counted and kept; with `for_good` nobody comes in."""
    for for_good, held in ((False, 1), (True, 0)):
        shutil.copytree(planted_lakes / "once", tmp_path / f"lake-{for_good}")
        lake = batchlake.open(tmp_path / f"lake-{for_good}")
        lake.forget(numbers=[NUMBER], expect=2, for_good=for_good)
        later = tmp_path / "later.json"
        later.write_text(json.dumps({"call": call(70, to_number=NUMBER, start_time="2099-01-01T00:00:00Z")}))
        report = lake.ingest(later)
        assert (report.came_after, report.kept_out) == (held, 1 - held)
        found = rows(lake.root, "select to_number from calls where call_id = 'call_070'")
        assert [row["to_number"] for row in found] == [NUMBER] * held


def test_a_lake_without_its_key_is_not_written(
    lake: batchlake.Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No key, or another: refused, saying what to copy. Reading needs none."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(PrivacyKeyMissing, match="Copy it to"):
        lake.ingest(tmp_path / "exports")
    monkeypatch.setenv("BATCHLAKE_PRIVACY_KEY", "A" * 43 + "=")
    with pytest.raises(WrongPrivacyKey):
        lake.ingest(tmp_path / "exports")
    assert len(lake.calls().to_dicts()) > 10


def test_after_remove_the_lake_is_one_that_never_saw_the_calls(tmp_path: Path) -> None:
    """Calls, utterances and figures are those of the same exports without the person's calls."""
    document = planted()
    batch = document["batch"]
    batch["calls"] = [one for one in batch["calls"] if one["id"] in ("call_000", "call_001", "call_031")]
    batch["calls"] += [call(at) for at in range(70, 90)]
    batch |= {"note": "none"}
    (tmp_path / "with.json").write_text(json.dumps(document))
    kept = [one for one in batch["calls"] if one["id"] not in ("call_000", "call_001")]
    (tmp_path / "without.json").write_text(json.dumps({"batch": batch | {"calls": kept}}))
    for name in ("with", "without"):
        batchlake.open(tmp_path / name).ingest(tmp_path / f"{name}.json")
    lake, other = batchlake.open(tmp_path / "with"), batchlake.open(tmp_path / "without")
    lake.forget(numbers=[NUMBER], expect=2)
    assert lake.analytics() == other.analytics()
    ours, theirs = (
        contents(tmp_path / name, ("calls", "segments", "batches")) for name in ("with", "without")
    )
    for table in ("calls", "segments", "batches"):
        assert [_bare(row) for row in ours[table]] == [_bare(row) for row in theirs[table]]


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what two exports of different modification times differ in, and without the mention."""
    return {name: value for name, value in row.items() if name not in ("observed_at", "summary")}


STEPS = ("batch", "details", "force", "forget", "by id", "replay", "compact", "vacuum")
HERS = ("14155550199", "4155550199", "415-555-0199", "call_000")


@at_length
@settings(max_examples=examples(1), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    before=st.lists(
        st.sampled_from(["details", "force", "compact", "vacuum"]),
        max_size=2,
        unique=True,
    ),
    after=st.permutations(STEPS),
    mode=st.sampled_from(["remove", "anonymise"]),
)
def test_in_any_order_the_person_stays_forgotten(
    tmp_path: Path, before: list[str], after: list[str], mode: Any
) -> None:
    """Exports, erasures, replays, compactions and vacuums in any order: once forgotten, never there again.

    After `remove` every table is that of a lake that never saw the person's calls.
    """
    folder = tmp_path / "any"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    lake, other = batchlake.open(folder / "lake"), batchlake.open(folder / "other")
    late = call(0, to_number="415-555-0199", summary=NUMBER)
    written = {
        "batch": [{"batch": {"id": "b", "calls": [call(0, to_number=NUMBER), call(1)]}}],
        "details": [{"call": late}, {"call": call(1, summary="later", start_time="soon")}],
    }
    without = {
        "batch": [{"batch": {"id": "b", "calls": [call(1)]}}],
        "details": [{"call": call(1, summary="later", start_time="soon")}],
    }
    for name, documents in (("lake-in", written), ("other-in", without)):
        (folder / name).mkdir()
        for kind, several in documents.items():
            path = folder / name / f"{kind}.json"
            path.write_text("\n".join(map(json.dumps, several)))
            os.utime(path, (1_700_000_000, 1_700_000_000 + len(kind)))
    steps = ["batch", *before, "erase", *after]
    for place, step in enumerate(steps):
        for one in (lake, other) if mode == "remove" else (lake,):
            _take(one, folder / ("lake-in" if one is lake else "other-in"), step, mode, is_hers=one is lake)
        if place > len(before):
            assert traces(HERS, folder / "lake") == []
    assert damages(lake.root) == []
    assert lake.verify_erasures().is_clean
    if mode == "remove":
        ours, theirs = (contents(one.root, ("calls", "segments", "batches")) for one in (lake, other))
        assert ours == theirs
        assert lake.analytics() == other.analytics()


def _take(lake: batchlake.Lake, folder: Path, step: str, mode: Any, *, is_hers: bool) -> None:
    """One step of a history; a lake without the person has nobody to erase."""
    if step in ("batch", "details"):
        lake.ingest(folder / f"{step}.json")
    elif step == "force":
        lake.ingest(*sorted(folder.iterdir()), force=True)
    elif step == "erase" and is_hers:
        assert lake.forget(numbers=[NUMBER], mode=mode, expect=1).is_proven
    elif step in ("forget", "by id") and is_hers:
        numbers, calls = ([NUMBER], []) if step == "forget" else ([], ["call_000"])
        with pytest.raises(NothingToForget):
            lake.forget(numbers=numbers, calls=calls, expect="any")
    elif step in ("replay", "compact", "vacuum"):
        getattr(lake, step)()
