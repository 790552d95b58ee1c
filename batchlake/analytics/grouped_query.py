"""Runs the files of `sql/analytics` over a selection, grouped by dimensions.

Those files group by the column `group_key` where `selected_calls` and `selected_segments` have it, and make
one group where they don't. To group, they are given relations with that column: a struct of the dimensions'
values. Input: a query over the two relations. Output: its rows by group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import sql_files
from batchlake.engine.interrupts import ConcurrentQueries
from batchlake.engine.protocols import QueryEngine
from batchlake.engine.quoting import each_text, literal, own_field, quoted
from batchlake.errors import InvalidRequest
from batchlake.schema import AGENT, CONTACT
from batchlake.text.suggest import nearest_name

if TYPE_CHECKING:
    from batchlake.filters.selection import Selection

Key = tuple[Any, ...]
Row = dict[str, Any]


_WITHOUT_MINUTES: Final = (
    "make_timestamptz(epoch_us(call_time) - 60000000 * extract('minute' from call_time)::bigint "
    "- extract('microseconds' from call_time)::bigint)"
)
"""When the hour begins, also of the two equal hours of a night in autumn. Where clocks move by half an hour
it is half an hour early, as that hour begins at half past: `hour` below adds the minutes again."""

DIMENSIONS: Final[dict[str, str]] = {
    name: quoted(name)
    for name in (
        "source",
        "batch_id",
        "agent_id",
        "agent_name",
        "status",
        "outcome",
        "direction",
        "currency",
        "sentiment_label",
        "success",
        "outcome_label",
        "ended_by",
        "is_test",
        "user_id",
        "pathway_id",
    )
} | {
    "agent": AGENT,
    "batch": "batch_id",
    "number": CONTACT,
    "hour": (
        f"make_timestamptz(epoch_us({_WITHOUT_MINUTES}) "
        f"+ 60000000 * extract('minute' from {_WITHOUT_MINUTES})::bigint)"
    ),
    "day": "call_time::date",
    "week": "date_trunc('week', call_time)::date",
    "month": "strftime(call_time, '%Y-%m')",
    "quarter": "strftime(call_time, '%Y') || '-Q' || extract('quarter' from call_time)",
    "weekday": "dayname(call_time)",
    "hour_of_day": "extract('hour' from call_time)",
    "attempt": (
        f"if({CONTACT} is null, null, "
        f"row_number() over (partition by source, {CONTACT} order by call_time nulls last, call_id))"
    ),
}
"""The dimensions that calls can be grouped by, and their SQL; days and hours are those of the engine's time
zone. A week is its Monday, an attempt the number of a call among the selected ones from or to its number."""

EXTRA: Final = "extra."
"""The prefix of a field of the exports' own, by which calls can be grouped too."""

_OF_UTTERANCES: Final = frozenset(("source", "batch_id"))
"""Dimensions that are columns of `segments` too, with the call's value."""

_MOST_CALLS_SIDE_BY_SIDE: Final = 100_000
"""In an engine with more calls than this, queries run one after the other."""

_QUESTIONS_AT_ONCE: Final = 4
_QUESTIONS_TO_A_CLUSTER: Final = 8
"""As many as there are: a cluster schedules them itself."""


def dimensions(by: str | Sequence[str], engine: QueryEngine) -> tuple[str, ...]:
    """The names of dimensions, checked, each once; a field of the lake's own exports is suggested by its
    full name.

    Raises:
        InvalidRequest: one isn't in `DIMENSIONS`.
    """
    names = tuple(dict.fromkeys(each_text("by takes", by)))
    for name in names:
        if name not in DIMENSIONS and not _is_extra(name):
            nearest = f"{EXTRA}{name}" if _has_field(engine, name) else nearest_name(name, DIMENSIONS)
            hint = f" Did you mean `{nearest}`?" if nearest else ""
            raise InvalidRequest(
                f"can't group by {name!r}.{hint} Calls can be grouped by {', '.join(DIMENSIONS)}, "
                "extra.FIELD.",
                dimension=name,
                nearest=[nearest] if nearest else [],
            )
    return names


def _has_field(engine: QueryEngine, name: str) -> bool:
    field = f"extra->>{literal(own_field(name))}"
    return engine.exists_any(f"select 1 from calls where {field} is not null")


def _is_extra(name: object) -> bool:
    return isinstance(name, str) and name.startswith(EXTRA) and len(name) > len(EXTRA)


def dimension_sql(name: str) -> str:
    """The SQL of a dimension over `selected_calls`."""
    return f"extra->>{literal(own_field(name[len(EXTRA) :]))}" if _is_extra(name) else DIMENSIONS[name]


def _by_instant(value: Any) -> Any:
    """A value of a key; a time with its offset instead of its zone.

    Python takes the two equal hours of a night in autumn for one while they are in a zone.
    """
    offset = value.utcoffset() if isinstance(value, datetime) else None
    return value if offset is None else value.astimezone(timezone(offset))


def file_text(name: str) -> str:
    """The text of a file of `sql/analytics`."""
    return sql_files.load(f"analytics/{name}").text


def side_by_side(engine: QueryEngine) -> ConcurrentQueries:
    """Runs several queries on a clone of an engine; an error or Ctrl-C interrupts all of them.

    Over few calls a query is mostly planned, which keeps one core busy: they run at once. Over many calls
    each keeps all cores busy, and two would take twice the memory: they run one after the other.
    """
    if engine.is_cluster:
        return ConcurrentQueries(engine.interrupt, _QUESTIONS_TO_A_CLUSTER)
    calls = engine.row("select count(*) as calls from calls")["calls"]
    return ConcurrentQueries(engine.interrupt, _QUESTIONS_AT_ONCE if calls <= _MOST_CALLS_SIDE_BY_SIDE else 1)


@dataclass(frozen=True, slots=True)
class GroupedQuery:
    """A selection, and the dimensions to group it by (none: one group, whose key is empty).

    With dimensions, the files return a row for all groups together too, under the empty key: counts of groups
    add up, so the calls are read once.

    Attributes:
        engine: runs the queries.
        selection: which calls.
        by: the dimensions.
    """

    engine: QueryEngine
    selection: Selection
    by: tuple[str, ...] = ()

    def ask(self, query: str, **params: Any) -> dict[Key, list[Row]]:
        """The rows of a query by group, without their `group_key`; a group without rows is absent."""
        sql = self.selection.over(self._grouped(self._with_facts(query)))
        groups: dict[Key, list[Row]] = defaultdict(list)
        for row in self.engine.rows(sql, {**self.selection.params, **params}):
            key = row.pop("group_key")
            groups[tuple(map(_by_instant, key.values())) if key else ()].append(row)
        return groups

    def ask_file(self, name: str) -> dict[Key, list[Row]]:
        """The rows of a file of `sql/analytics` by group."""
        return self.ask(file_text(name))

    def _grouped(self, query: str) -> str:
        if not self.by:
            return query
        # Not by their names: of a struct's, two that differ in case alone are one.
        values = ", ".join(f"'key_{place}': {dimension_sql(name)}" for place, name in enumerate(self.by))
        calls = f"select *, {{{values}}} as group_key from selected_calls"
        if set(self.by) <= _OF_UTTERANCES:
            segments = f"select *, {{{values}}} as group_key from selected_segments"
        else:
            segments = """select segments.*, calls.group_key
  from selected_segments as segments
  join selected_calls as calls using (source, call_id)"""
        return f"""\
with
selected_calls as ({calls}),
selected_segments as (
  {segments}
)
select * from ({query}
)"""

    def _with_facts(self, query: str) -> str:
        """The query, with the facts of transcripts computed where the lake's state doesn't hold them."""
        if self.engine.has_facts:
            return query
        file = sql_files.load
        return f"""\
with
segments as (select * from selected_segments),
calls as (select * from selected_calls),
call_facts as ({file("maintenance/call_facts").text}
),
selected_segments as ({file("maintenance/utterance_facts").text}
),
selected_calls as ({file("maintenance/calls_with_facts").text}
)
select * from ({query}
)"""
