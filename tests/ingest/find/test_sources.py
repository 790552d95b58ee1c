"""Which files are exports: what else a folder holds, and invalid names."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

import batchlake
from batchlake.errors import ExportUnreadable, InvalidRequest
from batchlake.ingest.find.sources import find
from tests.command import run_as_anybody
from tests.lakes import ingested, rows, write_export
from tests.paths import SAMPLE


def test_a_lake_within_a_folder_of_exports_is_passed_over(tmp_path: Path) -> None:
    """The lake is made in the folder that it is filled from, and the next run finds it there."""
    shutil.copytree(SAMPLE, tmp_path / "exports")
    lake = batchlake.open(tmp_path / "exports" / "lake")
    first = lake.ingest(tmp_path / "exports")
    again = lake.ingest(tmp_path / "exports")
    assert first.exports_read
    assert (again.exports_read, again.problems, again.exports_skipped) == (0, 0, first.exports_read)
    assert str(tmp_path / "exports" / "lake") in again.skipped_files


def test_a_lake_is_no_export(tmp_path: Path) -> None:
    """Its own files are not read as exports: the error says that it is a lake."""
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(SAMPLE)
    with pytest.raises(ExportUnreadable, match="it is a lake"):
        lake.ingest(tmp_path / "lake")


@pytest.mark.parametrize("given", [["a.json"], None, 7])
def test_what_is_no_path_is_refused(given: Any) -> None:
    """A list of paths, as a glob gives it, too: the error says how it is given."""
    with pytest.raises(InvalidRequest, match=r"Give several by themselves: ingest\(\*paths\)"):
        find([given])


def test_an_empty_path_is_not_the_folder_one_is_in(tmp_path: Path) -> None:
    """It comes of an unset variable; the working folder is not ingested for it."""
    with pytest.raises(ExportUnreadable, match="the path is empty"):
        batchlake.open(tmp_path / "lake").ingest("")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("a\x1b[31m", "holds control characters"),
        ("x" * 257, "too|most is"),
    ],
)
def test_a_source_has_a_name(tmp_path: Path, source: str, fault: str) -> None:
    """One that is empty, too long or holds control characters is refused, and no lake is made."""
    with pytest.raises(InvalidRequest, match=fault):
        batchlake.open(tmp_path / "lake").ingest(SAMPLE, source=source)
    assert not (tmp_path / "lake").exists()


def test_members_of_an_archive_are_all_looked_at(tmp_path: Path) -> None:
    """Two of one name are both read; hidden ones, Markdown and what macOS adds are passed over."""
    archive = tmp_path / "exports.zip"
    members = ["a.json", "a.json", "README.md", "in/.b.json", "__MACOSX/._a.json", "../c.json"]
    with zipfile.ZipFile(archive, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for number, name in enumerate(members):
            file.writestr(name, f'{{"id": "c{number}"}}')
    report = ingested(tmp_path / "lake", archive)
    assert [row["call_id"] for row in rows(tmp_path / "lake", "from calls order by call_id")] == [
        "c0",
        "c1",
        "c5",
    ]
    assert (report.exports_read, report.exports_skipped, len(report.skipped_files)) == (3, 0, 3)


def test_what_cannot_be_read_in_a_folder_is_counted(tmp_path: Path) -> None:
    """A link that leads nowhere, one to a folder, and a pipe are passed over, and named as such."""
    folder = tmp_path / "in"
    write_export(folder, "a.json", {"id": "c1"})
    odd = [folder / name for name in ("link.json", "pipe.json", "around")]
    odd[2].symlink_to(folder)
    odd[0].symlink_to(folder / "nowhere.json")
    os.mkfifo(odd[1])
    report = ingested(tmp_path / "lake", folder)
    assert (report.exports_read, report.problems, report.calls_new) == (1, 0, 1)
    assert sorted(report.skipped_files) == sorted(map(str, odd))


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_export(device: str) -> None:
    """One that has no end was read for ever."""
    with pytest.raises(ExportUnreadable, match="it is a device or a socket, not a file"):
        find([device])


def test_the_byte_where_compressed_data_breaks_is_named(tmp_path: Path) -> None:
    """It counts what could be unpacked: near the cut, or the end where only the checksum is wrong."""
    text = "".join(f'{{"id": "{hashlib.sha256(b"%d" % n).hexdigest()}"}}\n' for n in range(5_000)).encode()
    packed = gzip.compress(text)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.json", text)
    archive = (tmp_path / "a.zip").read_bytes()
    at = archive.index(b"PK\x01\x02") // 2
    (tmp_path / "a.zip").write_bytes(archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :])
    write_export(tmp_path, "half.gz", packed[: len(packed) // 2])
    write_export(tmp_path, "sum.gz", packed[:-8] + b"wrong" + packed[-3:])
    write_export(tmp_path, "half.zst", zstandard.compress(text)[: len(zstandard.compress(text)) // 2])
    report = ingested(tmp_path / "lake", tmp_path)
    assert dict(report.problems_by_code) == {"bad_archive": 4}
    found = rows(tmp_path / "lake", "select location, byte from problems")
    shares = {Path(row["location"]).name: row["byte"] / len(text) for row in found}
    assert 0.4 < shares["half.gz"] < 0.6
    assert shares["sum.gz"] > 0.9
    assert 0 < shares["a.zip!a.json"] <= 1
    assert 0 <= shares["half.zst"] < 0.6


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_member_costs_itself_alone(tmp_path: Path, method: int) -> None:
    """However it is packed: the file next to it is ingested, and the broken one is a problem."""
    text = "".join(f'{{"id": "{hashlib.sha256(b"%d" % n).hexdigest()}"}}\n' for n in range(500)).encode()
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as file:
        file.writestr("a.json", text)
    packed = bytearray((tmp_path / "a.zip").read_bytes())
    at = packed.index(b"PK\x01\x02") // 2
    packed[at : at + 40] = bytes(one ^ 0x5A for one in packed[at : at + 40])
    (tmp_path / "a.zip").write_bytes(packed)
    write_export(tmp_path, "b.json", {"id": "c1"})
    report = ingested(tmp_path / "lake", tmp_path)
    assert (report.calls_new, report.problems) == (1, 1)


def test_what_may_not_be_looked_into(tmp_path: Path) -> None:
    """A folder without permission is named before anything is ingested; files without it are problems."""
    folder = tmp_path / "in"
    write_export(folder, "a.json", {"id": "c1"})
    write_export(folder / "listed", "b.json", {"id": "c2"})
    write_export(folder / "closed", "c.json", {"id": "c3"})
    (folder / "listed").chmod(0o444)
    (folder / "closed").chmod(0o000)
    try:
        done = run_as_anybody("ingest", folder, "--lake", tmp_path / "lake")
        assert done.returncode == 3, done
        assert f"cannot read '{folder / 'closed'}': Permission denied" in done.stderr
        (folder / "closed").chmod(0o755)
        done = run_as_anybody("ingest", folder, "--lake", tmp_path / "lake")
        assert "unreadable 1" in done.stdout, done
    finally:
        for inner in ("listed", "closed"):
            (folder / inner).chmod(0o755)
    assert [row["call_id"] for row in rows(tmp_path / "lake", "from calls order by call_id")] == ["c1", "c3"]


def test_a_file_that_went_away_is_a_problem(tmp_path: Path) -> None:
    """Also where how many bytes there are to read is asked first, as for a line of progress."""
    write_export(tmp_path / "in", "a.json", {"id": "c1"})
    gone = write_export(tmp_path / "in", "b.json", {"id": "c2"})
    found = find([tmp_path / "in"])
    gone.unlink()
    assert found.total_bytes() is None
    assert found.exports[0].size() == (tmp_path / "in" / "a.json").stat().st_size


def test_a_name_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    """Its location shows the byte, and so does a problem's."""
    folder = tmp_path / "in"
    folder.mkdir()
    name = b"a\xff.json"
    try:
        (folder / os.fsdecode(name)).write_text('{"id": "c1"}\nbad\n{"id": "c2"}\n')
    except OSError:
        pytest.skip("this file system has UTF-8 names alone")
    write_export(folder, "b.json", {"id": "c3"})
    ingested(tmp_path / "lake", folder)
    assert len(rows(tmp_path / "lake", "from calls")) == 3
    (problem,) = rows(tmp_path / "lake", "select location from problems")
    assert problem["location"].endswith("/a\\xff.json")
