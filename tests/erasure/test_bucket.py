"""An erasure in a bucket is one in a folder; copies of it go, and a bucket that keeps versions is said."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import pytest

import batchlake
from tests.effort import at_length
from tests.erasure.people import NUMBER, SPELLINGS, call, traces, write_export_of
from tests.lakes import damages, rows
from tests.storage import Bucket

VALUES = (*SPELLINGS, "14155550199", "4155550199", "call_000")


@pytest.fixture
def lake(bucket: Bucket, tmp_path: Path) -> batchlake.Lake:
    """A lake in the bucket that holds the person, asked once so that there are copies of its files."""
    lake = batchlake.open(f"{bucket.address}/some/lake")
    export = write_export_of(
        tmp_path / "exports", [call(0, to_number=NUMBER), call(31, summary="for 415-555-0199")]
    )
    lake.ingest(export)
    lake.ingest(export, force=True)
    assert len(lake.calls().to_dicts()) == 2
    return lake


@at_length
def test_no_object_and_no_copy_holds_the_person(
    lake: batchlake.Lake, bucket: Bucket, tmp_path: Path, own_machine: Path
) -> None:
    """Erased, proven, and not brought back by the same export."""
    report = lake.forget(numbers=[NUMBER], expect=1)
    assert report.is_proven, report.left
    assert report.local["copies"] > 0
    lake.ingest(tmp_path / "exports", force=True)
    assert damages(str(lake.root)) == []
    for path, data in bucket.objects().items():
        copy = tmp_path / "objects" / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(data)
    lake.calls().to_dicts()
    assert traces(VALUES, tmp_path / "objects", own_machine / "cache") == []
    assert [row["summary"] for row in rows(str(lake.root), "select summary from calls")] == ["for <erased>"]


@at_length
def test_a_bucket_that_keeps_versions_is_said(lake: batchlake.Lake, bucket: Bucket) -> None:
    """What was deleted is still readable by its version: the report says so, and is no proof."""
    s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    name = bucket.address.removeprefix("s3://").partition("/")[0]
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    report = lake.forget(numbers=[NUMBER], expect=1)
    assert not report.is_proven
    assert any("versioned_bucket" in one.why for one in report.left)
