"""Reports about batches and metrics: the audit, the progress, and what each metric means."""

from __future__ import annotations

from typing import Literal

from batchlake.responses.analytics import Rate
from batchlake.responses.values import Figures, Money, Seconds, Time

Explanation = Literal[
    "export lists fewer calls than it counts",
    "rounding",
    "states changed since",
    "unexplained",
]


class Comparison(Figures):
    """One figure as reported beside the same one recomputed from the calls held.

    `difference` is recomputed - reported; the two agree where it is within `tolerance`. `recomputed` is None
    where no call held has the value. `explanation` is None where there is no difference.
    """

    figure: str
    unit: str
    reported: int | float | Money
    recomputed: int | float | Money | None
    difference: int | float | Money | None
    tolerance: int | float | Money
    agrees: bool
    explanation: Explanation | None
    detail: str | None


class BatchAudit(Figures):
    """The figures that a platform reported about one batch, each compared.

    `held_calls` are the calls of it in the lake, `listed_calls` those that the reporting export itself lists.
    """

    source: str
    batch_id: str
    reported_at: Time | None
    reported_calls: int | None
    listed_calls: int | None
    held_calls: int
    differences: int
    figures: list[Comparison]


class Audit(Figures):
    """An audit: batches, figures compared, those that don't agree, and those that nothing explains."""

    audited_batches: int
    compared: int
    differences: int
    unexplained: int
    batches: list[BatchAudit]

    @property
    def differs(self) -> bool:
        """Whether any figure doesn't agree."""
        return self.differences > 0


class Observation(Figures):
    """A batch's calls at one time, done ones being completed or failed.

    `counted` says by whom: `reported` by the platform, `listed` are the calls that one export lists, `held`
    those in the lake.
    """

    observed_at: Time
    counted: Literal["reported", "listed", "held"]
    total: int
    done: int
    completed: int
    failed: int
    in_progress: int
    unknown: int


class Progress(Figures):
    """How far a batch has come, as of a time.

    `current` is of the calls held, or the newest report where that counts more calls than the lake holds.
    `done_per_hour` is over the time from the batch's creation (else first observation) to `current` or the
    batch's completion; None where nothing was done in it. `estimated_completion` is None without a rate, with
    nothing left, or once it has passed.
    """

    source: str
    batch_id: str
    status: str | None
    as_of: Time
    current: Observation
    remaining: int
    done_of_total: Rate
    failed_of_done: Rate
    seconds_since_observed: Seconds
    done_per_hour: float | None
    estimated_completion: Time | None
    completed_at: Time | None
    history: list[Observation]


class MetricDefinition(Figures):
    """What a metric means: its column in the file that computes it, and what is divided by what."""

    name: str
    definition: str
    numerator: str | None
    denominator: str | None
    unit: str
    file: str
