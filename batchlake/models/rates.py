"""A share of calls, with what it is a share of: a model of its own, since an audit needs no other block."""

from __future__ import annotations

from batchlake.models.values import Figures


class Rate(Figures):
    """`numerator` / `denominator`, None over nothing; `missing` are the calls not in the denominator."""

    rate: float | None = None
    numerator: int = 0
    denominator: int = 0
    missing: int = 0
