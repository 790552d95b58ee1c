"""A report filled from a lake's state: the analytics as they are, and what a report shows besides.

Input: an engine over one version of a lake, a subject and options. Output: a `Report`. Nothing in it
depends on when it is made: what has a time is as of the run.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar

from batchlake.analytics import definitions, metrics
from batchlake.engine.arguments import check_fields
from batchlake.engine.engine import Engine
from batchlake.filters.model import Filter
from batchlake.models.analytics import Analytics
from batchlake.models.blocks import BatchAnalytics
from batchlake.models.comparison import SelectionComparison
from batchlake.reports.contents import batches, provenance
from batchlake.reports.contents.distributions import distributions
from batchlake.reports.contents.notable_calls import notable_calls
from batchlake.reports.contents.redaction import masked_text
from batchlake.reports.contents.subject import Subject, other_subject
from batchlake.reports.figures.comparison import COMPARED_FAMILIES, compare_selections
from batchlake.reports.figures.figure import headlines
from batchlake.reports.model import Report
from batchlake.store.ledger import Version
from batchlake.text.escaping import harmless_model

Block = TypeVar("Block", bound=BatchAnalytics)

_HOURS_WITHIN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What to make of a subject.

    Attributes:
        by: a dimension to group by, or several, as in `analytics`.
        compare: the id of a batch to compare with, `previous`, or a filter; None compares with nothing.
        top: how many common responses.
        timezone: the IANA time zone of days, hours and all times shown.
        every: whether the timeline is of hours or days; None: of hours where it spans three days or less.
        include_transcripts: with the transcripts of the notable calls.
        patterns: a TOML file of word patterns instead of batchlake's own.
        show_numbers: with phone numbers as they are.
        source: whose batches, where several platforms use an id.
    """

    by: str | Sequence[str] = ()
    compare: str | Filter | None = None
    top: int = 10
    timezone: str = "UTC"
    every: Literal["hour", "day"] | None = None
    patterns: str | os.PathLike[str] | None = None
    include_transcripts: bool = False
    show_numbers: bool = False
    source: str | None = None

    def __post_init__(self) -> None:
        check_fields("report()", self)


def build(engine: Engine, lake: str, version: Version, subject: Subject, options: ReportOptions) -> Report:
    """The report.

    Args:
        engine: over the lake at `version`.
        lake: what the lake is called.
        version: the run whose state is read.
        subject: which calls.
        options: what to make of them.

    Raises:
        AnalyticsUnavailable: the lake holds no call at all.
        InvalidRequest: invalid options.
        BatchNotFound: there is no batch to compare with.
    """
    engine = engine.in_timezone(options.timezone)
    # What can't be compared is told before anything is computed.
    compared = _compared(engine, subject, options)
    counted = provenance.extent(engine, subject)
    every = options.every or _every(counted)
    found = _analyse(engine, subject, options, every)
    durations, costs = distributions(engine, subject.selection, found)
    touched = batches.touched_batches(engine, subject)
    audit, audits_left_out = batches.audit_of(engine, touched, subject)
    lists, transcripts = notable_calls(
        engine,
        subject.selection,
        show_numbers=options.show_numbers,
        include_transcripts=options.include_transcripts,
    )
    problems = provenance.problems(engine, subject)
    report = Report(
        title=subject.title,
        analytics=found,
        headlines=headlines(found),
        durations=durations,
        costs=costs,
        batches=touched[: batches.MOST_LISTED],
        batches_left_out=max(len(touched) - batches.MOST_LISTED, 0),
        progress=batches.progress_of(engine, touched, version),
        audit=audit if audit is None or options.show_numbers else batches.without_numbers(audit),
        audits_left_out=audits_left_out,
        standing_out=lists,
        transcripts=transcripts,
        problems=provenance.listed(problems),
        comparison=_comparison(engine, compared, options, found),
        definitions=definitions.definitions(),
        provenance=provenance.provenance(engine, lake, version, subject, options.timezone, counted, problems),
    )
    cleaned: Report = harmless_model(report)
    return cleaned


def _every(counted: dict[str, Any]) -> Literal["hour", "day"]:
    first, last = counted["first_call_time"], counted["last_call_time"]
    return "hour" if first is not None and last - first <= _HOURS_WITHIN else "day"


def _analyse(
    engine: Engine, subject: Subject, options: ReportOptions, every: Literal["hour", "day"]
) -> Analytics:
    found = metrics.analyse(
        engine,
        subject.selection,
        by=options.by,
        top=options.top,
        timezone=options.timezone,
        every=every,
        patterns=options.patterns,
    )
    if options.show_numbers:
        return found
    groups = [
        _without_numbers(group).model_copy(update={"keys": _masked_keys(group.keys)})
        for group in found.groups
    ]
    return _without_numbers(found).model_copy(update={"groups": groups})


def _without_numbers(found: Block) -> Block:
    """The figures with the phone numbers in common responses and in labels of sentiment masked."""
    responses = [
        response.model_copy(update={"text": masked_text(response.text)})
        for response in found.common_responses
    ]
    labels: Counter[str] = Counter()
    for label, calls in found.average_sentiment.labels.items():
        labels[masked_text(label)] += calls
    sentiment = found.average_sentiment.model_copy(update={"labels": dict(labels)})
    return found.model_copy(update={"common_responses": responses, "average_sentiment": sentiment})


def _masked_keys(keys: dict[str, Any]) -> dict[str, Any]:
    """What a group's calls share, without phone numbers but in ids, which would name nothing then."""
    return {
        name: masked_text(value) if isinstance(value, str) and not name.endswith("_id") else value
        for name, value in keys.items()
    }


def _compared(engine: Engine, subject: Subject, options: ReportOptions) -> Subject | None:
    if options.compare is None:
        return None
    return other_subject(
        engine, subject, options.compare, source=options.source, show_numbers=options.show_numbers
    )


def _comparison(
    engine: Engine, compared: Subject | None, options: ReportOptions, found: Analytics
) -> SelectionComparison | None:
    if compared is None:
        return None
    other = metrics.analyse(engine, compared.selection, metrics=COMPARED_FAMILIES, timezone=options.timezone)
    return compare_selections(found, other)
