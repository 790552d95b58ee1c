"""The rows of a lake by verb: calls, batches, problems, runs, exports, fields of the exports' own.

Input: a selection and what to show of it. Output: `Result`s. For people columns are ranked and amounts have
their currency (`Shown`); for programs columns are the relation's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import sql_files
from batchlake.engine.quoting import whole_number
from batchlake.output.readable import Shown
from batchlake.query import views
from batchlake.query.columns import Named, Verb, rows_query, split_names, verb
from batchlake.query.result import Result

if TYPE_CHECKING:
    from batchlake.engine.protocols import QueryEngine
    from batchlake.filters.selection import Selection
    from batchlake.filters.values.period import Period

_RELATIONS: Final = {"calls": "selected_calls", "batches": "batch_overview", "fields": "own_fields"}
"""The relation that a verb's rows are of, where it isn't called like the verb."""

_RUN_OF_PERIOD: Final = "run_id in (select run_id from runs where {})"
_PERIOD: Final = {
    "batches": ("created_at", "{}"),
    "runs": ("finished_at", "{}"),
    "problems": ("finished_at", _RUN_OF_PERIOD),
    "exports": ("finished_at", _RUN_OF_PERIOD),
}
"""Which time of a verb's rows a period bounds, and the condition that its bounds are put in."""


@dataclass(frozen=True, slots=True)
class RowOptions:
    """What to show of a verb's rows.

    Attributes:
        columns: by name, in order; none is all.
        sort: by which, `-` before those downwards.
        limit: how many rows; None is all.
    """

    columns: Sequence[str] = ()
    sort: Sequence[str] = ()
    limit: int | None = None

    @classmethod
    def of(
        cls, columns: str | Sequence[str] | None, sort: str | Sequence[str] | None, limit: int | None
    ) -> RowOptions:
        """The options of names, between commas or in a list, and a limit; None is all.

        Raises:
            InvalidRequest: the limit is below 0, or nothing is named.
        """
        if limit is not None:
            limit = whole_number("limit is how many rows", limit)
        return cls(tuple(split_names("columns", columns)), tuple(split_names("sort", sort)), limit)


class VerbRows:
    """The rows of one verb.

    Args:
        engine: the lake.
        name: of the verb.
        selection: of calls; none for other verbs.
        conditions: further SQL conditions on the relation, with `params`.
        period: bounds the verb's time, as `_PERIOD` has it.
    """

    def __init__(
        self,
        engine: QueryEngine,
        name: str,
        selection: Selection | None = None,
        conditions: Sequence[str] = (),
        params: Mapping[str, Any] | None = None,
        period: Period | None = None,
    ) -> None:
        self._engine = engine
        self._verb: Verb = verb(name)
        self._selection = selection
        self._conditions = [*conditions]
        self._params = dict(params or {})
        if period is not None and name in _PERIOD:
            self._within(period)

    def plain(self, options: RowOptions) -> Result:
        """The rows for machines: all of the relation's columns, or those asked for."""
        if options.columns:
            return self._result(self._query(self._verb.chosen(options.columns), options, shown=False))
        rows, order = self._relation(shown=False), self._verb.ordered(options.sort)
        query = f"from ({rows}) order by {order}"
        if options.sort and self._verb.name == "batches":
            # They can be sorted by columns that the view lacks.
            places = f"select source, batch_id, row_number() over (order by {order}) as place"
            query = (
                f"select overview.* from ({rows}) as overview join ({places} from "
                f"({self._relation(shown=True)})) as places using (source, batch_id) order by place"
            )
        return self._result(query if options.limit is None else f"{query} limit {options.limit}")

    def shown(self, options: RowOptions, *, wide: bool = False) -> Shown:
        """The rows for people, columns in the order of their rank or as asked for."""
        verb = self._verb
        named = verb.chosen(options.columns) if options.columns else verb.ranked(wide=wide)
        besides = {verb.find(name[1:]).name for name in options.columns if name.startswith("+")}
        columns = (replace(one.column, wanted=one.name in besides) for one in named)
        return Shown(tuple(columns), self._result(self._query(named, options, shown=True)))

    def _query(self, named: Sequence[Named], options: RowOptions, *, shown: bool) -> str:
        return rows_query(
            self._verb, self._relation(shown=True), named, options.sort, shown=shown, limit=options.limit
        )

    def _relation(self, *, shown: bool) -> str:
        """A query for the verb's rows, whole."""
        name = self._verb.name
        source = _RELATIONS.get(name, name)
        if name in ("batches", "fields"):
            views.create_view(self._engine, source)
        if name == "batches" and shown:
            relation = f"select * from (\n{sql_files.load('screens/batches').text}\n)"
        else:
            relation = f"select * from {source}"
        return f"{relation} where {' and '.join(self._conditions)}" if self._conditions else relation

    def _within(self, period: Period) -> None:
        column, frame = _PERIOD[self._verb.name]
        tests = []
        for bound, comparison in (("start", ">="), ("end", "<")):
            moment = getattr(period, bound)
            if moment is not None:
                self._params[f"period_{bound}"] = moment
                tests.append(f"{column} {comparison} $period_{bound}")
        if tests:
            self._conditions.append(frame.format(" and ".join(tests)))

    def _result(self, query: str) -> Result:
        if self._selection is None:
            return Result(self._engine, query, self._params)
        return Result(self._engine, self._selection.over(query), {**self._selection.params, **self._params})
