"""What the lake holds is not read again: known by a file's size and time, or by its bytes."""

from __future__ import annotations

import gzip
import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from batchlake.ingest.find import sources
from batchlake.ingest.report import IngestReport
from tests.effort import some
from tests.lakes import contents, ingested, rows, write_export


def folder_of(tmp_path: Path, count: int, observed_at: float = 1e9) -> Path:
    """A folder of so many exports of one call each, plain, packed and in an archive."""
    folder = tmp_path / "in"
    for number in range(count):
        document = {"id": f"c{number}", "duration": number + 1}
        write_export(folder, f"{number}.json", document, observed_at=observed_at)
    (folder / "packed.json.gz").write_bytes(gzip.compress(json.dumps({"id": "gz", "duration": 1}).encode()))
    with zipfile.ZipFile(folder / "several.zip", "w") as archive:
        for number in range(3):
            archive.writestr(f"m{number}.json", json.dumps({"id": f"zip{number}", "duration": 1}))
    for name in ("packed.json.gz", "several.zip"):
        os.utime(folder / name, (observed_at, observed_at))
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The exports that are opened from here on."""
    names: list[str] = []
    open_export = sources.Export.open

    def noted(export: sources.Export) -> Any:
        names.append(Path(export.location).name)
        return open_export(export)

    monkeypatch.setattr(sources.Export, "open", noted)
    return names


def counts(report: IngestReport) -> tuple[int, int]:
    return report.exports_read, report.exports_skipped


def test_an_unchanged_file_is_not_even_opened(tmp_path: Path, opened: list[str]) -> None:
    """With its size and time as they were; with another time it is read, and its bytes are known."""
    folder, lake = folder_of(tmp_path, 4), tmp_path / "lake"
    assert counts(ingested(lake, folder)) == (8, 0)
    before = contents(lake)
    opened.clear()
    assert counts(ingested(lake, folder)) == (0, 6)
    assert opened == []
    os.utime(folder / "2.json", (2e9, 2e9))
    assert counts(ingested(lake, folder)) == (0, 6)
    assert opened == ["2.json"]
    assert contents(lake) == before


def test_a_changed_file_is_read(tmp_path: Path, opened: list[str]) -> None:
    """Of another size, or of another time; a new one beside it too."""
    folder, lake = folder_of(tmp_path, 3), tmp_path / "lake"
    ingested(lake, folder)
    opened.clear()
    write_export(folder, "0.json", {"id": "c0", "duration": 7}, observed_at=1.1e9)
    write_export(folder, "1.json", {"id": "c1", "duration": 700}, observed_at=1e9)
    write_export(folder, "9.json", {"id": "c9", "duration": 9}, observed_at=1e9)
    ingested(lake, folder)
    assert sorted(opened) == ["0.json", "1.json", "9.json"]
    found = rows(lake, "select call_id, duration_seconds from calls where call_id[1] = 'c' order by all")
    assert [tuple(row.values()) for row in found] == [("c0", 7.0), ("c1", 700.0), ("c2", 3.0), ("c9", 9.0)]


@pytest.mark.parametrize("option", ["force", "reads_all"])
def test_everything_is_read_where_that_is_asked_for(tmp_path: Path, opened: list[str], option: str) -> None:
    """`--force` and `--read-all` open every file; only the first of them takes in what is known."""
    folder, lake = folder_of(tmp_path, 2), tmp_path / "lake"
    ingested(lake, folder)
    write_export(folder, "1.json", {"id": "c1", "duration": 5}, observed_at=1e9)
    opened.clear()
    report = ingested(lake, folder, **{option: True})
    assert len(opened) == 6
    assert counts(report) == ((6, 0) if option == "force" else (1, 5))
    assert rows(lake, "select duration_seconds as d from calls where call_id = 'c1'") == [{"d": 5.0}]


def test_a_file_written_a_moment_ago_is_not_trusted(tmp_path: Path) -> None:
    """It could be written once more without a later time; and another source holds nothing of it."""
    lake = tmp_path / "lake"
    path = write_export(tmp_path, "a.json", {"id": "c1", "duration": 1}, observed_at=4e9)
    ingested(lake, path)
    assert rows(lake, "select etag from exports") == [{"etag": None}]
    os.utime(path, (1e9, 1e9))
    ingested(lake, path, force=True)
    assert rows(lake, "select etag from exports") == [{"etag": f"{path.stat().st_size}-{10**18}"}]
    assert counts(ingested(lake, path, source="other")) == (1, 0)


@pytest.mark.parametrize("window_bytes", some([100, 20, 1 << 20], 1))
def test_what_is_known_among_much_is_found(tmp_path: Path, window_bytes: int) -> None:
    """Known and new ones in any order, equal ones among them, smaller and larger than the window."""
    rng = random.Random(window_bytes)
    lake = tmp_path / "lake"
    texts = [json.dumps({"id": f"c{n}", "summary": "x" * rng.choice([1, 90, 300])}) for n in range(40)]
    held: set[str] = set()
    for turn in range(3):
        chosen = [rng.choice(texts) for _ in range(25)]
        folder = tmp_path / f"in-{turn}"
        for number, text in enumerate(chosen):
            write_export(folder, f"{number}.json", text)
        report = ingested(lake, folder, window_bytes=window_bytes)
        fresh = set(chosen) - held
        assert counts(report) == (len(fresh), len(chosen) - len(fresh))
        held |= fresh
        assert rows(lake, "select count(*) as n from calls") == [{"n": len(held)}]
        assert rows(lake, "select count(*) as n from exports") == [{"n": len(held)}]
