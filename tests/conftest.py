"""Hypothesis profiles, quick by default, thorough with HYPOTHESIS_PROFILE=thorough; and object storage."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from tests.storage import Bucket

_unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

settings.register_profile(
    "quick",
    deadline=None,
    suppress_health_check=_unhurried,
    phases=[Phase.explicit, Phase.generate, Phase.target],
    derandomize=True,
)
settings.register_profile("thorough", deadline=None, suppress_health_check=_unhurried, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


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
