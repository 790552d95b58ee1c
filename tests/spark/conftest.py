"""One Spark for all tests of the room, begun when the first needs it, and skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.spark.cluster import missing, started

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need Spark come first, so that of two workers one alone begins it.

    Each begins with a half of the tests in their order, and who is done takes from the end of the other's.
    """
    items.sort(key=lambda item: "spark" not in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A user's session: in a time zone of theirs, not strict, on two cores of this machine."""
    if why := missing():
        pytest.skip(why)
    session = started("local[2]", tmp_path_factory.mktemp("warehouse"))
    yield session
    session.stop()
