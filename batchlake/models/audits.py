"""Reports about batches and metrics: the audit, the progress, and what each metric means."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from batchlake.models.rates import Rate
from batchlake.models.values import Figures, Money, Seconds, Time

Explanation = Literal[
    "calls were erased",
    "counted by another definition",
    "calls are held that the report did not list",
    "export lists fewer calls than it counts",
    "rounding",
    "several currencies",
    "states changed since",
    "unexplained",
]


class Comparison(Figures):
    """One figure as reported, and the same one recomputed from the calls held.

    `difference` is recomputed - reported; the two agree where it is within `tolerance`. `recomputed` is None
    where no call held has the value, and where costs are in several currencies: `agrees` is None then, as the
    two can't be compared. It is None as well where the platform counts something else, and the calls held
    give its figure by its own definition. `explanation` is None where there is no difference.
    """

    figure: str
    unit: str
    reported: int | float | Money
    recomputed: int | float | Money | None
    difference: int | float | Money | None
    tolerance: int | float | Money
    agrees: bool | None
    explanation: Explanation | None
    detail: str | None


class BatchAudit(Figures):
    """The figures that a platform reported about one batch, each compared.

    `held_calls` are the calls of it in the lake, `listed_calls` those that the reporting export itself lists,
    `erased_calls` those that were erased.
    """

    source: str
    batch_id: str
    reported_at: Time | None
    reported_calls: int | None
    listed_calls: int | None
    held_calls: int
    erased_calls: int = 0
    differences: int
    figures: list[Comparison]


class BilledTotal(Figures):
    """What batches report as their total cost, and what their calls add up to, in one currency.

    `difference` is recomputed - reported: above 0 the calls cost more than was billed, below 0 more was
    billed than the calls cost. `currency` is None where the exports name none.
    """

    currency: str | None
    batches: int
    reported: Money
    recomputed: Money
    difference: Money


class Audit(Figures):
    """An audit: batches, figures compared, those that don't agree, and those that nothing explains.

    `not_compared` are figures that can't be: totals where costs are in several currencies, and the
    `defined_otherwise`, which are right by the platform's definition and not by ours. `totals` are over
    the batches audited that report a total cost and whose calls have costs in one currency;
    `batches_without_total` report one, and their calls have costs in several or none.
    """

    audited_batches: int
    compared: int
    not_compared: int = 0
    defined_otherwise: int = 0
    differences: int
    unexplained: int
    totals: list[BilledTotal] = Field(default_factory=list)
    batches_without_total: int = 0
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
    nothing left, or once it has passed. `erased_calls` of the batch were erased.
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
    erased_calls: int = 0
    history: list[Observation]


class MetricDefinition(Figures):
    """What a metric means: its column in the file that computes it, and what is divided by what."""

    name: str
    definition: str
    numerator: str | None
    denominator: str | None
    unit: str
    file: str
