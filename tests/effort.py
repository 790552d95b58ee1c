"""How much the tests try: a part of what repeats itself by default, all of it with `BATCHLAKE_TESTS=all`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings

_T = TypeVar("_T")

EVERYTHING: Final = os.environ.get("BATCHLAKE_TESTS") == "all"
"""Whether every kill point, every real process and many more generated examples are wanted: minutes more."""

# For a dozen rows neither delta-rs nor NumPy needs a thread of its own for each processor.
if not EVERYTHING:
    os.environ.setdefault("TOKIO_WORKER_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

at_length = pytest.mark.skipif(not EVERYTHING, reason="runs with BATCHLAKE_TESTS=all")
"""For a test that says at length what others say in short, or of a bucket what others say of a folder."""

_MORE: Final = 20
"""How many times as many examples of a property are generated then."""


def examples(few: int) -> int:
    """How many examples of a property to generate: a few, or many times as many."""
    return few * _MORE if EVERYTHING else few


def some(values: Sequence[_T], most: int) -> list[_T]:
    """An even choice of the values, the first and (of two or more) the last among them; or all of them."""
    if EVERYTHING or len(values) <= most:
        return list(values)
    return [values[number * (len(values) - 1) // max(1, most - 1)] for number in range(most)]


def share(values: Sequence[_T], number: int, of: int) -> list[_T]:
    """Every `of`-th of the values from the one at `number` on, so that the cases share them; or all."""
    return list(values) if EVERYTHING else list(values[number % of :: of])


_UNHURRIED: Final = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

# Settings take what they don't say from the profile that is loaded when they are made: this comes before any.
settings.register_profile(
    "some",
    deadline=None,
    suppress_health_check=_UNHURRIED,
    phases=[Phase.explicit, Phase.generate, Phase.target],
    derandomize=True,
    max_examples=examples(30),
)
settings.register_profile("all", deadline=None, suppress_health_check=_UNHURRIED, max_examples=examples(30))
settings.load_profile("all" if EVERYTHING else "some")

FEW_INGESTS = settings(
    max_examples=examples(3),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example,
        HealthCheck.data_too_large,
    ],
)  # fmt: skip
"""An ingest takes as long for 30 calls as for one."""
