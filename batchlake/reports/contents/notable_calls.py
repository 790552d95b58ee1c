"""The notable calls, with ids to look them up by, and what was said in them.

Input: a selection. Output: the longest, most expensive, most negative and newest failed calls as
`sql/reports/notable_calls.sql` ranks them.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Final

from batchlake.analytics.grouped_query import Row
from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.filters.selection import Selection
from batchlake.reports.contents.redaction import masked_number, masked_text
from batchlake.reports.model import CallTranscript, NotableCall, NotableCalls, NotableKind, Utterance

_MOST_CALLS: Final = 5
_MOST_UTTERANCES: Final = 100

_TITLES: Final[dict[NotableKind, str]] = {
    "longest": "Longest calls",
    "most_expensive": "Most expensive calls",
    "most_negative": "Most negative calls",
    "failed": "Newest failed calls",
}
_KINDS: Final = tuple(_TITLES)


def notable_calls(
    engine: Engine, selection: Selection, *, show_numbers: bool, include_transcripts: bool
) -> tuple[list[NotableCalls], list[CallTranscript] | None]:
    """The lists in which there is any call, and the transcripts of the calls in them if wanted.

    Of costs there is a list for each currency, what the exports name none of last. A call that is in two
    lists has one transcript; a call without utterances has none.
    """
    ranked = _rows(engine, selection, "notable_calls", "rank <= $most", most=_MOST_CALLS)
    ranked.sort(key=_place)
    keys = list(dict.fromkeys(_key(row) for row in ranked))
    facts = {_key(row): row for row in _rows_of(engine, selection, "calls", keys)}
    lists = []
    for (kind, currency), same in groupby(ranked, key=itemgetter("kind", "ranked_currency")):
        rows = list(same)
        lists.append(
            NotableCalls(
                kind=kind,
                title=f"{_TITLES[kind]}, {currency}" if currency else _TITLES[kind],
                currency=currency,
                of=rows[0]["ranked"],
                calls=[_call(facts[_key(row)], show_numbers) for row in rows],
            )
        )
    said = _transcripts(engine, selection, keys, show_numbers) if include_transcripts else None
    return lists, said


def _transcripts(
    engine: Engine, selection: Selection, keys: list[tuple[str, str]], show_numbers: bool
) -> list[CallTranscript]:
    rows = _rows_of(engine, selection, "utterances", keys, position=_MOST_UTTERANCES)
    rows.sort(key=lambda row: (keys.index(_key(row)), row["position"]))
    transcripts = []
    for (source, call_id), same in groupby(rows, key=_key):
        shown = list(same)
        transcripts.append(
            CallTranscript(
                source=source,
                call_id=call_id,
                utterances=[
                    Utterance(
                        speaker=row["speaker"],
                        text=row["text"] if show_numbers else masked_text(row["text"]),
                        offset_seconds=row["offset_seconds"],
                    )
                    for row in shown
                ],
                left_out=shown[0]["utterances"] - len(shown),
            )
        )
    return transcripts


def _call(row: Row, show_numbers: bool) -> NotableCall:
    facts = {name: row[name] for name in NotableCall.model_fields}
    if not show_numbers:
        for name, masked in _MASKS.items():
            facts[name] = masked(facts[name]) if facts[name] is not None else None
    return NotableCall(**facts)


_MASKS: Final = {
    "from_number": masked_number,
    "to_number": masked_number,
    "agent_name": masked_text,
    "summary": masked_text,
}


def _rows_of(
    engine: Engine, selection: Selection, name: str, keys: list[tuple[str, str]], **most: int
) -> list[Row]:
    """The rows of a file of `sql/reports` that are of these calls, with columns of at most so much."""
    if not keys:
        return []
    conditions = ["list_contains($calls, {'source': source, 'call_id': call_id})"]
    conditions += [f"{column} <= ${column}" for column in most]
    calls = [{"source": source, "call_id": call_id} for source, call_id in keys]
    return _rows(engine, selection, name, " and ".join(conditions), calls=calls, **most)


def _rows(engine: Engine, selection: Selection, name: str, condition: str, **params: object) -> list[Row]:
    query = f"select * from ({sql_files.load(f'reports/{name}').text}\n) where {condition}"
    return engine.rows(selection.over(query), {**selection.params, **params})


def _key(row: Row) -> tuple[str, str]:
    return row["source"], row["call_id"]


def _place(row: Row) -> tuple[int, bool, str, int]:
    currency = row["ranked_currency"]
    return _KINDS.index(row["kind"]), currency is None, currency or "", row["rank"]
