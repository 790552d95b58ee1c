"""Takes what is erased out of rows: an Arrow table of one of the lake's tables in, the same without it out.

A table that holds nothing of it comes back as the same object. What is done is counted in `Changes`.
"""

from __future__ import annotations

import secrets
import string
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.engine.text_keys import text_key
from batchlake.erasure.targets import Mode, Targets
from batchlake.ingest.load.transcript_facts import with_facts
from batchlake.privacy.finder import ERASED, Finder
from batchlake.privacy.key import PrivacyKey
from batchlake.privacy.speech import hits_in_lists, is_part, over_turns, without_lists
from batchlake.schema import (
    CALLS,
    PROBLEMS,
    SEGMENTS,
    TRANSCRIPT_FACTS,
    UTTERANCE_FACTS,
    Table,
    contact_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

Renamed = dict[str, dict[tuple[str, str], str]]
"""New ids by column, and by source and old id."""

JSON_COLUMNS: Final = frozenset({"extra", "reported_common_responses"})
NUMBER_COLUMNS: Final = ("from_number", "to_number")
IDS: Final = ("call_id", "batch_id")
_TURN: Final = ("source", "call_id", "speaker")
"""Whose utterances a number may be read out over."""

_NOT_TEXT: Final = frozenset(
    {
        "export_id",
        "run_id",
        "first_run_id",
        "last_run_id",
        "speaker",
        "etag",
        "text_key",
        "problem_id",
        "source",
    }
)
"""Digests, ids of our own, words from a list, the platform's name; and what follows from another column."""

_FIGURES: Final = frozenset(
    "source call_id batch_id status outcome duration_seconds cost currency direction agent_id agent_name "
    "sentiment_positive sentiment_neutral sentiment_negative sentiment_label engagement talk_ratio_ai "
    "talk_ratio_human response_time_seconds interruptions voice_pace voice_volume voice_clarity success "
    "ended_by is_test tokens_consumed first_run_id last_run_id".split()
)
"""What stays as it is of an anonymised call; so do the facts of its transcript."""

_TEXTS: Final = frozenset({"VARCHAR", "MAP(VARCHAR, TIMESTAMPTZ)", "TIMESTAMPTZ"})
"""A fact of a transcript is a number or a flag: a column of `calls` of another type than these is a
figure."""

_ID_CHARACTERS: Final = string.ascii_lowercase + string.digits


@dataclass(slots=True)
class Changes:
    """What is changed: rows by table, mentions by `table.column`, erased calls by batch, files rewritten."""

    rows: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)
    batches: Counter[str] = field(default_factory=Counter)
    files: int = 0

    def __bool__(self) -> bool:
        return bool(self.rows or self.mentions)


class RowCleaner:
    """Cleans rows of one erasure; `segments` before `calls`, whose digests follow.

    Args:
        targets: what to erase.
        mode: whether the calls go or stay as figures.
        key: makes new digests of transcripts that lost a mention; None for a dry run.
        renamed: new ids, filled before the first rows come.
        changes: where what is done is counted.

    Attributes:
        kept_labels: outcome labels that a call has that isn't erased.
    """

    def __init__(
        self, targets: Targets, mode: Mode, key: PrivacyKey | None, renamed: Renamed, changes: Changes
    ) -> None:
        self._targets = targets
        self._finder = targets.finder
        self._mode = mode
        self._key = key
        self._places = targets.places
        self._renamed = renamed
        self._changes = changes
        self._retold: set[tuple[str, str]] = set()
        self._said: list[pa.Table] = []
        self.kept_labels: set[str] = set()

    def cleaned(self, table: Table, rows: pa.Table) -> pa.Table:
        """A file's rows without what is erased; the same object where nothing is."""
        before = rows
        own = self._own_rows(rows) if "call_id" in rows.column_names else []
        if own:
            self._changes.rows[table.name] += len(own)
            rows = self._without(table, rows, own)
            if not len(rows):
                return rows
        if table is PROBLEMS:
            return self._cleaned_problems(rows, own)
        if table is SEGMENTS:
            rows = self._cleaned_speech(rows)
        for name in rows.column_names:
            kind = str(rows.schema.field(name).type)
            if name in IDS:
                rows = self._with_new_ids(rows, name)
            elif name == "field_observed_at":
                rows = self._cleaned_keys(table, rows)
            elif kind in ("string", "large_string") and name not in _NOT_TEXT and table is not SEGMENTS:
                rows = self._cleaned_texts(table, rows, name)
        if table is CALLS:
            rows = self._with_new_digests(rows)
            if rows is not before and self._renamed["call_id"]:
                rows = rows.sort_by([(name, "ascending") for name in ("source", "batch_id", "call_id")])
        return rows

    def following(self, table: Table) -> dict[str, set[str]]:
        """Values by column that are changed in this table's rows because of what stands elsewhere."""
        renamed: dict[str, set[str]] = {
            name: {old for _, old in self._renamed[name]} for name in IDS if name in table.column_names()
        }
        if table is CALLS:
            renamed["call_id"] = renamed["call_id"] | {call_id for _, call_id in self._retold}
        return renamed

    def _own_rows(self, rows: pa.Table) -> list[int]:
        """The places of rows of erased calls."""
        import pyarrow.compute as pc

        wanted = columns.texts(sorted({call_id for _, call_id in self._places}))
        # What is NULL is in no list.
        maybe = columns.places(pc.is_in(rows["call_id"], wanted.cast(rows["call_id"].type)))
        picked = rows.select(["source", "call_id"]).take(columns.from_numpy(maybe)).to_pylist()
        return [
            place
            for place, row in zip(maybe.tolist(), picked, strict=True)
            if (row["source"], row["call_id"]) in self._places
        ]

    def _without(self, table: Table, rows: pa.Table, own: list[int]) -> pa.Table:
        if table is PROBLEMS:
            return rows
        if table is CALLS and self._mode == "anonymise":
            return self._anonymised(rows, own)
        import numpy as np

        kept = np.delete(np.arange(len(rows)), own)
        return rows.take(columns.from_numpy(kept))

    def _anonymised(self, rows: pa.Table, own: list[int]) -> pa.Table:
        """The calls at these places as figures."""
        sides = {name: rows[name].to_pylist() for name in ("direction", "to_number", "from_number")}
        contacts = list(map(contact_of, *sides.values()))
        kinds = {column.name: column.type for column in CALLS.columns}
        for name in rows.column_names:
            if name in NUMBER_COLUMNS:
                # A contact on both sides goes from both.
                theirs = [at for at in own if sides[name][at] == contacts[at]]
                rows = with_values(rows, name, theirs, _nothing)
            elif name in ("started_at", "call_time", "observed_at"):
                rows = with_values(rows, name, own, _to_the_hour)
            elif name == "outcome_label":
                rows = with_values(rows, name, own, self._kept_label)
            elif name == "segment_count" or (name not in _FIGURES and kinds.get(name, "VARCHAR") in _TEXTS):
                rows = with_values(rows, name, own, _nothing)
        return rows

    def _kept_label(self, label: str | None) -> str | None:
        return label if label in self.kept_labels else None

    def _cleaned_problems(self, rows: pa.Table, own: list[int]) -> pa.Table:
        """Problems outlive what they are of: without raw text, and with an id that tells nothing."""
        hit = set(own)
        for name in ("raw", "message", "location", "field"):
            found = self._hits(rows, name)
            self._count(PROBLEMS, name, len(found))
            hit.update(found)
        places = sorted(hit)
        if places:
            rows = with_values(rows, "raw", places, _nothing)
            rows = with_values(rows, "problem_id", places, lambda _old: random_id())
            rows = with_values(rows, "call_id", own, _nothing)
            for name in ("message", "location", "field"):
                rows = with_values(rows, name, places, self._erased)
        for name in IDS:
            rows = self._with_new_ids(rows, name)
        return rows

    def _erased(self, text: str | None) -> str | None:
        return None if text is None else self._finder.erased(text)

    def _erased_json(self, text: str | None) -> str | None:
        return None if text is None else self._finder.erased_json(text)

    def _hits(self, rows: pa.Table, name: str) -> list[int]:
        """The places of texts in which something is."""
        found = self._finder.hits(rows[name])
        listed = hits_in_lists(self._finder, rows[name]) if name in JSON_COLUMNS else []
        return sorted({*found, *listed}) if listed else found

    def _count(self, table: Table, name: str, count: int) -> None:
        if count:
            self._changes.mentions[f"{table.name}.{name}"] += count

    def _cleaned_texts(self, table: Table, rows: pa.Table, name: str) -> pa.Table:
        if name in NUMBER_COLUMNS:
            maybe = self._finder.whole_candidates(rows[name])
            values = rows[name].take(columns.from_numpy(maybe)).to_pylist()
            whole = [
                at
                for at, value in zip(maybe.tolist(), values, strict=True)
                if value and self._finder.is_whole(value)
            ]
            self._count(table, name, len(whole))
            rows = with_values(rows, name, whole, lambda _number: ERASED)
        places = self._hits(rows, name)
        self._count(table, name, len(places))
        clean = self._erased_json if name in JSON_COLUMNS else self._erased
        nullable = {column.name: column.nullable for column in table.columns}[name]
        change = clean if nullable else lambda text: clean(text) or ERASED
        return with_values(rows, name, places, change)

    def _cleaned_speech(self, rows: pa.Table) -> pa.Table:
        """Utterances without mentions, their keys folded anew."""
        hits = self._hits(rows, "text")
        turns = sorted(over_turns_of(rows, self._finder) - set(hits))
        # What was taken out of a text stands in its list of words, too.
        rows = with_values(rows, "extra", [*hits, *turns], lambda extra: extra and without_lists(extra))
        notes = self._hits(rows, "extra")
        self._count(SEGMENTS, "text", len(hits) + len(turns))
        self._count(SEGMENTS, "extra", len(notes))
        rows = with_values(rows, "text", hits, self._erased)
        rows = with_values(rows, "text", turns, lambda _text: ERASED)
        rows = with_values(rows, "extra", notes, self._erased_json)
        places = sorted({*hits, *turns, *notes})
        picked = rows.select(["source", "call_id", "text"]).take(columns.integers(places)).to_pylist()
        self._retold.update((row["source"], row["call_id"]) for row in picked)
        keys = {place: text_key(row["text"]) for place, row in zip(places, picked, strict=True)}
        spoken = sorted({*hits, *turns})
        rows = with_values(rows, "text_key", spoken, None, [keys[place] for place in spoken])
        return self._told_anew(rows, picked)

    def _told_anew(self, rows: pa.Table, picked: Sequence[Mapping[str, Any]]) -> pa.Table:
        """The utterances of calls that lost a mention, marked by the texts that they have now."""
        if not picked:
            return rows
        touched = {(row["source"], row["call_id"]) for row in picked}
        pairs = list(zip(rows["source"].to_pylist(), rows["call_id"].to_pylist(), strict=True))
        places = [place for place, pair in enumerate(pairs) if pair in touched]
        said = rows.take(columns.integers(places))
        marked, _ = with_facts(_as_read(said))
        for name in UTTERANCE_FACTS:
            rows = with_values(rows, name, places, None, marked[name].to_pylist())
        self._said.append(said)
        return rows

    def _with_new_ids(self, rows: pa.Table, name: str) -> pa.Table:
        renamed = self._renamed[name]
        if not renamed:
            return rows
        pairs = zip(rows["source"].to_pylist(), rows[name].to_pylist(), strict=True)
        new = {place: renamed[pair] for place, pair in enumerate(pairs) if pair in renamed}
        return with_values(rows, name, list(new), None, list(new.values()))

    def _cleaned_keys(self, table: Table, rows: pa.Table) -> pa.Table:
        """The map of when each field was observed, without names of fields that hold something."""
        held = {
            place: pairs
            for place, pairs in enumerate(rows["field_observed_at"].to_pylist())
            if pairs and any(self._finder.finds(name) for name, _ in pairs)
        }
        self._count(table, "field_observed_at", len(held))
        cleaned = [
            [pair for pair in pairs if not self._finder.finds(pair[0])] or None for pairs in held.values()
        ]
        return with_values(rows, "field_observed_at", list(held), None, cleaned)

    def _with_new_digests(self, rows: pa.Table) -> pa.Table:
        """Calls whose transcripts lost a mention have a digest from which it can't be guessed."""
        if not self._retold:
            return rows
        import pyarrow as pa

        # A file may end within a call.
        said = pa.concat_tables(self._said).sort_by(
            [(name, "ascending") for name in ("source", "call_id", "position")]
        )
        _, told = with_facts(_as_read(said))
        facts = {(row["source"], row["call_id"]): row for row in told.to_pylist()}
        pairs = list(zip(rows["source"].to_pylist(), rows["call_id"].to_pylist(), strict=True))
        places = [place for place, pair in enumerate(pairs) if pair in self._retold]
        for name in TRANSCRIPT_FACTS:
            rows = with_values(rows, name, places, None, [facts[pairs[place]][name] for place in places])
        return with_values(rows, "transcript_digest", places, self._new_digest)

    def _new_digest(self, digest: str | None) -> str | None:
        if digest is None or self._key is None:
            return digest
        return self._key.retold(digest)


def _as_read(said: pa.Table) -> pa.Table:
    """Utterances of a lake, a call's together and in order, as `with_facts` takes them."""
    pairs = zip(said["source"].to_pylist(), said["call_id"].to_pylist(), strict=True)
    numbers: dict[tuple[str, str], int] = {}
    records = columns.integers([numbers.setdefault(pair, len(numbers)) for pair in pairs])
    said = said.drop_columns(["position", "text_key", *UTTERANCE_FACTS])
    return said.append_column("export_no", columns.integers([1] * len(said))).append_column("record", records)


def over_turns_of(rows: pa.Table, finder: Finder, *, are_parts: bool = False) -> set[int]:
    """The places of utterances that hold a number together with others of their call and speaker; `are_parts`
    says that they are the finder's `parts` alone."""
    import numpy as np

    if not finder.looks_for_numbers:
        return set()
    maybe = np.arange(len(rows)) if are_parts else finder.parts(rows["text"])
    picked = rows.select([*_TURN, "position", "text"]).take(columns.from_numpy(maybe))
    of_numbers = finder.among_parts(picked["text"], picked.select(_TURN))
    maybe, picked = maybe[of_numbers], picked.take(columns.from_numpy(of_numbers))
    said: dict[tuple[str, str, str], list[tuple[int, int, str]]] = defaultdict(list)
    for place, row in zip(maybe.tolist(), picked.to_pylist(), strict=True):
        if is_part(row["text"]):
            said[row["source"], row["call_id"], row["speaker"]].append((row["position"], place, row["text"]))
    touched: set[int] = set()
    for parts in said.values():
        ordered = sorted(parts)
        if len(ordered) > 1:
            found = over_turns([text for _, _, text in ordered], finder.is_number, finder.endings)
            touched.update(ordered[at][1] for at in found)
    return touched


def random_id() -> str:
    """An id derived from nothing."""
    return "erased_" + "".join(secrets.choice(_ID_CHARACTERS) for _ in range(20))


def with_values(
    rows: pa.Table,
    name: str,
    places: Iterable[int],
    change: Callable[[Any], Any] | None,
    values: list[Any] | None = None,
) -> pa.Table:
    """The rows with other values of a column at these places: those given, or the old ones changed."""
    import numpy as np
    import pyarrow as pa

    at = np.asarray(list(places), np.int64)
    if not len(at):
        return rows
    column = rows[name].combine_chunks()
    if change is not None:
        values = [change(value) for value in column.take(columns.from_numpy(at)).to_pylist()]
    is_text = pa.types.is_string(column.type)
    fresh = columns.texts(values or []) if is_text else pa.array(values, column.type)
    order = np.arange(len(rows))
    order[at] = len(rows) + np.arange(len(at))
    both = pa.concat_arrays([column, fresh]).take(columns.from_numpy(order))
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), both)


def _nothing(_value: Any) -> None:
    """What was there goes."""


def _to_the_hour(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(minute=0, second=0, microsecond=0)
