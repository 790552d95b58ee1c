"""Redacts what is loaded, before anything is written: not even spill holds a value.

Input: batches of records as they were read. Output: the same with classes in the place of values, and with
pseudonyms in the columns of numbers. Which kinds are redacted is the lake's policy (`_privacy.json`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from batchlake.engine import columns
from batchlake.ingest.load.record_batches import SPEAKER, RecordBatch
from batchlake.ingest.load.scrubbed import SCRUBBED_LINK, scrubbed_link, with_scrubbed
from batchlake.privacy.json_numbers import fields_of, quoted
from batchlake.privacy.redaction import names
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.policy import redactor_of
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.privacy.sieves import places_of
from batchlake.privacy.speech import is_part, without_lists
from batchlake.schema import BATCHES, CALLS
from batchlake.store.delta.tables import LakeTables

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

TEXTS: Final = (
    "summary", "agent_name", "outcome_label", "ended_by", "user_id", "transcript", "status",
    "status_reported", "sentiment_label", "direction",
)  # fmt: skip
JSON_TEXTS: Final = ("extra", "reported_common_responses")
_NUMBER: Final = "_number"
"""How the columns of numbers end, of every platform: `to_number`, `customer_number`, `lead_number`."""

_KNOWN: Final = frozenset(
    {column.name for table in (CALLS, BATCHES) for column in table.columns}
    | {"updated_at", "exported_at", "envelope_batch_id", "envelope_exported_at"}
)
_NO_TEXT: Final = ("_id", "_at", "_seconds", "_cents")
"""How columns end that a platform has of its own and that are no text."""

IDS: Final = {
    "call_id": "call", "batch_id": "batch", "envelope_batch_id": "batch", "agent_id": "agent",
    "pathway_id": "pathway",
}  # fmt: skip
"""Columns of ids, and what a pseudonym of one begins with."""
LINK: Final = "recording_url"

_SPEAKER_SIEVE: Final = f'"{SPEAKER}":"'
"""What an `extra` matches that holds such a word, as RE2 reads it."""

_FEWEST_TOGETHER: Final = 7

Changes = dict[int, str | None]


class Redaction:
    """Redacts the records of one run; `counts` says how many values of each kind."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._documents = DocumentRedactor(redactor)

    @classmethod
    def of(cls, tables: LakeTables, rules: Rules | None, *, is_new: bool, dry_run: bool) -> Redaction | None:
        """The redaction of a lake, None where nothing is redacted; the arguments of `redactor_of`."""
        redactor = redactor_of(tables.storage, rules, is_new=is_new, dry_run=dry_run)
        return cls(redactor) if redactor else None

    @property
    def counts(self) -> Mapping[str, int]:
        """How many values of each kind were redacted."""
        return dict(sorted(self._redactor.counts.items()))

    def cleaned(self, batch: RecordBatch) -> RecordBatch:
        """A batch without values."""
        links, batch = batch.records, with_scrubbed(batch)
        records = batch.records
        named = self._names(records)
        for name in records.column_names:
            if name.endswith(_NUMBER):
                records = self._with_pseudonyms(records, name)
            elif name in IDS:
                records = self._with_ids(records, name)
            elif name in JSON_TEXTS:
                found = self._found(records[name], self._documents.json_text, named, is_json=True)
                records = columns.with_texts(records, name, found)
            elif name in TEXTS or _is_own_text(records, name):
                records = columns.with_texts(
                    records, name, self._found(records[name], self._redactor.text, named)
                )
            elif name == LINK:
                records = self._with_links(records, links)
        return replace(
            batch, records=self._with_digests(records), utterances=self._cleaned_speech(batch, named)
        )

    def problem(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A problem without values in its raw text, message, field and location."""
        cleaned = dict(facts)
        for name in ("raw", "message", "location", "field"):
            if isinstance(cleaned.get(name), str):
                cleaned[name] = self._documents.json_text(cleaned[name])
        cleaned["batch_id"] = self.id_of(cleaned.get("batch_id"))
        return cleaned

    def text_of(self, text: str) -> str:
        """A location without values."""
        return self._redactor.text(text)

    def id_of(self, given: str | None) -> str | None:
        """A batch's id without a value in it: the same for the same id."""
        return self._redactor.id_of("batch", given)

    def _names(self, records: pa.Table) -> dict[int, frozenset[str]]:
        """The words of the names that each record's own fields hold, of records that have any."""
        if "name" not in self._redactor.rules.kinds:
            return {}
        found = {}
        maybe = self._documents.may_name(records["extra"])
        texts = records["extra"].take(columns.from_numpy(maybe)).to_pylist()
        for at, text in zip(maybe.tolist(), texts, strict=True):
            if text and (words := self._documents.names_of_text(text)):
                found[at] = words
        return found

    def _found(
        self,
        texts: pa.ChunkedArray,
        change: Callable[..., str],
        named: Mapping[int, frozenset[str]] | None = None,
        *,
        is_json: bool = False,
        among: NDArray[np.int64] | None = None,
    ) -> Changes:
        named = named or {}
        if is_json:
            places = self._documents.candidates(texts) | named.keys()
        else:
            places = set((self._redactor.candidates(texts) if among is None else among).tolist())
        found: Changes = {} if is_json else self._with_names(texts, named, places)
        wanted = sorted(places)
        for at, text in zip(wanted, texts.take(columns.integers(wanted)).to_pylist(), strict=True):
            if text is None:
                continue
            again = change(text, named.get(at, frozenset()))
            if again != text:
                found[at] = again
        return found

    def _with_names(
        self, texts: pa.ChunkedArray, named: Mapping[int, frozenset[str]], others: set[int]
    ) -> Changes:
        """New texts of those that hold names, but for `others`, which may hold more."""
        if not named:
            return {}
        found: Changes = {}
        values = texts.to_pylist()
        # A record's texts are one after the other, and share their names.
        for _, together in groupby(named, lambda at: id(named[at])):
            places = [at for at in together if at not in others and values[at]]
            if not places or not names.may_hold("\n".join([values[at] for at in places]), named[places[0]]):
                continue
            for at in places:
                again = self._redactor.without_names(values[at], named[at])
                if again != values[at]:
                    found[at] = again
        return found

    def _with_pseudonyms(self, records: pa.Table, name: str) -> pa.Table:
        values = records[name].to_pylist()
        if not any(values):
            return records
        redacted: Changes = {at: self._redactor.number(value) for at, value in enumerate(values) if value}
        return columns.with_texts(records, name, redacted)

    def _with_ids(self, records: pa.Table, name: str) -> pa.Table:
        places = places_of(records[name], "[@+%]").tolist()
        ids: Changes = {at: self._redactor.id_of(IDS[name], records[name][at].as_py()) for at in places}
        return columns.with_texts(records, name, ids)

    def _with_links(self, records: pa.Table, given: pa.Table) -> pa.Table:
        """No link with a value in it; a platform's own scrubbed recording instead of the raw one."""
        likely = self._redactor.links(records[LINK]).tolist()
        links: Changes = {}
        for at, link in zip(likely, records[LINK].take(columns.integers(likely)).to_pylist(), strict=True):
            if link and self._redactor.text(link) != link:
                links[at] = None
        for at in places_of(given["extra"], SCRUBBED_LINK).tolist():
            link = scrubbed_link(given["extra"][at].as_py())
            if link is not None and not self._redactor.finds(link):
                links[at] = link
        return columns.with_texts(records, LINK, links)

    def _with_digests(self, records: pa.Table) -> pa.Table:
        """Digests of transcripts from which nobody can try out what was said."""
        key = self._redactor.key
        if key is None:
            return records
        digests = records["transcript_digest"].to_pylist()
        again: Changes = {at: key.retold(digest) for at, digest in enumerate(digests) if digest}
        return columns.with_texts(records, "transcript_digest", again)

    def _cleaned_speech(self, batch: RecordBatch, named: Mapping[int, frozenset[str]]) -> pa.Table:
        """The utterances without values."""
        utterances = batch.utterances
        of_record = np.repeat(np.arange(len(batch.counts)), batch.counts)
        words_of: dict[int, frozenset[str]] = {}
        if named:
            starts = np.concatenate([[0], np.cumsum(batch.counts)]).tolist()
            words_of = {at: words for of, words in named.items() for at in range(starts[of], starts[of + 1])}
        turns: Changes = {}
        among, parts = self._redactor.said(utterances["text"])
        if "phone" in self._redactor.rules.kinds:
            # First, as one of the turns may hold enough digits to be a number by itself.
            turns = number_over_turns(self._redactor, utterances, of_record, parts)
        changed = columns.with_texts(utterances, "text", turns)
        texts = self._found(changed["text"], self._redactor.text, words_of, among=among)
        utterances = columns.with_texts(changed, "text", texts)
        retold = texts.keys() | turns.keys()
        for name in ("extra", "given"):
            found = self._found(utterances[name], self._documents.json_text, words_of, is_json=True)
            if utterances[name].null_count < len(utterances):
                # What was taken out of a text stands in its list of words, too.
                given = utterances[name]
                for at in retold:
                    text = found.get(at, given[at].as_py())
                    if text is not None:
                        found[at] = without_lists(text)
            utterances = columns.with_texts(utterances, name, found)
        return columns.with_texts(utterances, "extra", speakers_of(self._redactor, utterances["extra"]))


def number_over_turns(
    redactor: Redactor,
    utterances: pa.Table,
    calls: NDArray[Any] | Sequence[Hashable],
    parts_at: NDArray[np.int64],
) -> Changes:
    """New texts, by place, of utterances over which one speaker of a call reads out a number.

    Args:
        redactor: redacts them.
        utterances: have `speaker` and `text`; a call's are in order.
        calls: the call of each.
        parts_at: the places of those that may be a part of one (`Redactor.said`).
    """
    texts, speakers = utterances["text"], utterances["speaker"]
    said: dict[tuple[Hashable, str | None], list[tuple[int, str]]] = defaultdict(list)
    some = texts.take(columns.from_numpy(parts_at)).to_pylist()
    for at, text in zip(parts_at.tolist(), some, strict=True):
        if is_part(text, redactor.spoken):
            said[calls[at], speakers[at].as_py()].append((at, text))
    changed: Changes = {}
    for parts in said.values():
        together = sum(redactor.digits_in(text) for _, text in parts)
        if len(parts) > 1 and together >= _FEWEST_TOGETHER:
            again = redactor.parts([text for _, text in parts])
            changed |= dict(zip((at for at, _ in parts), again, strict=True))
    return changed


def speakers_of(redactor: Redactor, extras: pa.ChunkedArray) -> Changes:
    """New own fields of utterances whose word for the speaker may be a name: it becomes a pseudonym."""
    if "name" not in redactor.rules.kinds:
        return {}
    found: Changes = {}
    for at in places_of(extras, _SPEAKER_SIEVE).tolist():
        extra = extras[at].as_py()
        fields = fields_of(extra)
        if fields.get(SPEAKER, "").startswith('"'):
            fields[SPEAKER] = quoted(redactor.whole("name", json.loads(fields[SPEAKER])))
            again = "{" + ",".join(f"{quoted(key)}:{value}" for key, value in fields.items()) + "}"
            if again != extra:
                found[at] = again
    return found


def _is_own_text(records: pa.Table, name: str) -> bool:
    """Whether a column is a platform's own, of text."""
    is_text = str(records.schema.field(name).type) == "string"
    return is_text and name not in _KNOWN and not name.endswith(_NO_TEXT)
