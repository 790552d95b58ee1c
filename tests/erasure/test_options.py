"""What `forget` takes beside a number: contacts followed, own fields, files of values, files elsewhere."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import shutil
import stat
import zipfile
from pathlib import Path

import openpyxl
import pytest
import zstandard

import batchlake
from batchlake.errors import InvalidRequest
from batchlake.lake import Lake
from batchlake.privacy.errors import NothingToForget
from batchlake.schema import FORMAT_VERSION, PLAIN_FORMAT
from tests.command import run
from tests.erasure.people import NUMBER, call, traces
from tests.lakes import rows, write_export

CALLS = [
    call(0, to_number=NUMBER, recording_url="https://x.example/0", crm={"id": "K-1"}),
    call(1, direction="inbound", from_number="(415) 555-0199"),
    call(2, crm={"id": "K-2"}),
    call(3),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of four calls; two are with the person."""
    folder = tmp_path_factory.mktemp("options")
    export = write_export(folder, "export.json", {"batch": {"id": "b1", "calls": CALLS}})
    batchlake.open(folder / "lake").ingest(export)
    return folder / "lake"


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "lake")
    return batchlake.open(tmp_path / "lake")


def _left(lake: Lake) -> set[str]:
    return {row["call_id"] for row in rows(lake.root, "select call_id from calls")}


def test_a_call_alone_or_all_of_its_contact(lake: Lake) -> None:
    """`--call` erases that call; with `--follow` all calls of its contact, however the number is written."""
    assert lake.forget(calls=["call_000"], dry_run=True).calls["matched"] == 1
    done = run("forget", "--call", "call_000", "--follow", "--region", "US", "--expect", "2", lake=lake.root)
    assert done.returncode == 0, done.stderr
    assert _left(lake) == {"call_002", "call_003"}
    assert traces(("4155550199", "555-0199"), Path(lake.root)) == []


def test_own_fields_filters_and_files_of_values_add_up(lake: Lake, tmp_path: Path) -> None:
    """An own field, a filter, ids from a file; what to do by hand is written for its owner's eyes alone."""
    (tmp_path / "ids.txt").write_text("call_003\n\n")
    (tmp_path / "todo.ndjson").write_text("of an earlier time, for all to read")
    (tmp_path / "todo.ndjson").chmod(0o644)
    done = run(
        "forget", "--extra", "crm.id=K-2", "--call", f"@{tmp_path / 'ids.txt'}", "--filter",
        json.dumps({"phone_number": NUMBER}), "--expect", "3", "--todo", tmp_path / "todo.ndjson",
        lake=lake.root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert _left(lake) == {"call_001"}
    todo = [json.loads(line) for line in (tmp_path / "todo.ndjson").read_text().splitlines()]
    assert {one.get("call_id") for one in todo} == {"call_000", "call_002", "call_003", None}
    assert todo[0]["recording_url"] == "https://x.example/0"
    assert todo[-1]["export_file"].endswith("export.json")
    assert stat.S_IMODE((tmp_path / "todo.ndjson").stat().st_mode) == 0o600


def test_nobody_erased_is_told_as_such(lake: Lake) -> None:
    """There is nothing to look for again, and no spelling to check."""
    with pytest.raises(NothingToForget, match="nobody was erased from this lake"):
        lake.verify_erasures()


def test_an_own_field_that_is_given_again_means_each_value(lake: Lake) -> None:
    """All calls with either value are counted; only those of the last value were. Names are any text."""
    for extra in ([], ["--extra", "a..b=x", "--extra", "\\=x"]):
        named = ["--extra", "crm.id=K-2", "--extra", "crm.id=K-1", *extra]
        done = run("forget", *named, "--dry-run", "--json", lake=lake.root)
        assert json.loads(done.stdout)["calls"]["matched"] == 2, done.stderr
    assert lake.forget(extra={"crm.id": ["K-1", "K-2"]}, dry_run=True).calls["matched"] == 2
    with pytest.raises(InvalidRequest, match="has a name"):
        lake.forget(extra={"": "x"}, dry_run=True)


def write_workbook(path: Path, value: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = value
    book.save(path)


def test_files_elsewhere_are_searched_and_left(lake: Lake, tmp_path: Path) -> None:
    """Those with a hit are listed, unpacked where they are packed; none is changed. The lake keeps no
    name of a file that is a hit."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "a.csv").write_text("call,number\nx,415.555.0199\n")
    (folder / "b.json.gz").write_bytes(gzip.compress(b'{"said": "four one five double five five 0199"}'))
    (folder / "c.txt").write_text("nothing")
    said = json.dumps({"said": "call 415-555-0199"}).encode()
    for name, packed in {
        "d.bz2": bz2.compress(said), "e.xz": lzma.compress(said), "f.zst": zstandard.compress(said),
        "g.gz": lzma.compress(gzip.compress(said)), "h.gz": gzip.compress(said)[:-9], "i": b"PK\x03\x04",
    }.items():  # fmt: skip
        (folder / name).write_bytes(packed)
    for name, inner in {"j.zip": {"notes.md": said}, "k.zip": {"notes.md": b"nothing"}}.items():
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in inner.items():
                archive.writestr(member, data)
    write_workbook(folder / f"l{NUMBER}.xlsx", NUMBER)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    report = lake.forget(numbers=[NUMBER], expect=2, elsewhere=(folder,))
    found = [Path(one).name for one in report.elsewhere]
    assert found == ["a.csv", "b.json.gz", "d.bz2", "e.xz", "f.zst", "g.gz", "j.zip", f"l{NUMBER}.xlsx"]
    assert [Path(one.place).name for one in report.left] == ["h.gz", "i"]
    assert traces((NUMBER,), Path(lake.root)) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_earlier_batchlake_is_kept_out_of_a_redacted_lake(made: Path, tmp_path: Path) -> None:
    """It would ingest plain values; a lake without redaction and erasure stays readable to it."""
    formats = "select max(format_version) as format from runs"
    assert rows(made, formats) == [{"format": PLAIN_FORMAT}]
    lake = batchlake.open(tmp_path / "redacted")
    lake.ingest(made.parent / "export.json", redact=["phone", "name"], region="US")
    assert rows(lake.root, formats) == [{"format": FORMAT_VERSION}]
