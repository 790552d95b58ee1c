"""Redacts rows of a lake's tables: an Arrow table in, the same with classes and pseudonyms out.

What an ingest with the same rules would have stored is what comes out. A table that holds no value comes back
as the same object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.engine.text_keys import text_key
from batchlake.erasure.rows import JSON_COLUMNS, NUMBER_COLUMNS, Changes, Renamed, RowCleaner, with_values
from batchlake.erasure.targets import Targets
from batchlake.ingest.load.redaction import IDS, LINK, TEXTS, number_over_turns, speakers_of
from batchlake.privacy.finder import Finder
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.speech import without_lists
from batchlake.schema import BATCHES, CALLS, EXPORTS, PROBLEMS, SEGMENTS, SNAPSHOTS, Table

if TYPE_CHECKING:
    import pyarrow as pa

Names = Mapping[tuple[str, str], frozenset[str]]
"""The words of the names that calls' own fields hold, by source and id."""

NOBODY: Final = Targets((), 0, frozenset(), Finder(lambda _key: False, looks_for_numbers=False))
"""Nobody is erased where a lake is redacted."""


class RowRedactor(RowCleaner):
    """Redacts rows; `segments` before `calls`, whose digests and counts of words follow.

    Args:
        redactor: redacts, and counts.
        names: of each call; filled before the first rows come.
        renamed: new ids, filled before the first rows come.
        changes: where what is done is counted.
    """

    def __init__(self, redactor: Redactor, names: Names, renamed: Renamed, changes: Changes) -> None:
        super().__init__(NOBODY, "remove", redactor.key, renamed, changes)
        self._redactor = redactor
        self._documents = DocumentRedactor(redactor)
        self._names = names
        self.numbers: set[str] = set()

    def _cleaned_texts(self, table: Table, rows: pa.Table, name: str) -> pa.Table:
        if name in NUMBER_COLUMNS:
            return self._mapped(table, rows, name, self._number)
        if name in JSON_COLUMNS:
            return self._redacted(table, rows, name, self._documents.json_text, is_json=True)
        if table is CALLS and name in ("agent_id", "pathway_id"):
            return self._mapped(table, rows, name, lambda one: self._redactor.id_of(IDS[name], one) or one)
        if table in (CALLS, BATCHES, SNAPSHOTS) and name in ("status", "status_reported"):
            return self._redacted(table, rows, name, self._redactor.text)
        if (table is CALLS and name in TEXTS) or (table is EXPORTS and name == "location"):
            return self._redacted(table, rows, name, self._redactor.text)
        if table is CALLS and name == LINK:
            links = self._redactor.links(rows[name]).tolist()
            hit = [at for at in links if self._redactor.finds(rows[name][at].as_py() or "")]
            self._count(table, name, len(hit))
            return with_values(rows, name, hit, None, [None] * len(hit))
        return rows

    def _cleaned_keys(self, table: Table, rows: pa.Table) -> pa.Table:
        """When each field was observed, by the name that it has now; of several with one name, the newest."""
        name_of = cache(self._redactor.text)
        changed: dict[int, list[tuple[str, Any]]] = {}
        for place, pairs in enumerate(rows["field_observed_at"].to_pylist()):
            again = sorted((name_of(name), moment) for name, moment in pairs or ())
            if pairs and again != sorted(pairs):
                changed[place] = list(dict(again).items())
        self._count(table, "field_observed_at", len(changed))
        return with_values(rows, "field_observed_at", list(changed), None, list(changed.values()))

    def _number(self, value: str) -> str:
        again = self._redactor.number(value)
        if again != value:
            self.numbers.add(value)
        return again

    def _cleaned_problems(self, rows: pa.Table, own: list[int]) -> pa.Table:
        before = rows["raw"].to_pylist()
        for name in ("raw", "message", "location", "field"):
            rows = self._redacted(PROBLEMS, rows, name, self._documents.json_text, is_json=True)
        after = rows["raw"].to_pylist()
        changed = [at for at, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
        # Its id is a digest of the raw text, which could be tried out.
        rows = with_values(rows, "problem_id", changed, lambda old: self._new_digest(old))
        for name in ("call_id", "batch_id"):
            rows = self._with_new_ids(rows, name)
        return rows

    def _cleaned_speech(self, rows: pa.Table) -> pa.Table:
        before = rows
        if "phone" in self._redactor.rules.kinds:
            _, parts = self._redactor.said(rows["text"])
            turns = number_over_turns(self._redactor, rows, self._calls_of(rows), parts)
            self._count(SEGMENTS, "text", len(turns))
            rows = with_values(rows, "text", list(turns), None, list(turns.values()))
        rows = self._redacted(SEGMENTS, rows, "text", self._redactor.text)
        rows = self._redacted(SEGMENTS, rows, "extra", self._documents.json_text, is_json=True)
        speakers = speakers_of(self._redactor, rows["extra"])
        self._count(SEGMENTS, "extra", len(speakers))
        rows = with_values(rows, "extra", list(speakers), None, list(speakers.values()))
        if rows is before:
            return rows
        old, new = before["text"].to_pylist(), rows["text"].to_pylist()
        changed = [at for at, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
        rows = with_values(rows, "extra", changed, lambda text: text and without_lists(text))
        rows = with_values(rows, "text_key", changed, None, [text_key(new[at]) for at in changed])
        picked = rows.select(["source", "call_id", "text"]).take(columns.integers(changed)).to_pylist()
        self._retold.update((row["source"], row["call_id"]) for row in picked)
        return self._told_anew(rows, picked)

    def _with_new_digests(self, rows: pa.Table) -> pa.Table:
        rows = super()._with_new_digests(rows)
        retold = {at for at, pair in enumerate(self._calls_of(rows)) if pair in self._retold}
        digests = rows["transcript_digest"].to_pylist()
        plain = [at for at, digest in enumerate(digests) if digest and at not in retold]
        return with_values(rows, "transcript_digest", plain, self._new_digest)

    def _calls_of(self, rows: pa.Table) -> list[tuple[str, str]]:
        return list(zip(rows["source"].to_pylist(), rows["call_id"].to_pylist(), strict=True))

    def _redacted(
        self, table: Table, rows: pa.Table, name: str, change: Callable[..., str], *, is_json: bool = False
    ) -> pa.Table:
        named = self._names_of(rows)
        places: list[int] = []
        values: list[str] = []
        for at in self._likely(rows[name], named, is_json=is_json):
            text = rows[name][at].as_py()
            if text is None:
                continue
            again = change(text, named.get(at, frozenset()))
            if again != text:
                places.append(at)
                values.append(again)
        self._count(table, name, len(places))
        return with_values(rows, name, places, None, values)

    def _mapped(self, table: Table, rows: pa.Table, name: str, change: Callable[[str], str]) -> pa.Table:
        """The rows with every value of a column changed; those that differ are counted."""
        values = rows[name].to_pylist()
        again = [value and change(value) for value in values]
        places = [at for at, (one, other) in enumerate(zip(values, again, strict=True)) if one != other]
        self._count(table, name, len(places))
        return with_values(rows, name, places, None, [again[at] for at in places])

    def _names_of(self, rows: pa.Table) -> dict[int, frozenset[str]]:
        if not self._names or "call_id" not in rows.column_names:
            return {}
        return {at: self._names[pair] for at, pair in enumerate(self._calls_of(rows)) if pair in self._names}

    def _likely(
        self, texts: pa.ChunkedArray, named: Mapping[int, Any], *, is_json: bool = False
    ) -> Sequence[int]:
        places = self._documents.candidates(texts) if is_json else self._redactor.candidates(texts).tolist()
        return sorted({*places, *named})
