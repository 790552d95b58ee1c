"""One Spark for all tests of the room, begun when the first needs it, and skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.spark.cluster import missing, started

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A user's session: in a time zone of theirs, not strict, on two cores of this machine."""
    if why := missing():
        pytest.skip(why)
    session = started("local[2]", tmp_path_factory.mktemp("warehouse"))
    yield session
    session.stop()
