"""What a report is about: some batches, a filter, or both; and what it is compared with.

Input: ids and a filter as a person gives them. Output: a `Subject`, whose selection is described without
phone numbers unless they may be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from batchlake.analytics.lookup import find_batch
from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest
from batchlake.filters.model import ALL, Filter
from batchlake.filters.parse import read_filter
from batchlake.filters.selection import Selection, select
from batchlake.reports.contents.redaction import masked_text
from batchlake.text.escaping import quoted

PREVIOUS: Final = "previous"
"""Asks for a comparison with the batch that was created before."""

NAMED_BATCHES: Final = (
    "named_batches as (select unnest($named::struct(source varchar, batch_id varchar)[], recursive := true))"
)
"""The batches asked for as a CTE, for files of `sql/reports`; `$named` is `Subject.named_rows()`."""

Batch = tuple[str, str]
"""A batch's source and id."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The calls that a report is about.

    Attributes:
        title: what they are in a few words.
        named: the batches asked for by id; none is every batch.
        filter: what else the calls must be.
        selection: both together.
    """

    title: str
    named: tuple[Batch, ...]
    filter: Filter
    selection: Selection

    def named_rows(self) -> list[dict[str, str]]:
        """The batches asked for, as SQL's structs."""
        return [{"source": source, "batch_id": batch_id} for source, batch_id in self.named]


def subject_of(
    engine: Engine,
    batch_ids: Sequence[str],
    filter: Filter | Mapping[str, Any] | None,
    *,
    source: str | None = None,
    show_numbers: bool = False,
) -> Subject:
    """The subject of a report.

    Raises:
        InvalidBatchId, BatchNotFound: an id that isn't one, or isn't in the lake.
        InvalidFilter: with all faults.
    """
    named = tuple(dict.fromkeys(_key(find_batch(engine, source, batch_id)) for batch_id in batch_ids))
    wanted = read_filter(filter)
    if source is not None and not named:
        wanted = Filter(all=[Filter(source=source), *([wanted] if wanted != ALL else [])])
    return _subject(named, wanted, show_numbers)


def other_subject(
    engine: Engine, subject: Subject, compare: str | Filter, *, source: str | None, show_numbers: bool
) -> Subject:
    """The subject that is compared with: the batch of an id, or the previous one, with the same filter;
    or, of the same batches, the calls that another filter leaves, such as those of the period before.

    Raises:
        InvalidBatchId, BatchNotFound: an id that isn't one, or isn't in the lake.
        InvalidRequest: there is no previous batch, or the batch is one of the report's own.
    """
    if isinstance(compare, Filter):
        return _subject(subject.named, compare, show_numbers)
    if compare == PREVIOUS:
        other = _previous(engine, subject)
    else:
        other = _key(find_batch(engine, source, compare))
        if other in subject.named:
            raise InvalidRequest(
                f"can't compare batch {compare!r} with itself. Give the id of another one, or {PREVIOUS!r}.",
                compare=compare,
            )
    return _subject((other,), subject.filter, show_numbers)


def _subject(named: tuple[Batch, ...], wanted: Filter, show_numbers: bool) -> Subject:
    if len(named) == 1:
        selection, title = select(wanted, batch=named[0]), f"Batch {named[0][1]}"
    elif named:
        selection, title = select(_within(named, wanted)), f"{len(named)} batches"
    else:
        selection, title = select(wanted), "All calls" if wanted == ALL else "Selected calls"
    if not show_numbers:
        selection = replace(selection, description=_without_numbers(selection.description, wanted))
    return Subject(title, named, wanted, selection)


def _key(batch: Mapping[str, Any]) -> Batch:
    return batch["source"], batch["batch_id"]


def _within(named: Sequence[Batch], wanted: Filter) -> Filter:
    """Calls of any of the batches that match besides."""
    sources = dict.fromkeys(source for source, _ in named)
    batches = [
        Filter(source=one, batch_id=[batch_id for source, batch_id in named if source == one])
        for one in sources
    ]
    either = batches[0] if len(batches) == 1 else Filter(any=batches)
    return either if wanted == ALL else Filter(all=[either, wanted])


def _without_numbers(description: str, wanted: Filter) -> str:
    """The sentence with what the filter says of phone numbers and of things said masked."""
    for text in _private_texts(wanted.model_dump()):
        for written in (text, quoted(text)[1:-1]):
            description = description.replace(written, masked_text(written))
    return description


def _private_texts(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str) and key in ("phone_number", "contains", "text"):
        yield value.removesuffix("*")
    elif isinstance(value, dict):
        for inner_key, inner in value.items():
            yield from _private_texts(inner, inner_key)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _private_texts(inner, key)


def _previous(engine: Engine, subject: Subject) -> Batch:
    if len(subject.named) != 1:
        raise InvalidRequest(
            f"which batch is {PREVIOUS!r} can be told of one batch alone; this report is about "
            f"{len(subject.named) or 'no named'} batches. Give the id of the batch to compare with.",
            compare=PREVIOUS,
        )
    source, batch_id = subject.named[0]
    query = (
        f"with {NAMED_BATCHES},\nprevious_batches as ({sql_files.load('reports/previous_batches').text}\n)"
    )
    query += "\nselect source, batch_id from previous_batches where rank = 1"
    for row in engine.rows(query, {"named": subject.named_rows()}):
        return _key(row)
    raise InvalidRequest(
        f"no batch of {source} was created before {batch_id!r}, as far as the lake knows. "
        "`batchlake batches` lists them; give the id of the batch to compare with.",
        compare=PREVIOUS,
    )
