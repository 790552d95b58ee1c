"""Exports in a bucket are listed, read and skipped like files in a folder; the S3 on loopback is moto's."""

from __future__ import annotations

import gzip
import io
import json
import random
import sys
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest

import batchlake
from batchlake.errors import ExportUnreadable, InvalidRequest
from batchlake.ingest.find.object_exports import look_at, objects_at
from tests.effort import at_length
from tests.lakes import contents, ingested, rows, write_export
from tests.storage import Bucket

DOCUMENT = {"batch": {"id": "b1", "calls": [{"id": "c1", "status": "completed", "cost": "0.50"}]}}


def call(call_id: str) -> dict[str, Any]:
    return {"call": {"id": call_id, "status": "completed"}}


def test_a_prefix_is_read_like_a_folder(bucket: Bucket, tmp_path: Path) -> None:
    """Every container, odd names and inner folders give the same lake as the same files do."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in.json", json.dumps(call("c2")))
        archive.writestr("../out.json", json.dumps(call("c3")))
    files = {
        "in/a b é%.json": json.dumps(DOCUMENT).encode(),
        "in/deep/er.json.gz": gzip.compress(json.dumps(call("c4")).encode()),
        "in/x.zip": packed.getvalue(),
        "in/.hidden.json": b"x",
        "in/README.md": b"x",
        "inside.json": b"not asked for",
    }
    before = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=2)  # as zip archives keep times
    for path, data in files.items():
        bucket.put(path, data)
        write_export(
            tmp_path / "files" / Path(path).parent, Path(path).name, data, observed_at=before.timestamp()
        )
    report = ingested(tmp_path / "lake", f"{bucket.address}/in/")
    assert (report.exports_read, report.problems, report.calls_new) == (4, 0, 4)
    ingested(tmp_path / "other", tmp_path / "files" / "in")
    tables = ("calls", "batches", "segments")
    own = {"observed_at"}
    for table in tables:
        ours, theirs = (
            [
                {key: row[key] for key in row if key not in own}
                for row in contents(tmp_path / lake, (table,))[table]
            ]
            for lake in ("lake", "other")
        )
        assert ours == theirs
    found = rows(tmp_path / "lake", "select * from exports order by location")
    assert [row["location"] for row in found] == [
        f"{bucket.address}/in/a b é%.json", f"{bucket.address}/in/deep/er.json.gz",
        f"{bucket.address}/in/x.zip!../out.json", f"{bucket.address}/in/x.zip!in.json",
    ]  # fmt: skip
    assert all(row["etag"] and row["observed_at"] >= before for row in found)


@at_length
def test_what_the_lake_holds_is_not_read_again(bucket: Bucket, tmp_path: Path) -> None:
    """A second ingest reads only objects that are new or changed; `force` reads all."""
    bucket.put("a.json", DOCUMENT)
    bucket.put("b.json", call("c2"))
    address = f"{bucket.address}/"
    assert ingested(tmp_path / "lake", address).exports_read == 2
    bucket.delete("a.json")
    bucket.put("b.json", call("c3"))
    bucket.put("c.json", call("c4"))
    report = ingested(tmp_path / "lake", address)
    assert (report.exports_read, report.exports_skipped, report.calls_new) == (2, 0, 2)
    again = ingested(tmp_path / "lake", address)
    assert (again.exports_read, again.exports_skipped, again.bytes_read) == (0, 2, 0)
    assert ingested(tmp_path / "lake", address, force=True).exports_read == 2


def test_one_object_by_its_name(bucket: Bucket, tmp_path: Path) -> None:
    """An address may name one object; a name that others begin with isn't them."""
    bucket.put("a.json", call("c1"))
    bucket.put("a.json.old", call("c2"))
    address = f"{bucket.address}/a.json"
    assert ingested(tmp_path / "lake", address).calls_new == 1


def test_more_objects_than_a_list_holds_at_once(bucket: Bucket, tmp_path: Path) -> None:
    """A list that comes in several pages is read to its end."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: bucket.put(f"many/.{number:04}", b"x"), range(105)))
    bucket.put("many/last.json", call("c1"))
    address = f"{bucket.address}/many"
    assert ingested(tmp_path / "lake", address).exports_read == 1


def test_a_large_object_is_read_in_pieces(bucket: Bucket, tmp_path: Path) -> None:
    """What doesn't fit the window is read twice, piece by piece, to the same result."""
    lines = b"".join(
        json.dumps(call(f"c{number}") | {"pad": "x" * 4_000}).encode() + b"\n" for number in range(9_000)
    )
    assert len(lines) > 32 * 1024 * 1024
    bucket.put("large.ndjson", lines)
    address = f"{bucket.address}/large.ndjson"
    report = ingested(tmp_path / "lake", address)
    assert (report.calls_new, report.bytes_read, report.problems) == (9_000, len(lines), 0)


def test_what_is_held_is_not_even_fetched(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Members of archives and names with `!` are known by their address and tag; no byte is asked for."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a!b.json", json.dumps(call("c1")))
        archive.writestr("c.json", json.dumps(call("c2")))
    bucket.put("in/x!y.zip", packed.getvalue())
    bucket.put("in/it's!.json", call("c3"))
    bucket.put("in/empty.json", b"")
    address = f"{bucket.address}/in"
    assert ingested(tmp_path / "lake", address).exports_read == 3
    asked = []
    get = obstore.get
    monkeypatch.setattr(obstore, "get", lambda *given, **how: asked.append(given) or get(*given, **how))
    again = ingested(tmp_path / "lake", address, dry_run=True)
    assert (again.exports_read, again.exports_skipped, asked) == (0, 2, [])
    assert ingested(tmp_path / "lake", address, source="other").exports_read == 3
    assert asked


def test_an_object_replaced_while_it_is_read(bucket: Bucket, tmp_path: Path) -> None:
    """What was listed is read or nothing is: never the beginning of one object and the end of another."""
    bucket.put("a.json", call("c1"))
    (stored,) = look_at(objects_at(f"{bucket.address}/a.json"))
    bucket.put("a.json", call("c2"))
    with pytest.raises(OSError, match="it was replaced in the meantime"), stored.open() as file:
        file.read()


def test_a_stored_object_is_a_file(bucket: Bucket) -> None:
    """Any walk of seeks and reads gives the bytes that a file of the same content gives."""
    data = random.Random(9).randbytes(17 * 1024 * 1024 + 3)
    bucket.put("large", data)
    (stored,) = objects_at(f"{bucket.address}/large")
    walk = random.Random(7)
    with stored.open() as ours, io.BytesIO(data) as theirs:
        for _ in range(200):
            whence = walk.choice([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END])
            offset = walk.choice([0, 8 * 1024 * 1024 - 1, walk.randrange(len(data))])
            if whence == io.SEEK_END:
                offset = -offset
            assert ours.seek(offset, whence) == theirs.seek(offset, whence)
            size = walk.choice([0, 1, 100_000])
            assert ours.read(size) == theirs.read(size)
        assert ours.seek(0) == theirs.seek(0)
        assert ours.read() == data


def test_problems_of_objects_are_tried_again(bucket: Bucket, tmp_path: Path) -> None:
    """A mended object is read whole; the records of one that is gone are tried by their text."""
    bucket.put("in/a.json", b'{"call": {"id": "c1"')
    bucket.put("in/gone.ndjson", b'{"call": {"id": "c2", "status": "completed"}}\n{"call": {"id": ""}}\n')
    assert ingested(tmp_path / "lake", f"{bucket.address}/in").problems == 2
    bucket.put("in/a.json", call("c1"))
    bucket.delete("in/gone.ndjson")
    report = batchlake.open(tmp_path / "lake").replay()
    assert (report.calls_new, report.problems) == (1, 1)


def test_problems_of_a_store_that_cannot_be_asked(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether their objects are still there isn't guessed: nothing is tried, and the error says why."""
    bucket.put("in/a.json", b'{"call": {"id": "c1"')
    assert ingested(tmp_path / "lake", f"{bucket.address}/in").problems == 1
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://store.test")
    with pytest.raises(ExportUnreadable, match="is not an https address"):
        batchlake.open(tmp_path / "lake").replay()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("{bucket}/nothing/", "there is no object of this name, and none below it"),
        ("{bucket}/nothing.json", "there is no object of this name"),
        ("{bucket}/2024-*/x.json", "patterns are for files, name a prefix instead"),
        ("s3://no-such-bucket-here/x/", r"there is no bucket 'no-such-bucket-here' at http://127\."),
        ("s3://", "it names no bucket; write s3://BUCKET/PREFIX"),
        ("http://example.com/x.json", "no storage is known as http://; .* s3://, gs://, az://"),
        ("az://container/x", "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY"),
    ],
)
def test_what_cannot_be_read_is_said(address: str, reason: str, bucket: Bucket, tmp_path: Path) -> None:
    """An address that gives nothing is an error that says why and what to do; no lake is made."""
    with pytest.raises(ExportUnreadable, match=reason) as caught:
        ingested(tmp_path / "lake", address.format(bucket=bucket.address))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"AWS_ACCESS_KEY_ID": None}, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (
            {
                "AWS_ACCESS_KEY_ID": None,
                "AWS_SECRET_ACCESS_KEY": None,
                "AWS_METADATA_ENDPOINT": "http://127.0.0.1:9",
            },
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, r"the store at http://127.0.0.1:9 can't be reached"),
        ({"AWS_ENDPOINT_URL": "http://store.test"}, "is not an https address; set AWS_ALLOW_HTTP=true"),
    ],
)
def test_a_store_that_cannot_be_used_is_said(
    variables: dict[str, str | None],
    reason: str,
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No credentials, nobody at the endpoint, and no TLS each say which variable to set."""
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    with pytest.raises(ExportUnreadable, match=reason):
        ingested(tmp_path / "lake", f"{bucket.address}/x")


def test_a_name_that_cannot_be_read_is_said(bucket: Bucket, tmp_path: Path) -> None:
    """S3 knows names with an empty part, the library doesn't: the error gives the name."""
    url = f"{bucket.endpoint}/{bucket.name}/in//x.json"
    urllib.request.urlopen(urllib.request.Request(url, data=b"{}", method="PUT")).close()
    with pytest.raises(ExportUnreadable, match=r"empty part.*\(in//x\.json\)"):
        ingested(tmp_path / "lake", f"{bucket.address}/in")


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where obstore isn't installed the error gives the command that installs it."""
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(InvalidRequest, match=r"pip install 'batchlake\[objects\]'"):
        ingested(tmp_path / "lake", "s3://bucket/x")


def test_a_broken_object_costs_itself_alone(bucket: Bucket, tmp_path: Path) -> None:
    """An archive that doesn't open is a problem at its address."""
    bucket.put("bad.zip", b"PK\x03\x04 and no more")
    bucket.put("good.json", call("c1"))
    address = f"{bucket.address}/"
    report = ingested(tmp_path / "lake", address)
    assert (report.calls_new, dict(report.problems_by_code)) == (1, {"bad_archive": 1})
