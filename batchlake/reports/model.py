"""A batch report as a document: everything that any of its formats shows, in their order.

The figures are those of `Analytics`, taken over and not computed again; with them come the distributions, the
notable calls, the history, the audit and where it all comes from. Text from exports is made harmless and
short before it comes in here (`text.escaping`), and phone numbers are masked unless the report was asked to
show them, so a format has only its own syntax to mind.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from batchlake.models.analytics import Analytics
from batchlake.models.audits import Audit, MetricDefinition, Progress
from batchlake.models.comparison import FigureValue, SelectionComparison
from batchlake.models.values import Figures, Money, Seconds, Time
from batchlake.reports.figures.figure import Figure

NotableKind = Literal["longest", "most_expensive", "most_negative", "failed"]


class Bin(Figures):
    """Calls whose value is at least `lower` (None: the first bin, open below) and below `upper` (None: the
    last bin, open above)."""

    lower: FigureValue | None
    upper: FigureValue | None
    calls: int


class Distribution(Figures):
    """How the known values of calls spread, in bins of one width; `missing` calls have no value. Credits are
    below 0.

    `unit` is `seconds`, or `money` in `currency` (None where the exports name none). The bins add up to
    `calls`; there are none without calls.
    """

    unit: Literal["seconds", "money"]
    currency: str | None = None
    calls: int = 0
    missing: int = 0
    median: FigureValue | None = None
    p95: FigureValue | None = None
    bins: list[Bin] = Field(default_factory=list)


class BatchState(Figures):
    """One batch of the selection as the lake holds it, whole, as in the view `batch_overview`.

    `total` is as reported where that is more than are held; `progress` is `done` / `total`. `total_cost` is
    None over several currencies, and where no call has a cost.
    """

    source: str
    batch_id: str
    status: str | None
    created_at: Time | None
    completed_at: Time | None
    total: int
    done: int
    progress: float | None
    held_calls: int
    completed: int
    failed: int
    in_progress: int
    unknown: int
    total_cost: Money | None
    currency: str | None
    average_duration_seconds: Seconds | None
    observed_at: Time | None


class NotableCall(Figures):
    """A notable call; the phone numbers are masked unless asked for, None is unknown."""

    source: str
    call_id: str
    batch_id: str | None
    call_time: Time | None
    status: str
    outcome: str
    duration_seconds: Seconds | None
    cost: Money | None
    currency: str | None
    sentiment_negative: float | None
    agent_id: str | None
    agent_name: str | None
    from_number: str | None
    to_number: str | None
    summary: str | None

    @property
    def agent(self) -> str | None:
        """Its name, else its id."""
        return self.agent_name or self.agent_id


class NotableCalls(Figures):
    """Calls that are notable for one thing, the most notable first; `of` are all that could be listed.

    Costs are ranked within one `currency`; there is one list for each.
    """

    kind: NotableKind
    title: str
    currency: str | None = None
    of: int
    calls: list[NotableCall]


class Utterance(Figures):
    """One utterance; `offset_seconds` counts from the beginning of the call, None where that isn't known."""

    speaker: str
    text: str
    offset_seconds: Seconds | None


class CallTranscript(Figures):
    """The transcript of a notable call; `left_out` utterances follow that are not shown."""

    source: str
    call_id: str
    utterances: list[Utterance]
    left_out: int = 0


class ExportProblem(Figures):
    """What could not be used of one export for one reason: how many records, fields or files.

    `export` is the file's name without its folders, `field` None beyond single fields.
    """

    export: str
    level: Literal["file", "record", "field"]
    code: str
    field: str | None
    problems: int
    message: str


class Problems(Figures):
    """Problems of the exports that the selection comes from, the most frequent first; `total` of all.

    `left_out` groups are not listed.
    """

    total: int = 0
    groups: list[ExportProblem] = Field(default_factory=list)
    left_out: int = 0


class LeftOut(Figures):
    """How many of something do not count in the report, and why, in a sentence."""

    count: int
    unit: Literal["calls", "records", "files", "values"]
    why: str


class Provenance(Figures):
    """What the report was made from: enough to make the same bytes again.

    `lake` is the folder's name; the time is that of the run, not of the report. `calls_held` are all in the
    lake, `calls_selected` those that the figures are of.
    """

    lake: str
    run_id: str
    run_finished_at: Time
    selection: str
    timezone: str
    calls_held: int
    calls_selected: int
    left_out: list[LeftOut] = Field(default_factory=list)
    batchlake_version: str


class Report(Figures):
    """A report about a selection of calls: one batch, several, or any filter.

    Attributes:
        title: what it is about in a few words.
        analytics: every figure over the selection, and over its groups; `selection` is it as a sentence.
        headlines: the figures that come first; a value is one of `analytics`.
        durations: the distribution of lengths.
        costs: the distribution of costs, one for each currency.
        batches: the batches that the selection touches, newest first; `batches_left_out` more are not listed.
        progress: each batch's progress as of the run; empty over many batches.
        audit: reported figures and recomputed ones, for those batches (of many, only what differs); None
            where it touches none. `audits_left_out` more batches with differences are not listed.
        standing_out: the notable calls: longest, most expensive, most negative and failed; kinds without a
            call are absent.
        transcripts: of the notable calls; None unless asked for.
        problems: what could not be used of the exports.
        comparison: this selection and another; None unless asked for.
        definitions: what each metric means.
        provenance: the footer.
    """

    title: str
    analytics: Analytics
    headlines: list[Figure]
    durations: Distribution
    costs: list[Distribution]
    batches: list[BatchState]
    batches_left_out: int = 0
    progress: list[Progress]
    audit: Audit | None
    audits_left_out: int = 0
    standing_out: list[NotableCalls]
    transcripts: list[CallTranscript] | None = None
    problems: Problems
    comparison: SelectionComparison | None = None
    definitions: list[MetricDefinition]
    provenance: Provenance
