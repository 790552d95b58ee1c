"""The sides of the races about people's data do what they say, at a small volume."""

from __future__ import annotations

from pathlib import Path

import pytest

import batchlake
from tests.benchmarks import privacy_sides
from tests.benchmarks.data.large_lake import make
from tests.benchmarks.privacy import QUESTIONS
from tests.effort import at_length
from tests.erasure.people import call, write_export_of
from tests.lakes import rows


@pytest.fixture(autouse=True)
def own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of the test's own."""
    monkeypatch.setenv("BATCHLAKE_PRIVACY_KEY", "A" * 43 + "=")


@at_length
def test_one_number_is_erased_from_a_copy_of_the_lake_that_is_counted(tmp_path: Path) -> None:
    """What is timed erases and proves, and leaves the lake for the next round."""
    make(tmp_path / "lake", 2_000)
    assert privacy_sides.forget(str(tmp_path / "lake"), str(tmp_path / "scratch")) > 0
    assert privacy_sides.count(str(tmp_path / "lake")) > 0
    held = "select count(*) as n from calls"
    assert rows(tmp_path / "lake", held)[0]["n"] == 2_000
    assert rows(tmp_path / "scratch", held)[0]["n"] < 2_000


@at_length
def test_exports_are_ingested_redacted_or_into_a_lake_with_tombstones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lake of 10,000 people (here of 100) keeps out those, and takes in who else is exported."""
    gone = call(0, to_number="+19170000017")
    monkeypatch.setattr(privacy_sides, "TOMBSTONES", 100)
    exports = str(write_export_of(tmp_path / "exports", [gone, call(1)]))
    privacy_sides.tombstones(str(tmp_path / "tombstones"))
    privacy_sides.ingest(exports, str(tmp_path / "kept"), "", str(tmp_path / "tombstones"))
    privacy_sides.ingest(exports, str(tmp_path / "redacted"), "all")
    assert [row["call_id"] for row in rows(tmp_path / "kept", "select call_id from calls")] == ["call_001"]
    numbers = rows(tmp_path / "redacted", "select to_number from calls")
    assert all(row["to_number"].startswith("tel_") for row in numbers)
    assert batchlake.open(tmp_path / "kept").verify_erasures().is_clean
    assert set(QUESTIONS) == {"forget", "redact", "tombstones"}
