"""Whatever exports are packed in is told by its bytes; what holds none says what it is."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from batchlake.ingest.parse.raw_records import CorruptExport
from batchlake.ingest.parse.reader import RecordReader
from tests.lakes import ingested, rows, write_export


def _zip(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _flipped(packed: bytes, at: int = 20) -> bytes:
    return packed[:at] + bytes(byte ^ 0xFF for byte in packed[at : at + 4]) + packed[at + 4 :]


def _tar(call: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("a.json")
        member.size = len(call)
        archive.addfile(member, io.BytesIO(call))
    return buffer.getvalue()


CONTAINERS: dict[str, tuple[Callable[[bytes, bytes], bytes], int, list[str]]] = {
    "gzip": (lambda call, _: gzip.compress(call), 1, []),
    "Zstandard": (lambda call, _: zstandard.compress(call), 1, []),
    "several Zstandard frames": (
        lambda call, other: zstandard.compress(call) + zstandard.compress(b"\n" + other), 2, [],
    ),
    "gzip of Zstandard": (lambda call, _: gzip.compress(zstandard.compress(call)), 1, []),
    "bzip2": (lambda call, _: bz2.compress(call), 1, []),
    "xz": (lambda call, _: lzma.compress(call), 1, []),
    "several bzip2 streams": (lambda call, other: bz2.compress(call) + bz2.compress(b"\n" + other), 2, []),
    "several xz streams": (lambda call, other: lzma.compress(call) + lzma.compress(b"\n" + other), 2, []),
    "xz of bzip2 of gzip": (
        lambda call, _: lzma.compress(bz2.compress(gzip.compress(call))), 1, [],
    ),
    "zip by xz": (lambda call, other: _zip({"a": call, "b": other}, zipfile.ZIP_LZMA), 2, []),
    "zip by bzip2": (lambda call, other: _zip({"a": call, "b": other}, zipfile.ZIP_BZIP2), 2, []),
    "several gzip members": (
        lambda call, other: gzip.compress(call) + gzip.compress(b"\n" + other), 2, [],
    ),
    "zip": (lambda call, other: _zip({"a.json": call, "b/c.json": other}), 2, []),
    "zip that climbs": (
        lambda call, other: _zip({"../../escaped.json": call, "/etc/x.json": other}), 2, [],
    ),
    "zip of gzip": (lambda call, _: _zip({"a.json.gz": gzip.compress(call)}), 1, []),
    "zip in gzip": (lambda call, _: gzip.compress(_zip({"a.json": call})), 0, ["nested_archive"]),
    "cut gzip": (lambda call, _: gzip.compress(call * 100)[:-9], 0, ["bad_archive"]),
    "cut Zstandard": (lambda call, _: zstandard.compress(call * 100)[:-3], 0, ["bad_archive"]),
    "flipped gzip": (
        lambda call, _: gzip.compress(call)[:12] + b"\xff\xff" + gzip.compress(call)[14:], 0, ["bad_archive"],
    ),
    "something behind bzip2": (lambda call, _: bz2.compress(call) + b"{}", 0, ["bad_archive"]),
    "something behind xz": (lambda call, _: lzma.compress(call) + b"{}", 0, ["bad_archive"]),
    "something behind Zstandard": (lambda call, _: zstandard.compress(call) + b"{}", 0, ["bad_archive"]),
    "xz with padding": (
        lambda call, other: lzma.compress(call) + bytes(8) + lzma.compress(b"\n" + other) + bytes(9_000),
        2, [],
    ),
    "cut bzip2": (lambda call, _: bz2.compress(call * 100)[:-3], 0, ["bad_archive"]),
    "cut xz": (lambda call, _: lzma.compress(call * 100)[:-3], 0, ["bad_archive"]),
    "flipped bzip2": (lambda call, _: _flipped(bz2.compress(call)), 0, ["bad_archive"]),
    "flipped xz": (lambda call, _: _flipped(lzma.compress(call)), 0, ["bad_archive"]),
    "flipped zip by xz": (
        lambda call, _: _flipped(_zip({"a": call}, zipfile.ZIP_LZMA), 45), 0, ["bad_archive"],
    ),
    "a tar archive": (lambda call, _: _tar(call), 0, ["not_json"]),
    "a tar archive in xz": (lambda call, _: lzma.compress(_tar(call)), 0, ["not_json"]),
    "a workbook": (
        lambda call, _: _zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<x/>"}), 0,
        ["not_json"],
    ),
    "cut zip": (lambda call, _: _zip({"a.json": call})[:-10], 0, ["bad_archive"]),
    "a thousandfold": (lambda call, _: gzip.compress(call + b" " * 20_000_000), 1, []),
    "an empty zip": (lambda *_: _zip({}), 0, []),
}  # fmt: skip
"""Of one call or two: the bytes, how many calls come of them, and the problems."""


def test_containers(tmp_path: Path) -> None:
    """Archives are told by their bytes, read where they lie, and one problem each where they don't unpack."""
    for name, (pack, _, _) in CONTAINERS.items():
        texts = (json.dumps({"id": f"{name} {number}"}).encode() for number in (1, 2))
        write_export(tmp_path / "in", f"{name}.json", pack(*texts))
    report = ingested(tmp_path / "lake", tmp_path / "in")
    assert report.calls_new == sum(calls for _, calls, _ in CONTAINERS.values())
    held = {row["call_id"] for row in rows(tmp_path / "lake", "from calls")}
    problems = rows(tmp_path / "lake", "from problems")
    for name, (_, calls, codes) in CONTAINERS.items():
        assert {one for one in held if one[:-2] == name} == {
            f"{name} {1 + number}" for number in range(calls)
        }
        own = [row for row in problems if Path(row["location"]).stem == name]
        assert [row["code"] for row in own] == codes, name
        assert all(row["level"] == "file" and row["byte"] is not None for row in own), name
    assert not list(tmp_path.parent.rglob("escaped.json"))
    assert ingested(tmp_path / "lake", tmp_path / "in").problems == 0


def test_an_archive_is_opened_twice_whatever_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To list its members and to read them: each opening reads what all of them are called."""
    opened: list[str] = []
    open_archive = zipfile.ZipFile.__init__

    def counted(archive: zipfile.ZipFile, *given: Any, **how: Any) -> None:
        opened.append(Path(given[0].name).name)
        open_archive(archive, *given, **how)

    for name, count in {"few.zip": 2, "many.zip": 30, "one.zip": 1}.items():
        members = {f"{at}.json": json.dumps({"id": f"{name} {at}"}).encode() for at in range(count)}
        write_export(tmp_path / "in", name, _zip(members))
    monkeypatch.setattr(zipfile.ZipFile, "__init__", counted)
    assert ingested(tmp_path / "lake", tmp_path / "in").calls_new == 33
    assert Counter(opened) == {"few.zip": 2, "many.zip": 2, "one.zip": 2}


@pytest.mark.parametrize(
    ("begins", "words"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z archive: unpack it"),
        (b"Rar!\x1a\x07", "RAR archive: unpack it"),
        (b"PAR1\x15\x04", "Parquet: export the calls as JSON"),
        (b"SQLite format 3\x00", "SQLite database"),
        (b"%PDF-1.7\n", "PDF: export"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html><p>502 Bad Gateway", "HTML or XML"),
        (b"id,cost\nc1,2\n", "malformed"),
    ],
)
def test_what_is_no_json_is_told_by_its_name(begins: bytes, words: str) -> None:
    """A file of another format says what it is and what to do; the others say where JSON ends."""
    (problem,) = RecordReader().read(io.BytesIO(begins + bytes(600)))
    assert isinstance(problem, CorruptExport)
    assert (problem.code, words in problem.message) == ("not_json", True), problem.message
