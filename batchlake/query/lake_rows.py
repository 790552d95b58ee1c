"""The questions to a lake whose answers are its own rows: calls, batches, problems, runs, what was said.

Input: the state to read, a filter and a period. Output: a `Result`. `Lake` inherits these methods.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from batchlake.engine import sql_files
from batchlake.engine.quoting import whole_number, zone_named
from batchlake.engine.text_keys import text_key
from batchlake.errors import InvalidRequest
from batchlake.output.readable import Shown
from batchlake.query import views
from batchlake.query.result import Result
from batchlake.query.rows import RowOptions, VerbRows
from batchlake.query.snapshot import State
from batchlake.schema import CONTACT
from batchlake.store.ledger import RUN_NAMED

if TYPE_CHECKING:
    from batchlake.filters.model import Filter
    from batchlake.filters.selection import Selection
    from batchlake.filters.values.period import Period

    FilterLike: TypeAlias = Filter | Mapping[str, Any] | None
    PeriodLike: TypeAlias = str | Period | tuple[str | datetime | None, str | datetime | None] | None

    When: TypeAlias = str | datetime | None

Names: TypeAlias = str | Sequence[str] | None
Speaker = Literal["human", "ai", "unknown", "any"]
_SPEAKERS: Final[tuple[str, ...]] = get_args(Speaker)


class LakeRows:
    """The part of `Lake` that answers with its own rows.

    Args:
        state: the state to read.
        timezone: the IANA zone of periods and plain dates.

    Raises:
        InvalidRequest: there is no such time zone.
    """

    def __init__(self, state: State, timezone: str = "UTC") -> None:
        self._state = state
        self.timezone = zone_named(timezone)

    def calls(
        self,
        filter: FilterLike = None,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        columns: Names = None,
        sort: Names = None,
        limit: int | None = None,
    ) -> Result:
        """The matching calls as rows, ordered by `call_time`, `call_id`.

        Args:
            filter: which calls: a `Filter`, or a mapping with its keys: `status`, `outcome`, `duration`,
                `cost`, `currency`, `sentiment`, `date_range`, `source`, `batch_id`, `call_id`, `agent_id`,
                `agent_name`, `direction`, `phone_number`, `engagement`, `text`, `extra`, `success`,
                `is_test`, `has_transcript`, `has_recording`, and `any`, `all`, `not` around others.
            period: when, as `7d`, `last-week`, `2026-11`, or (start, end); see `Period.of` for all forms.
            since, until: its start and end instead, as `--since` and `--until` take them: times, dates,
                `now`, `today`, `yesterday`, or an age as `7d`.
            columns: names between commas or in a list, as `--columns` takes them; None is all of the table's.
            sort: names, `-` before those downwards; no value comes last.
            limit: how many rows; None is all.

        Durations are seconds, costs decimals, times UTC. None is an unknown value, never 0: a call without a
        duration matches no condition on it.

        Example:
            >>> long = lake.calls({"duration": {"min": 300}})
            >>> [(call["call_id"], call["duration_seconds"], call["cost"]) for call in long]
            [('call_007', 412.0, Decimal('0.820000'))]
            >>> lake.calls(period="2024-01-01", columns="call,cost", sort="-cost", limit=1).to_dicts()
            [{'call': 'call_007', 'cost': Decimal('0.820000')}]
        """
        rows = self._rows_of("calls", filter, period=self._period(period, since, until))
        return rows.plain(RowOptions.of(columns, sort, limit))

    def batches(
        self,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        columns: Names = None,
        sort: Names = None,
        limit: int | None = None,
    ) -> Result:
        """The batches with their counts and progress, newest first.

        `period`, `since` and `until` are of their creation.

        `total_cost` is None where no cost is known, or where there are several currencies.

        Example:
            >>> [(one["batch_id"], one["completed"], one["total_cost"]) for one in lake.batches()][2:4]
            [('batch_xyz789', 17, Decimal('4.560000')), ('batch_mixed', 2, None)]
        """
        rows = self._rows_of("batches", period=self._period(period, since, until))
        return rows.plain(RowOptions.of(columns, sort, limit))

    def problems(
        self,
        *,
        run: str | None = None,
        code: str | None = None,
        file: str | os.PathLike[str] | None = None,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
    ) -> Result:
        """What could not be used, newest first.

        Args:
            run: only of the run with this id.
            code: only of this kind.
            file: only where the export's location holds this text.
            period, since, until: only of the runs of this time.

        Example:
            >>> [(row["location"], row["line"], row["raw"]) for row in lake.problems(code="not_an_amount")]
            [('sample_data/07-calls.ndjson', 2, '12,50')]
        """
        when = self._period(period, since, until)
        location = None if file is None else os.fspath(file)
        return self._rows_of("problems", period=when, run=run, code=code, file=location).plain(RowOptions())

    def runs(self, *, period: PeriodLike = None, since: When = None, until: When = None) -> Result:
        """Every run, newest first; its `run_id` goes with `at`. `period` is of their end.

        Example:
            >>> [(run["kind"], run["exports_read"], run["calls_new"]) for run in lake.runs()]
            [('ingest', 12, 41)]
        """
        return self._rows_of("runs", period=self._period(period, since, until)).plain(RowOptions())

    def exports(self, *, period: PeriodLike = None, since: When = None, until: When = None) -> Result:
        """Every export read, newest first; `observed_at` is its time (UTC), where its records have none.

        Args:
            period, since, until: only of the runs of this time.

        Example:
            >>> [(one["location"], one["bytes"], one["records"]) for one in lake.exports()][0]
            ('sample_data/01-batch-running.json', 1567, 10)
        """
        return self._rows_of("exports", period=self._period(period, since, until)).plain(RowOptions())

    def erasures(self) -> Result:
        """Every erasure, newest first; it names nobody.

        Example:
            >>> report = lake.forget(calls=["call_abc123"], expect=1)
            >>> [(one["mode"], one["calls"], one["batches"]) for one in lake.erasures()]
            [('remove', 1, {'svalync/batch_xyz789': 1})]
        """
        query = "select * exclude (report) from erasures order by erased_at desc, erasure_id"
        return Result(self._state.engine(), query)

    def fields(self) -> Result:
        """The exports' own fields, kept in `extra`: where, in how many rows, an example; frequent first.

        `share` is of all rows that the source has in the table, from 0 to 1.

        Example:
            >>> [(one["source"], one["example"]) for one in lake.fields() if one["field"] == "campaign"]
            [('svalync', 'new-year')]
        """
        engine = self._state.engine()
        views.create_view(engine, "own_fields")
        return Result(engine, "select * from own_fields order by records desc, field, source, table_name")

    def said(
        self,
        text: str,
        *,
        speaker: Speaker = "human",
        context: int = 1,
        filter: FilterLike = None,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
    ) -> Result:
        """The utterances that hold a text, newest call first, each with what was said before it.

        Args:
            text: what is looked for, folded as common responses are: case, quotes and blanks don't count.
            speaker: who said it; `any` is everybody.
            context: how many utterances before it come along in `before`.
            filter, period, since, until: which calls.

        Raises:
            InvalidRequest: there is no text to look for, no such speaker, or `context` is below 0.

        Example:
            >>> [(row["call"], row["offset"], row["text"]) for row in lake.said("transfer me")][:1]
            [('call_013', 15.0, 'Please transfer me to a person.')]
        """
        if not isinstance(text, str) or not text.strip():
            raise InvalidRequest('there is no text to look for. Give what was said, as "call me back".')
        if speaker not in _SPEAKERS:
            raise InvalidRequest(
                f"there is no speaker {speaker!r}. Give one of {', '.join(_SPEAKERS)}.", speaker=speaker
            )
        context = whole_number("context is how many utterances before it", context)
        query = sql_files.load("screens/said").text
        values = {"text": text, "folded": text_key(text), "speaker": speaker, "context": context}
        selection = self._selected(filter, self._period(period, since, until))
        return Result(self._state.engine(), selection.over(query), {**selection.params, **values})

    def contacts(
        self,
        filter: FilterLike = None,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        reached: bool | None = None,
        min_attempts: int = 1,
        limit: int | None = None,
    ) -> Result:
        """The people called, a row each number that isn't ours, the most attempts first.

        Args:
            filter, period, since, until: which calls.
            reached: only those that a completed call reached, or only those that none did.
            min_attempts: only those tried so often.
            limit: how many rows; None is all.

        Example:
            >>> first = lake.contacts().first()
            >>> first["number"], first["attempts"], first["reached_on"]
            ('+14155550101', 1, 1)
        """
        selection = self._selected(filter, self._period(period, since, until))
        least = whole_number("min_attempts is how often a number was tried", min_attempts)
        conditions = ["attempts >= $min_attempts"]
        if reached is not None:
            conditions.append(f"reached_on is {'not null' if reached else 'null'}")
        query = (
            f"select * from (\n{sql_files.load('screens/contacts').text}\n) where {' and '.join(conditions)} "
            "order by attempts desc, number, source"
        )
        if (most := RowOptions.of(None, None, limit).limit) is not None:
            query += f" limit {most}"
        params = {**selection.params, "min_attempts": least}
        return Result(self._state.engine(), selection.over(query), params)

    def attempts(
        self, filter: FilterLike = None, *, period: PeriodLike = None, since: When = None, until: When = None
    ) -> tuple[list[dict[str, Any]], int]:
        """For each number of attempts, how many contacts had so many, and how many were first reached on it.

        Returns:
            Rows `attempt`, `tried`, `reached` in order; and how many calls have no number.

        Example:
            >>> lake.attempts({"batch_id": "batch_spring"})[0]
            [{'attempt': 1, 'tried': 3, 'reached': 1}]
        """
        selection = self._selected(filter, self._period(period, since, until))
        engine = self._state.engine()
        without = f"select count(*) as calls from selected_calls where {CONTACT} is null"
        rows = engine.rows(selection.over(sql_files.load("screens/attempts").text), selection.params)
        return rows, engine.row(selection.over(without), selection.params)["calls"]

    def extent(self, filter: FilterLike = None, *, period: PeriodLike = None) -> dict[str, Any]:
        """Where the matching calls come from: the row of `sql/reports/extent.sql`.

        Example:
            >>> lake.extent({"batch_id": "batch_spring"})["batches"]
            1
        """
        selection, extent = self._selected(filter, period), sql_files.load("reports/extent").text
        return self._state.engine().row(selection.over(extent), selection.params)

    def shown(
        self,
        verb: str,
        options: RowOptions,
        *,
        filter: FilterLike = None,
        period: PeriodLike = None,
        wide: bool = False,
        **given: str | None,
    ) -> Shown:
        """The rows of a verb (`calls`, `batches`, ...) as people see them: ranked columns, and amounts with
        their currency.

        Example:
            >>> from batchlake.query.rows import RowOptions
            >>> [column.name for column in lake.shown("batches", RowOptions()).columns][:4]
            ['batch', 'status', 'calls', 'done']
        """
        return self._rows_of(verb, filter, period=period, **given).shown(options, wide=wide)

    def plain(
        self,
        verb: str,
        options: RowOptions,
        *,
        filter: FilterLike = None,
        period: PeriodLike = None,
        **given: str | None,
    ) -> Result:
        """The rows of a verb as programs read them.

        Example:
            >>> from batchlake.query.rows import RowOptions
            >>> lake.plain("calls", RowOptions(columns=("call", "status"), sort=("-cost",))).to_dicts()[0]
            {'call': 'loose_1', 'status': 'completed'}
        """
        return self._rows_of(verb, filter, period=period, **given).plain(options)

    def selected_filter(
        self, filter: FilterLike, period: PeriodLike = None, zone: str | None = None
    ) -> Filter | None:
        """The filter with the period in it; None where neither is given.

        Args:
            filter, period: which calls.
            zone: of plain dates and periods; None is the lake's.

        Example:
            >>> lake.selected_filter({"status": "failed"})
            Filter(status=('failed',))
        """
        when = self._period(period, zone=zone)
        if filter is None and when is None:
            return None
        from batchlake.filters.parse import read_filter, within_period
        from batchlake.filters.values.zone import in_zone

        with in_zone(zone or self.timezone):
            wanted = read_filter(filter)
        if filter is not None:
            from batchlake.filters.pseudonyms import with_pseudonyms

            wanted = with_pseudonyms(wanted, self._state.storage)
        return wanted if when is None else within_period(wanted, when)

    def _rows_of(
        self,
        verb: str,
        filter: FilterLike = None,
        *,
        period: PeriodLike = None,
        **given: str | None,
    ) -> VerbRows:
        engine = self._state.engine()
        if verb == "calls":
            return VerbRows(engine, verb, self._selected(filter, period))
        conditions = {
            "run": RUN_NAMED, "code": "code = $code", "file": "contains(location, $file)",
            "batch": "batch_id = $batch", "source": "source = $source",
        }  # fmt: skip
        params = {name: str(value) for name, value in given.items() if value is not None}
        tests = [conditions[name] for name in params]
        return VerbRows(engine, verb, None, tests, params, self._period(period))

    def _period(
        self, period: PeriodLike, since: When = None, until: When = None, zone: str | None = None
    ) -> Period | None:
        """The period asked for, None without one.

        Raises:
            InvalidRequest: it is given twice, or can't be read.
        """
        ends = since is not None or until is not None
        if period is not None and ends:
            raise InvalidRequest("period says both ends. Leave out since and until.")
        if period is None and not ends:
            return None
        from batchlake.filters.values.period import Period

        return Period.of((since, until) if period is None else period, zone or self.timezone)

    def _selected(self, filter: FilterLike, period: PeriodLike = None) -> Selection:
        """The selection of a filter, and of a period, as they are meant in the lake's zone."""
        from batchlake.filters.selection import select

        return select(self.selected_filter(filter, period))
