"""Lakes in a bucket of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lakes import ingested
from tests.storage import Bucket
from tests.store.object_storage.buckets import exports


@pytest.fixture
def lake(bucket: Bucket) -> str:
    """An address at which there is no lake yet."""
    return f"{bucket.address}/some/lake"


@pytest.fixture(scope="module")
def objects_of_a_lake() -> dict[str, bytes]:
    """What the bucket of `fed` holds, once the first test has made it."""
    return {}


@pytest.fixture
def fed(bucket: Bucket, lake: str, tmp_path: Path, objects_of_a_lake: dict[str, bytes]) -> str:
    """An address at which a lake holds the first of `exports`."""
    if not objects_of_a_lake:
        ingested(lake, *exports(tmp_path, 1))
        objects_of_a_lake |= bucket.objects()
    else:
        for path, data in objects_of_a_lake.items():
            bucket.put(path, data)
    return lake
