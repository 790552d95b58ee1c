"""Hypothesis profiles: quick by default, thorough with HYPOTHESIS_PROFILE=thorough."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

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
