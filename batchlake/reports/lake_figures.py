"""The questions to a lake whose answers are figures: analytics, audits, progress, reports.

Input: the state to read, a filter and a period. Output: models, and reports of them. `Lake` inherits
these methods.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from batchlake.engine.quoting import each_text, zone_named
from batchlake.query.lake_queries import LakeQueries
from batchlake.query.snapshot import asks_again

if TYPE_CHECKING:
    from batchlake.filters.model import Filter
    from batchlake.filters.values.period import Period
    from batchlake.models.analytics import Analytics
    from batchlake.models.audits import Audit
    from batchlake.models.audits import Progress as BatchProgress
    from batchlake.query.lake_rows import FilterLike, PeriodLike, When
    from batchlake.reports.batch_report import BatchReport


class LakeFigures(LakeQueries):
    """What of a lake comes as figures."""

    @asks_again
    def analytics(
        self,
        filter: FilterLike = None,
        by: str | Iterable[str] = (),
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        compare: str | FilterLike = None,
        metrics: str | Iterable[str] | None = None,
        top: int = 10,
        timezone: str | None = None,
        every: Literal["hour", "day", "week", "month"] = "day",
        patterns: str | os.PathLike[str] | None = None,
    ) -> Analytics:
        """Every metric over the matching calls; by the dimensions `by` those that are asked for.

        A metric over no value is None, and its `missing` counts the calls without one. Durations are
        seconds, rates from 0 to 1, costs decimals for each currency; in several currencies a total is None.

        Args:
            filter: only calls that match; one whose value is None matches no condition on it.
            by: a dimension such as `agent_id`, `status`, `day` or `extra.campaign`, or several.
            period, since, until: when, as in `calls`.
            compare: `previous` for the period before; the id of another batch; or a filter, of the same
                period. The answer's `comparison` tells what differs, and what of it can be chance.
            metrics: a family of metrics, or several, of `calls`, `success`, `duration`, `cost`, `sentiment`,
                `engagement`, `responses`, `patterns` and `timeline`: only these are computed. `families` of
                the answer says which it holds; what is of others is None, and left out of its JSON. None is
                all of them, with `by` the first four; `all` is all of them by groups, too.
            top: how many common responses.
            timezone: the IANA time zone of days and hours, and of the period; by default the lake's.
            every: whether the timeline is of hours, days, weeks or months.
            patterns: a TOML file of response patterns instead of batchlake's own.

        Example:
            >>> found = lake.analytics({"batch_id": "batch_xyz789"})
            >>> found.success_rate, found.cost.total
            (0.7083333333333334, Decimal('4.560000'))
            >>> found = lake.analytics(by="agent_id", metrics=["calls", "success"])
            >>> found.families, found.engagement
            (['calls', 'success'], None)
            >>> lake.analytics(by="agent_id").families
            ['calls', 'success', 'duration', 'cost']
            >>> found.pl().select("agent_id", "calls", "success_rate").row(1)
            ('agent_4d0c2f', 3, 0.3333333333333333)
            >>> found = lake.analytics({"batch_id": "batch_xyz789"}, compare="batch_spring")
            >>> found.comparison.differences[0].difference, found.comparison.differences[0].can_be_chance
            (0.375, True)
        """
        engine = self._state.engine()
        from batchlake.analytics.metrics import analyse
        from batchlake.models.blocks import FIRST_FAMILIES

        zone = self.timezone if timezone is None else zone_named(timezone)
        when = self._period(period, since, until, zone)

        by = each_text("by takes", by)
        if metrics is None and by:
            # Patterns of one's own are asked for by being given.
            metrics = (*FIRST_FAMILIES, "patterns") if patterns else FIRST_FAMILIES
        wanted_families = metrics if metrics is None else each_text("metrics takes", metrics)

        def over(wanted: FilterLike) -> Analytics:
            return analyse(
                engine, self._selected(wanted), by=by, metrics=wanted_families,
                top=top, timezone=zone, every=every, patterns=patterns,
            )  # fmt: skip

        found = over(self.selected_filter(filter, when, zone=zone))
        if compare is None:
            return found
        from batchlake.reports.figures.comparison import compare_selections

        other = over(self._other(filter, when, compare, zone))
        return found.compared(other, compare_selections(found, other))

    def _other(
        self,
        filter: FilterLike,
        period: Period | None,
        compare: str | FilterLike,
        zone: str,
    ) -> Filter:
        """The filter of what a selection is compared with; a batch that isn't there is refused."""
        from batchlake.analytics.lookup import find_batch
        from batchlake.filters.other import PREVIOUS, other_selection

        if not isinstance(compare, str):
            compare = self.selected_filter(compare, zone=zone)
        other = other_selection(self.selected_filter(filter, zone=zone), period, compare)[0]
        if isinstance(compare, str) and compare != PREVIOUS:
            engine = self._state.engine()
            if not engine.exists_any("select 1 from calls where batch_id = $id", {"id": compare}):
                find_batch(engine, None, compare)
        return other

    @asks_again
    def audit(
        self,
        batch_id: str | None = None,
        filter: FilterLike = None,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        only_differences: bool = False,
        source: str | None = None,
    ) -> Audit:
        """Each reported figure and the recomputed one, of one batch or of all.

        A difference is recomputed less reported: above 0 for money means that the calls cost more than was
        billed. `agrees` is None where the two can't be compared.

        Args:
            batch_id: one batch; None audits all.
            filter: only batches with a call that matches; each is compared over all of its calls.
            period, since, until: only batches created then.
            only_differences: leave out what agrees.
            source: whose batch, where several platforms use the id.

        Example:
            >>> for figure in lake.audit("batch_xyz789", only_differences=True).batches[0].figures:
            ...     print(figure.figure, figure.reported, figure.recomputed, figure.explanation)
            average_duration 121.0 107.25 states changed since
            common_responses["Yes, I'm interested"].count 9 12 states changed since
        """
        engine = self._state.engine()
        from batchlake.analytics.audits.audit import audit

        batch = (source, batch_id) if batch_id is not None else None
        wanted, when = self.selected_filter(filter), self._period(period, since, until)
        return audit(engine, batch, wanted, period=when, only_differences=only_differences)

    @asks_again
    def progress(self, batch_id: str, *, source: str | None = None) -> BatchProgress:
        """How far a batch is: done of total, rate, estimated completion, and the history of observations.

        Rates are from 0 to 1, speed is calls an hour, times are UTC; None where too little is known to tell.

        Example:
            >>> progress = lake.progress("batch_spring")
            >>> progress.done_of_total.rate, progress.remaining, progress.estimated_completion
            (0.6666666666666666, 1, None)
        """
        engine = self._state.engine()
        from batchlake.analytics.progress import progress

        return progress(engine, source, batch_id, datetime.now(UTC))

    @asks_again
    def report(
        self,
        /,
        *batch_ids: str,
        filter: FilterLike = None,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        compare: str | FilterLike = None,
        timezone: str | None = None,
        **options: Any,
    ) -> BatchReport:
        """A report of batches, or of any selection: `.document`, and `.write("report.html")`.

        Args:
            batch_ids: which batches; none for all calls.
            filter: which of their calls.
            period, since, until: when, as in `calls`.
            compare: `previous`, the period before or, without a period, the batch created before; another
                batch's id; or a filter.
            timezone: of days, hours and all times shown; by default the lake's.
            options: `by`, `every` and the others of `batchlake.reports.build.ReportOptions`.

        Raises:
            InvalidBatchId, InvalidFilter, InvalidRequest: invalid request.
            BatchNotFound: names the nearest ids.
            AnalyticsUnavailable: the lake holds no call at all.

        Example:
            >>> report = lake.report("batch_xyz789", compare="batch_spring", timezone="Europe/Berlin")
            >>> report.document.title, report.document.headlines[0].title, report.document.headlines[0].value
            ('Batch batch_xyz789', 'Calls', 24)
        """
        from batchlake.filters.other import PREVIOUS
        from batchlake.reports.batch_report import report
        from batchlake.reports.build import ReportOptions

        zone = self.timezone if timezone is None else zone_named(timezone)
        when = self._period(period, since, until, zone)
        other: str | Filter | None = None
        if isinstance(compare, str) and not (compare == PREVIOUS and when is not None):
            # A batch, which the report looks up.
            other = compare
        elif compare is not None:
            other = self._other(filter, when, compare, zone)
        state = self._here()
        version = state.version()
        engine, name = state.at(version).engine(), PurePath(self._location).name
        made = ReportOptions(compare=other, timezone=zone, **options)
        return report(engine, name, version, batch_ids, self.selected_filter(filter, when, zone), made)
