"""A lake in object storage is the lake that a folder would be; the S3 on loopback is moto's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

import batchlake
from batchlake.errors import (
    InvalidRequest,
    LakeDamaged,
    LakeNotFound,
    LakeNotWritable,
    LakeUnreachable,
)
from batchlake.store.delta.tables import LakeTables
from batchlake.store.maintenance import check, compact, vacuum
from batchlake.store.object_storage.bucket import BucketStorage
from tests.effort import EVERYTHING, at_length
from tests.lakes import contents, ingested, rows, write_export
from tests.paths import SAMPLE
from tests.storage import Bucket, check_from_now_on, environment, new_bucket, served
from tests.store.object_storage.buckets import exports
from tests.store.test_transactions import document

TABLES = ("calls", "segments", "batches", "snapshots", "problems", "exports")
OTHERS = {"runs", "tombstones", "erasures", "_lock.json"}


def test_it_holds_what_a_folder_holds(bucket: Bucket, lake: str, tmp_path: Path) -> None:
    """Fed with the same exports, run by run and again, both hold the same rows and answer alike."""
    folder = tmp_path / "folder"
    later = exports(tmp_path, 2)
    more = [SAMPLE] if EVERYTHING else []
    for given in ([*more, later[0]], [later[1]], *([[*more, *later]] if EVERYTHING else [])):
        reports = [ingested(root, *given) for root in (lake, folder)]
        assert (
            len({(report.calls_new, report.calls_updated, report.exports_skipped) for report in reports}) == 1
        )
    assert contents(lake, TABLES) == contents(folder, TABLES)
    assert check(lake) == []
    ours, theirs = batchlake.open(lake), batchlake.open(folder)
    details = [
        one.batch("b1", {"duration": {"min": 1}}, include_analytics=True, include_transcripts=True)
        for one in (ours, theirs)
    ]
    assert details[0] == details[1]
    assert ours.analytics(by="agent_id") == theirs.analytics(by="agent_id")
    assert [row["kind"] for row in ours.runs().to_dicts()] == ["ingest"] * 2
    assert {path.split("/")[2] for path in bucket.paths()} == {*TABLES, *OTHERS}


@at_length
def test_exports_and_lake_in_one_bucket(bucket: Bucket, lake: str) -> None:
    """Exports are read from a bucket into a lake that lives there, incrementally."""
    bucket.put("in/1.json", document(1))
    assert ingested(lake, f"{bucket.address}/in").calls_new == 4
    bucket.put("in/2.json", document(2))
    report = ingested(lake, f"{bucket.address}/in")
    assert (report.exports_read, report.exports_skipped, report.calls_new) == (1, 1, 1)


@at_length
def test_earlier_states_and_care(bucket: Bucket, fed: str, tmp_path: Path) -> None:
    """Time travel, compaction and vacuum work as in a folder, and `check` names an object that is gone."""
    ingested(fed, exports(tmp_path, 2)[1])
    first = rows(fed, "select run_id from runs order by run_id")[0]["run_id"]
    before = contents(fed)
    report = compact(fed)
    assert (report.tables["exports"]["files_before"], report.tables["exports"]["files_after"]) == (2, 1)
    assert contents(fed) == before
    assert len(batchlake.open(fed).at(first).calls().to_dicts()) == 4
    dry = vacuum(fed, keep_for=timedelta(0), dry_run=True)
    done = vacuum(fed, keep_for=timedelta(0))
    assert done.tables["calls"]["files_deleted"] == dry.tables["calls"]["files_deleted"] > 0
    assert done.tables["calls"]["bytes_after"] < done.tables["calls"]["bytes_before"]
    assert (contents(fed), check(fed)) == (before, [])
    with pytest.raises(InvalidRequest, match="vacuumed"):
        batchlake.open(fed).at(first).calls().to_dicts()
    (gone,) = LakeTables(fed).sizes("batches")
    bucket.delete(f"some/lake/batches/{gone}")
    assert [(finding.table, finding.code) for finding in check(fed)] == [("batches", "missing_file")]
    (tmp_path / "cache").rename(tmp_path / "no cache")
    with pytest.raises(LakeDamaged, match="a data file of batches is gone"):
        batchlake.open(fed).batches()


@at_length
def test_a_new_run_is_seen(fed: str, tmp_path: Path) -> None:
    """A lake that is open answers from the newest run, also past a checkpoint of the log."""
    _, later = exports(tmp_path, 2)
    held = batchlake.open(fed)
    assert len(held.calls().to_dicts()) == 4
    ingested(fed, later)
    assert len(held.calls().to_dicts()) == 5
    tables = LakeTables(fed)
    newest = tables.newest_commit("runs")
    tables.open("runs").create_checkpoint()
    assert LakeTables(fed).newest_commit("runs") == newest == f"{2:020}.json"


def test_a_log_whose_newest_checkpoint_cannot_be_read(bucket: Bucket, fed: str, tmp_path: Path) -> None:
    """What names the newest checkpoint may be half written: the newest commit is found without it."""
    newest = LakeTables(fed).newest_commit("runs")
    LakeTables(fed).open("runs").create_checkpoint()
    for nonsense in (b"", b"{", b"[]", b'{"version": null}'):
        bucket.put("some/lake/runs/_delta_log/_last_checkpoint", nonsense)
        assert LakeTables(fed).newest_commit("runs") == newest


def test_a_store_that_cannot_be_asked_is_said(
    bucket: Bucket, fed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is done first with the lake, an ingest, a question or a look at an erasure, says why."""
    (path,) = exports(tmp_path, 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://store.test")
    lake = batchlake.open(fed)
    for act in (lambda: lake.ingest(path), lake.compact, lake.calls, lake.has_unfinished_erasure):
        with pytest.raises(LakeUnreachable, match="is not an https address; set AWS_ALLOW_HTTP=true"):
            act()
    for write in (
        lambda: BucketStorage(fed).write_note("_x", b""),
        lambda: BucketStorage(fed).delete_note("_x"),
    ):
        with pytest.raises(LakeNotWritable, match="is not an https address"):
            write()


def test_what_is_no_lake_is_said(bucket: Bucket, lake: str, tmp_path: Path) -> None:
    """No lake, no bucket, no prefix, other things in the place, and a spoilt address each say what to do."""
    (path,) = exports(tmp_path, 1)
    with pytest.raises(LakeNotFound, match=f"batchlake ingest PATH --lake {lake}"):
        batchlake.open(lake).calls()
    with pytest.raises(LakeUnreachable, match="there is no bucket 'no-such-bucket'"):
        batchlake.open("s3://no-such-bucket/lake").calls()
    with pytest.raises(LakeUnreachable, match="there is no bucket 'no-such-bucket'"):
        ingested("s3://no-such-bucket/lake", path)
    with pytest.raises(LakeUnreachable, match="no storage is known as ftp://"):
        batchlake.open("ftp://host/lake")
    with pytest.raises(LakeUnreachable, match=r"'s3://': it names no bucket; write s3://BUCKET/PREFIX"):
        batchlake.open("s3://")
    assert batchlake.open(f"{lake}/").root == lake
    for odd in ("", "/", "/a//b", "/a b", "/a/../b", "/a%20b", "/[1]"):
        with pytest.raises(InvalidRequest, match="it needs a prefix of its own"):
            batchlake.open(f"{bucket.address}{odd}")
    with pytest.raises(InvalidRequest, match=f"write '{lake}', in Python as text"):
        batchlake.open(Path(lake))
    bucket.put("some/lake/holiday.jpg", b"x")
    with pytest.raises(LakeNotWritable, match=r"other things are there already \(holiday\.jpg\)"):
        ingested(lake, path)


@at_length
def test_credentials_that_may_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They answer questions and write nothing; wrong ones are told from those that are unknown."""
    import boto3

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (path,) = exports(tmp_path, 1)
    with served() as endpoint:
        for name, value in environment(endpoint).items():
            monkeypatch.setenv(name, value)
        lake = f"{new_bucket(endpoint).address}/lake"
        ingested(lake, path)
        people = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1")
        people.create_user(UserName="reader")
        allowed = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        people.put_user_policy(UserName="reader", PolicyName="reading", PolicyDocument=policy)
        key = people.create_access_key(UserName="reader")["AccessKey"]
        check_from_now_on(endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        assert len(batchlake.open(lake).calls().to_dicts()) == 4
        assert check(lake) == []
        with pytest.raises(LakeNotWritable, match="these credentials may not do that"):
            ingested(lake, path, force=True)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
        with pytest.raises(LakeUnreachable, match="the store doesn't take this secret key"):
            batchlake.open(lake).calls()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        with pytest.raises(LakeUnreachable, match="there are no valid credentials; set AWS_ACCESS_KEY_ID"):
            batchlake.open(lake).calls()


def test_copies_of_files(bucket: Bucket, fed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is fetched once, only its owner can read the copy, and deleted copies come back."""
    import obstore

    cache = tmp_path / "cache" / "batchlake"
    assert len(batchlake.open(fed).calls().to_dicts()) == 4
    fetched = []
    get = obstore.get
    monkeypatch.setattr(obstore, "get", lambda *given, **how: fetched.append(given[1]) or get(*given, **how))
    assert len(batchlake.open(fed).calls().to_dicts()) == 4
    assert [path for path in fetched if path.endswith(".parquet")] == []
    assert cache.stat().st_mode & 0o077 == 0
    for path in cache.rglob("*.parquet"):
        path.unlink()
    assert len(batchlake.open(fed).calls().to_dicts()) == 4
    assert len([path for path in fetched if path.endswith(".parquet")]) == 7
    assert list(cache.rglob("*.part")) == []
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(LakeUnreachable, match="name another XDG_CACHE_HOME"):
        batchlake.open(fed).calls()


def test_copies_are_bounded(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound the copies go that were not used for a day, longest unused first; others stay."""
    from batchlake.store.object_storage import cache
    from batchlake.store.object_storage.object_store import ObjectAddress

    monkeypatch.setattr(cache, "_MOST_BYTES", 250)
    for name in "abcd":
        bucket.put(f"t/{name}.parquet", b"x" * 100)
    files = cache.FileCache(ObjectAddress("s3", bucket.name, "t"), bucket.store)
    paths = [Path(path) for path in files.paths("t/", ["a.parquet", "b.parquet", "c.parquet"])]
    assert all(path.exists() for path in paths)
    for path, days in zip(paths, (3, 2, 0), strict=True):
        moment = time.time() - days * 24 * 3600 - 60
        os.utime(path, (moment, moment))
    files.paths("t/", ["b.parquet", "d.parquet"])
    assert [path.exists() for path in paths] == [False, True, True]


@at_length
def test_a_file_is_taken_into_a_table(bucket: Bucket, fed: str, tmp_path: Path) -> None:
    """A local file becomes an object of the table's, byte for byte, and is gone; a folder does alike."""
    ingested(tmp_path / "folder", *exports(tmp_path, 1))
    for root in (fed, tmp_path / "folder"):
        (tmp_path / "x").write_bytes(b"abc")
        storage = LakeTables(root).storage
        storage.move_in(tmp_path / "x", "calls", "part-x.parquet")
        assert not (tmp_path / "x").exists()
        assert storage.sizes("calls")["part-x.parquet"] == 3
        assert Path(storage.local("calls", ["part-x.parquet"])[0]).read_bytes() == b"abc"


@at_length
def test_the_verbs_take_an_address(lake: str, tmp_path: Path) -> None:
    """From the shell it is like a folder, SQL stays contained, and the views' script says what it reads."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "batchlake", *words, "--lake", lake],
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(SAMPLE.parent)},
        )  # fmt: skip

    assert run("ingest", str(SAMPLE)).returncode == 5
    assert json.loads(run("sql", "-c", "select count(*) as n from calls", "--format", "json").stdout) == [
        {"n": 41}
    ]
    outside = write_export(tmp_path, "outside.csv", "a\n1\n")
    refused = run("sql", "-c", f"from read_csv('{outside}')")
    assert (refused.returncode, "reads only the lake's tables and views" in refused.stderr) == (1, True)
    assert run("check").stdout == "The lake is sound.\n"
    assert f"-- The lake {lake} as run" in run("views").stdout
