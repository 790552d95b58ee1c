"""The columns that each verb's rows can have: names, their order of rank, and the SQL of each.

Input: what a person asked for (`--columns`, `--sort`, a limit). Output: a query over the verb's
relation. A column has a short name (`avg_call`) and, where it is one of the relation's own, that name too
(`average_duration_seconds`); it is headed by the name that was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, TypeVar

from batchlake.engine.quoting import each_text, literal, own_field, quoted
from batchlake.errors import InvalidRequest
from batchlake.schema import AGENT, CALLS, CONTACT, EXPORTS, PROBLEMS, RUNS, Table
from batchlake.store.ledger import NEWEST_FIRST
from batchlake.text.cells import Column
from batchlake.text.suggest import nearest_name

_EXTRA: Final = "extra."

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Named:
    """A column that can be asked for.

    Attributes:
        name: by which it is ranked and headed.
        sql: of its value, over the verb's relation.
        kind: of value, as in `text.cells.Column`.
        own: the relation's own name, where the value is one of its columns.
        currency: of money, the SQL of its currency.
        several: of money, the SQL of a list of amounts with their currencies, for people.
        ranked: whether it is shown without being named; else only by name or with --wide.
        alarming: whether a value above 0 needs attention.
    """

    name: str
    sql: str
    kind: str = "text"
    own: str = ""
    currency: str = ""
    several: str = ""
    ranked: bool = True
    alarming: bool = False

    @property
    def shown_sql(self) -> str:
        """The SQL of the value as people see it: an amount with its currency."""
        if self.several:
            return self.several
        if self.currency:
            return f"if({self.sql} is null, null, {{'amount': {self.sql}, 'currency': {self.currency}}})"
        return self.sql

    @property
    def column(self) -> Column:
        """How it is shown."""
        return Column(self.name, self.kind, self.alarming)


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb's rows.

    Attributes:
        name: of the verb.
        columns: by rank, those that are shown only by name last.
        order: of its rows where no other is asked for.
        has_extra: whether its rows have fields of the exports' own, `extra.campaign`.
    """

    name: str
    columns: tuple[Named, ...]
    order: str
    has_extra: bool = False

    def ranked(self, *, wide: bool = False) -> list[Named]:
        """Those that are shown unless others are named; all with `wide`."""
        return [column for column in self.columns if column.ranked or wide]

    def find(self, given: str) -> Named:
        """The column of that name, headed by it.

        Raises:
            InvalidRequest: there is none; names the nearest one.
        """
        spelled = spelling(given)
        for column in self.columns:
            if spelled == column.name:
                return column
        for column in self.columns:
            if spelled and spelled == column.own:
                return replace(column, name=spelled, ranked=True)
        if self.has_extra and spelled.startswith(_EXTRA) and len(spelled) > len(_EXTRA):
            return Named(given.strip(), f"extra->>{literal(own_field(given.strip()[len(_EXTRA) :]))}", "text")
        names = [*(one.name for one in self.columns), *(one.own for one in self.columns if one.own)]
        raise no_column(given, spelled, names)

    def chosen(self, given: Sequence[str]) -> list[Named]:
        """The columns that were named; see `chosen`."""
        return chosen(given, self.ranked(), self.find)

    def ordered(self, sort: Sequence[str]) -> str:
        """The SQL order: by the names given, `-` before those downwards, then as usual; NULL is last."""
        parts = []
        for given in sort:
            column = self.find(given.removeprefix("-"))
            direction = "desc" if given.startswith("-") else "asc"
            if column.currency:
                parts.append(f"{column.currency} asc nulls last")
            parts.append(f"{column.sql} {direction} nulls last")
        return ", ".join([*parts, self.order])


def chosen(given: Sequence[str], usual: Sequence[T], find: Callable[[str], T]) -> list[T]:
    """The columns that were named, in that order; with `+` before each, those besides the usual ones.

    Raises:
        InvalidRequest: one isn't there, or is named twice, or some have a `+` and others none.
    """
    besides = {name.startswith("+") for name in given}
    if len(besides) > 1:
        raise InvalidRequest("--columns names columns, or with + before each those besides the usual ones.")
    found = [find(name.removeprefix("+")) for name in given]
    if len({*found}) < len(found):
        raise InvalidRequest(f"--columns names a column twice: {', '.join(given)}.")
    return list(dict.fromkeys([*usual, *found])) if True in besides else found


def spelling(given: str) -> str:
    """The name of a column as it may be typed, with blanks or dashes for its underscores."""
    return re.sub(r"[-\s]+", "_", given.strip())


def no_column(given: str, spelled: str, names: Collection[str]) -> InvalidRequest:
    """The error for a column that isn't among the names; it suggests the nearest one."""
    nearest = nearest_name(spelled, names)
    hint = f" Did you mean {nearest}?" if nearest else ""
    return InvalidRequest(
        f"There is no column '{given}'.{hint} --columns help lists all.",
        column=given, nearest=[nearest] if nearest else [],
    )  # fmt: skip


def split_names(of: str, given: str | Sequence[str] | None) -> list[str]:
    """Names between commas, of one text or several.

    Raises:
        InvalidRequest: texts are given, and no name; says what the names are `of`.
    """
    texts = each_text(f"{of} takes", given)
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    if texts and not names:
        raise InvalidRequest(
            f"{of} names no column. Give the names of some, with commas between, or leave it out."
        )
    return names


def _own(name: str, own: str, kind: str = "text", **more: object) -> Named:
    return Named(name, quoted(own), kind, own, **more)  # type: ignore[arg-type]


_KINDS: Final = {
    "TIMESTAMPTZ": "time",
    "BOOLEAN": "flag",
    "BIGINT": "count",
    "DECIMAL(18,6)": "price",
}
_DIGESTS: Final = frozenset({"export_id", "problem_id", "transcript_digest", "etag"})


def _kind(table: Table, name: str) -> str:
    """The kind of value of a table's column."""
    kind = next(column.type for column in table.columns if column.name == name)
    if name.endswith("run_id"):
        return "run"
    if name in _DIGESTS:
        return "digest"
    if name.endswith("_seconds"):
        return "seconds"
    if kind == "DOUBLE":
        return "score"
    return _KINDS.get(kind, "id" if name.endswith("_id") else "text")


def _rest(table: Table, named: Sequence[Named], currency: str = "") -> tuple[Named, ...]:
    """The table's columns that no named one shows; they can be asked for by name."""
    taken = {column.own for column in named} | {column.name for column in named}
    return tuple(
        Named(
            column.name, quoted(column.name), _kind(table, column.name), column.name,
            currency if column.type.startswith("DECIMAL") else "", ranked=False,
        )
        for column in table.columns
        if column.name not in taken
    )  # fmt: skip


_CALLS: Final = (
    _own("time", "call_time", "time"),
    _own("call", "call_id", "id"),
    _own("status", "status", "word"),
    _own("duration", "duration_seconds", "seconds"),
    _own("cost", "cost", "price", currency="currency"),
    Named("number", CONTACT, "number"),
    Named("agent", AGENT),
    _own("batch", "batch_id", "id"),
    _own("positive", "sentiment_positive", "score"),
    _own("engagement", "engagement", "score"),
    _own("utterances", "segment_count", "count"),
    _own("success", "success", "flag"),
    _own("ended_by", "ended_by"),
    _own("outcome_label", "outcome_label"),
    _own("direction", "direction", "word"),
    _own("summary", "summary", "prose"),
)
_BATCHES: Final = (
    _own("batch", "batch_id", "id"),
    _own("status", "status", "word"),
    _own("calls", "total", "count"),
    _own("done", "progress", "rate"),
    _own("success", "success_rate", "rate"),
    _own("cost", "total_cost", "money", currency="currency", several="costs"),
    _own("avg_call", "average_duration_seconds", "seconds"),
    _own("created", "created_at", "time"),
    _own("completed", "completed", "count"),
    _own("failed", "failed", "count"),
    _own("in_progress", "in_progress", "count"),
    _own(
        "per_completed", "costs_per_completed", "price", several="costs_per_completed",
    ),
    _own("completed_at", "completed_at", "time"),
    _own("observed", "observed_at", "time"),
    _own("unknown", "unknown", "count"),
    _own("median", "median_duration_seconds", "seconds"),
    _own("p95", "p95_duration_seconds", "seconds"),
    _own("source", "source", ranked=False),
    _own("reported_calls", "reported_total_calls", "count", ranked=False),
    _own("reported_completed", "reported_completed", "count", ranked=False),
    _own("reported_failed", "reported_failed", "count", ranked=False),
    _own("reported_in_progress", "reported_in_progress", "count", ranked=False),
    _own("reported_avg_call", "reported_average_duration_seconds", "seconds", ranked=False),
    _own("reported_cost", "reported_total_cost", "money", currency="currency", ranked=False),
    _own("reported_success", "reported_success_rate", "rate", ranked=False),
    _own("first_run_id", "first_run_id", "run", ranked=False),
    _own("last_run_id", "last_run_id", "run", ranked=False),
)  # fmt: skip
_FIELDS: Final = (
    _own("field", "field"),
    _own("table", "table_name"),
    _own("rows", "records", "count"),
    _own("share", "share", "rate"),
    _own("example", "example", "prose"),
    _own("source", "source"),
)
_WHERE: Final = (
    "case when byte is not null then 'byte ' || byte when line is not null then 'line ' || line "
    "when record is not null then 'record ' || record end"
)
_PROBLEMS: Final = (
    _own("file", "location", "path"),
    Named("where", _WHERE),
    _own("what", "message", "prose"),
    _own("raw", "raw", "prose"),
    _own("code", "code"),
    _own("call", "call_id", "id"),
    _own("batch", "batch_id", "id"),
    _own("seen", "observed_at", "time"),
    _own("run", "run_id", "run"),
    _own("field", "field"),
)
_RUNS: Final = (
    _own("run", "run_id", "run"),
    _own("finished", "finished_at", "time"),
    _own("kind", "kind", "word"),
    _own("exports", "exports_read", "count"),
    _own("new", "calls_new", "count"),
    _own("updated", "calls_updated", "count"),
    _own("problems", "problems", "count", alarming=True),
    Named("took", "extract('epoch' from finished_at - started_at)", "seconds"),
    _own("batches_new", "batches_new", "count"),
    _own("batches_updated", "batches_updated", "count"),
    _own("records", "records", "count"),
    _own("skipped", "exports_skipped", "count"),
    _own("version", "batchlake_version"),
    _own("host", "host"),
)
_EXPORTS: Final = (
    _own("file", "location", "path"),
    _own("observed", "observed_at", "time"),
    _own("size", "bytes", "size"),
    _own("records", "records", "count"),
    _own("problems", "problems", "count", alarming=True),
    _own("run", "run_id", "run"),
    _own("source", "source"),
)


@cache
def verb(name: str) -> Verb:
    """The columns of a verb's rows.

    Raises:
        InvalidRequest: no verb of that name has rows.
    """
    verbs = {
        "calls": lambda: Verb(
            "calls",
            (*_CALLS, *_rest(CALLS, _CALLS, "currency")),
            "call_time, call_id, source",
            has_extra=True,
        ),
        "batches": lambda: Verb("batches", _BATCHES, "created_at desc nulls last, batch_id, source"),
        "problems": lambda: Verb(
            "problems", (*_PROBLEMS, *_rest(PROBLEMS, _PROBLEMS)), "run_id desc, location, record, field"
        ),
        "runs": lambda: Verb("runs", (*_RUNS, *_rest(RUNS, _RUNS)), NEWEST_FIRST),
        "fields": lambda: Verb("fields", _FIELDS, "records desc, field, source, table_name"),
        "exports": lambda: Verb(
            "exports", (*_EXPORTS, *_rest(EXPORTS, _EXPORTS)), "run_id desc, location, export_id"
        ),
    }
    if name not in verbs:
        raise InvalidRequest(f"no verb {name!r} has rows. Give one of {', '.join(verbs)}.")
    return verbs[name]()


def rows_query(
    of: Verb, relation: str, columns: Sequence[Named], sort: Sequence[str], *, shown: bool, limit: int | None
) -> str:
    """The query for a verb's rows.

    Args:
        of: the verb.
        relation: a query for its rows, whole.
        columns: which, in order.
        sort: as `--sort` names them.
        shown: amounts with their currencies, as people see them; else plain ones.
        limit: how many rows; None is all.
    """
    named = ", ".join(
        f"{column.shown_sql if shown else column.sql} as {quoted(column.name)}" for column in columns
    )
    # The rows are a relation of their own: a heading may be the name of another column.
    query = f"select {named} from (\nfrom (\n{relation}\n) order by {of.ordered(sort)}"
    if limit is not None:
        query += f" limit {int(limit)}"
    return f"{query}\n)"
