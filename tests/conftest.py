"""Lakes that are only read, object storage, time zones; in which order tests run."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import batchlake
import tests.effort  # noqa: F401 - what it sets is looked at when other modules are imported
from tests.paths import ROOT, SAMPLE
from tests.query.sql_lake import make_lake

if TYPE_CHECKING:
    from tests.storage import Bucket

_LONGEST: Final = ("spark", "store", "erasure", "project", "reports")
"""Rooms whose tests take seconds each, as lakes are killed, searched byte by byte, drawn."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first: when workers run out of tests, what is left is short.

    Each begins with a part of the tests in their order, and who is done takes from the end of another's.
    """
    ranks = {room: rank for rank, room in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(ROOT / "tests").parts[0], len(ranks)))


def pytest_collection_finish() -> None:
    """The tests and what was imported for them stay: the collector need not look at them again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """A small lake with awkward contents."""
    return make_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="session")
def sample_lake(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """A lake of the bundled sample."""
    lake = batchlake.open(tmp_path_factory.mktemp("sample") / "lake")
    lake.ingest(SAMPLE)
    return lake


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def time_zones(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine stands in one time zone and in another."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="session")
def storage() -> Iterator[str]:
    """The endpoint of an S3 on loopback."""
    from tests.storage import served

    with served() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A bucket of the test's own, in an environment that names its store, and a cache of the test's own."""
    from tests.storage import environment, new_bucket

    for name, value in environment(storage).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return new_bucket(storage)
