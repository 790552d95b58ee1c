"""Lakes that the tests of reports only read."""

from __future__ import annotations

import pytest

from batchlake.lake import Lake
from tests.reports.reports import hostile_lake


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with hostile text wherever text can be."""
    return hostile_lake(tmp_path_factory.mktemp("hostile"))
