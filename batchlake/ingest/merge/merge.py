"""Observations in, merged rows out: for every field the newest observation that has a value wins.

An observation is a row with a time; what the lake already holds is one more observation, whose older fields
carry their own times in `field_observed_at`. Of two values with the same time the greater wins (of two states
the further, of two transcripts the longer), so that no order of arrival matters. Fields that only mean
something together are merged together: the three sentiment scores, a transcript's length, its digest and what
it tells of the call. `extra` is merged key by key.

The SQL is made here of the schema's columns: as files of `sql/` it would name each of the 52 columns of calls
and the 23 of batches several times over. All of it happens in the engine of a `Staging`: `merge` leaves the
tables `merged_<table>` (the lake's columns) and `held_<table>` (what the lake held of the same keys), and
the view `<table>_after` of the whole table as it will be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import literal, quoted, typed_columns
from batchlake.ingest.load.macros import make_macros
from batchlake.schema import BATCHES, CALLS, TRANSCRIPT_FACTS, Table

_REPORTED_ENDS: Final = ("ended_at_reported", "completed_at_reported")
_FEW_FILES: Final = 8
"""Up to so many files a table is searched as a whole: that is one statement for four."""

_OBSERVATION: Final = frozenset({"observed_at", "field_observed_at", "first_run_id", "last_run_id"})


@dataclass(frozen=True, slots=True)
class MergeRule:
    """How one table is merged.

    Attributes:
        table: the table.
        derived: columns computed from the merged ones, as SQL over the row `merged`, `names` (its row of
            `status_names`) and `batches` (its merged batch).
        together: columns that are merged as one, the first deciding between equal times; in front of them a
            column that only decides may stand (`status_rank`).
        ends: the columns of the end and of the reported end: an end before its start is none, and the
            reported one is kept, which a later start may make valid again.
        state: the column that tells which state of `status_names` a row is in.
        filled: merged columns that are never NULL in the lake, as SQL over the row `merged`.
    """

    table: Table
    derived: dict[str, str]
    together: tuple[tuple[str, ...], ...]
    ends: tuple[str, str]
    state: str = "status_reported"
    filled: Mapping[str, str] = field(default_factory=dict)

    def key(self) -> str:
        """The key's columns, for `using (...)`."""
        return ", ".join(self.table.key)

    def fields(self) -> list[tuple[str, ...]]:
        """The groups of columns that are merged, each under its first column's name."""
        apart = _OBSERVATION | set(self.table.key) | self.derived.keys() | {"extra"}
        grouped = {column for group in self.together for column in group}
        alone = [(name,) for name in self.table.column_names() if name not in apart | grouped]
        return [*self.together, *alone]

    def values(self) -> list[str]:
        """The columns of an observation that carry values."""
        return [column for group in self.fields() for column in group] + ["extra"]


CALL_RULE: Final = MergeRule(
    CALLS,
    {
        "outcome": "coalesce(names.outcome, 'unknown')",
        "call_time": "coalesce(merged.started_at, merged.created_at, batches.created_at)",
        "ended_at": "case when merged.started_at is null or merged.ended_at_reported >= merged.started_at "
        "then merged.ended_at_reported end",
    },
    (
        ("status_rank", "status_reported", "status"),
        ("sentiment_positive", "sentiment_neutral", "sentiment_negative"),
        ("segment_count", "transcript_digest", *TRANSCRIPT_FACTS),
    ),
    ("ended_at", "ended_at_reported"),
    "status",
    {"status": "coalesce(merged.status, 'unknown')"},
)

BATCH_RULE: Final = MergeRule(
    BATCHES,
    {
        "status": "coalesce(names.status, lower(merged.status_reported))",
        "completed_at": "case when merged.created_at is null "
        "or merged.completed_at_reported >= merged.created_at then merged.completed_at_reported end",
    },
    (
        ("status_rank", "status_reported"),
        ("reported_sentiment_positive", "reported_sentiment_neutral", "reported_sentiment_negative"),
    ),
    ("completed_at", "completed_at_reported"),
)


@dataclass(frozen=True, slots=True)
class Merged:
    """What `merged_<table>` came to: its rows, and how many of them the lake held."""

    rows: int
    held: int


def merge(
    engine: Engine, rule: MergeRule, run_id: str, observed: int, files: int, batches: Merged | None = None
) -> Merged:
    """Merge `observed_<table>` with what the lake holds of the same keys, into `merged_<table>`.

    What can't hold a row isn't asked for: of a call alone, planning is most of the work.

    Args:
        engine: has the lake's tables as views.
        rule: how the table is merged.
        run_id: this run's.
        observed: how many observations there are.
        files: how many files of the table the lake has.
        batches: what their merge came to, for calls: batches are merged first.
    """
    name, key = rule.table.name, rule.key()
    if not observed and not (batches and batches.rows):
        engine.run(f"create table held_{name} ({typed_columns(rule.table)})")
        engine.run(f"create table merged_{name} ({typed_columns(rule.table)}, is_updated boolean)")
        return Merged(0, 0)
    make_macros(engine, "status_key(", "extra_object(")
    held = _hold(engine, rule, files, batches)
    repeated = 0
    if held or observed > 1:
        repeated = engine.fill(
            f"create table repeated_{name} as select {key} "
            f"from (select {key} from observed_{name} union all select {key} from held_{name}) "
            f"group by {key} having count(*) > 1"
        )
    newest = _newest(rule) if repeated else _as_observed(rule)
    if batches and held:
        engine.run(
            "create view batches_after as select source, batch_id, created_at from merged_batches "
            "union all select source, batch_id, created_at from batches "
            "anti join merged_batches using (source, batch_id)"
        )
    rows = engine.fill(f"create table merged_{name} as {_finished(rule, run_id, newest, is_held=held > 0)}")
    return Merged(rows, held)


def _hold(engine: Engine, rule: MergeRule, files: int, batches: Merged | None) -> int:
    """Make `held_<table>`: what the lake holds of the keys observed, and calls whose batch gave another time.

    In a lake of many files a call is looked for in its batch first, which Parquet's statistics find without a
    scan; only what isn't there is looked for everywhere.
    """
    table, key = rule.table.name, rule.key()
    observed = f"select {key} from observed_{table}"
    everywhere = f"create table held_{table} as select * from {table} where ({key}) in ({observed})"
    if rule is BATCH_RULE or files <= _FEW_FILES:
        held = engine.fill(everywhere)
    else:
        held = _hold_by_batch(engine, rule, everywhere)
    if rule is CALL_RULE and batches and batches.rows:
        rescheduled = sql_files.load("ingest/merge/rescheduled_batches").text
        if engine.fill(f"create table rescheduled_batches as {rescheduled}"):
            calls = sql_files.load("ingest/merge/rescheduled_calls").text
            held += engine.fill(f"insert into held_calls {calls}")
    return held


def _hold_by_batch(engine: Engine, rule: MergeRule, everywhere: str) -> int:
    table, key = rule.table.name, rule.key()
    batches = f"select source, batch_id from observed_{table} where batch_id is not null"
    ids = engine.rows(f"select distinct batch_id from ({batches})")
    if not ids:
        return engine.fill(everywhere)
    near = engine.pruned_scan(rule.table, [row["batch_id"] for row in ids])
    held = engine.fill(
        f"create table held_{table} as select * from {near} "
        f"where ({key}) in (select {key} from observed_{table}) and (source, batch_id) in ({batches})"
    )
    missing = engine.fill(
        f"create table missing_{table} as "
        f"select distinct {key} from observed_{table} anti join held_{table} using ({key})"
    )
    if missing:
        held += engine.fill(
            f"insert into held_{table} select * from {table} where ({key}) in (from missing_{table})"
        )
    return held


def _observations(rule: MergeRule, *, is_held: bool) -> str:
    """The run's observations and, where it holds any, the lake's rows, alike."""
    values = ", ".join(quoted(name) for name in rule.values() if name != "status_rank")
    observed = f"""
        select {rule.key()}, {values}, status_rank, observed_at,
            null::map(varchar, timestamptz) as field_observed_at
        from observed_{rule.table.name}
    """
    if not is_held:
        return observed
    end, reported_end = rule.ends
    # A lake of an earlier version has the end alone.
    held = values.replace(quoted(reported_end), f"coalesce({reported_end}, {end}) as {reported_end}")
    if "status" in rule.filled:
        # A state that was never given is not one of an observation.
        held = held.replace(quoted("status"), "nullif(held.status, 'unknown') as status")
    return f"""
        {observed}
        union all by name
        select {rule.key()}, {held}, coalesce(names.rank, -1) as status_rank, observed_at, field_observed_at
        from held_{rule.table.name} held
        left join status_names names on names.key = status_key(held.{rule.state})
    """


def _as_observed(rule: MergeRule) -> str:
    """Keys observed once, as they are."""
    values = ", ".join(quoted(name) for name in rule.values())
    return f"select {rule.key()}, {values}, observed_at, field_observed_at from observations"


def _newest(rule: MergeRule) -> str:
    """Keys observed once as they are; the others field by field."""
    key = rule.key()
    picked = ", ".join(
        f"{quoted(group[0])}.value.{quoted(column)} as {quoted(column)}"
        for group in rule.fields()
        for column in group
    )
    times = ", ".join(
        f"struct_pack(key := {literal(_time_name(group))}, value := {quoted(group[0])}.at)"
        for group in rule.fields()
    )
    return f"""
        with repeated as (select * from observations semi join repeated_{rule.table.name} using ({key})),
        by_field as (
            select {key}, max(observed_at) as observed_at, {", ".join(map(_greatest, rule.fields()))}
            from repeated group by {key}
        ),
        by_path as (
            select {key}, entry.key as extra_path, max(struct_pack(
                at := {_time_of("'extra.' || entry.key")}, value := entry.value::varchar
            )) as newest
            from repeated, json_each(repeated.extra) as entry
            group by {key}, extra_path
        ),
        extras as (
            select {key},
                extra_object(list(struct_pack(path := extra_path, value := newest.value::json))) as extra,
                list(struct_pack(key := 'extra.' || extra_path, value := newest.at) order by extra_path)
                    as times
            from by_path group by {key}
        ),
        merged as (
            select {key}, {picked}, extras.extra, observed_at,
                list_filter(
                    list_concat([{times}], extras.times), lambda entry: entry.value < observed_at
                ) as older
            from by_field left join extras using ({key})
        )
        {_as_observed(rule)} anti join repeated_{rule.table.name} using ({key})
        union all by name
        select * exclude (older),
            case when len(older) > 0 then map_from_entries(older) end as field_observed_at
        from merged
    """


def _greatest(group: tuple[str, ...]) -> str:
    """The newest value of a group of columns, with its time, of the observations that have any of them."""
    values = ", ".join(f"{quoted(column)} := {quoted(column)}" for column in group)
    present = " or ".join(f"{quoted(column)} is not null" for column in group if column != "status_rank")
    newest = f"struct_pack(at := {_time_of(literal(_time_name(group)))}, value := struct_pack({values}))"
    return f"max({newest}) filter ({present}) as {quoted(group[0])}"


def _time_name(group: tuple[str, ...]) -> str:
    """A group's name in `field_observed_at`: its first column in the lake; the end's for the reported end."""
    if group[0] == "status_rank":
        return group[1]
    return group[0].removesuffix("_reported") if group[0] in _REPORTED_ENDS else group[0]


def _time_of(name: str) -> str:
    return f"coalesce(field_observed_at[{name}], observed_at)"


def _finished(rule: MergeRule, run_id: str, newest: str, *, is_held: bool) -> str:
    """The lake's columns: derived ones computed, and which run first wrote and last changed the row.

    And `is_updated`: whether a value other than the time of its observation has changed.

    Args:
        rule: how the table is merged.
        run_id: this run's.
        newest: a query for the newest values of each key, of the relation `observations`.
        is_held: whether the lake holds any of these keys.
    """
    table = rule.table
    made = {**rule.derived, **rule.filled}
    compared = [name for name in table.column_names() if name not in ("first_run_id", "last_run_id")]
    columns = ", ".join(
        f"{made[name]} as {quoted(name)}" if name in made else f"merged.{quoted(name)}" for name in compared
    )
    values = [name for name in compared if name not in _OBSERVATION]
    # Where all calls are new, their batches are those of this run.
    batches = "batches_after" if is_held else "merged_batches"
    batches = f"left join {batches} batches using (source, batch_id)" if rule is CALL_RULE else ""
    run = literal(run_id)
    if is_held:
        same = f"row({_listed(compared, 'done')}) is not distinct from row({_listed(compared, 'held')})"
        written = f"""coalesce(held.first_run_id, {run}) as first_run_id,
            case when held.last_run_id is not null and {same} then held.last_run_id else {run} end
                as last_run_id,
            held.last_run_id is null
                or row({_listed(values, "done")}) is distinct from row({_listed(values, "held")}) as
                is_updated
        from done left join held_{table.name} held using ({rule.key()})"""
    else:
        written = f"{run} as first_run_id, {run} as last_run_id, true as is_updated from done"
    return f"""
        with observations as ({_observations(rule, is_held=is_held)}),
        newest as ({newest}),
        done as (
            select {columns}
            from newest merged
            left join status_names names on names.key = status_key(merged.{rule.state})
            {batches}
        )
        select done.*, {written}
    """


def _listed(columns: list[str], row: str) -> str:
    return ", ".join(f"{row}.{quoted(name)}" for name in columns)
