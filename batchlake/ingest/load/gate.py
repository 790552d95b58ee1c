"""Keeps erased people out of what is loaded, before anything is written: not even spill holds them.

Input: batches of records as they were read, and how their ids, numbers and times are typed. Output: the same
without records of erased calls and numbers, and without mentions of erased numbers in others. What is kept
out still counts where a batch's observation counts the calls that it lists.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from batchlake.engine import columns
from batchlake.ingest.load.record_batches import RecordBatch
from batchlake.privacy.digits import FEWEST_DIGITS
from batchlake.privacy.finder import ERASED
from batchlake.privacy.key import key_of_lake, read_policy
from batchlake.privacy.sieves import SHORTEST_ID, places_of
from batchlake.privacy.speech import hits_in_lists, is_part, over_turns, without_lists
from batchlake.privacy.tombstones import Tombstones
from batchlake.schema import contact_of
from batchlake.store.delta.tables import LakeTables

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from batchlake.store.ledger import Ledger

GATED: Final = (
    "identity", "batch_id", "to_number", "from_number", "direction", "started_at", "created_at",
    "status_reported", "export_no", "record", "document", "source",
)  # fmt: skip
"""What the gate asks of the typed rows of calls."""

_JSON_TEXT: Final = re.compile(r"\s*[\[{]")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.){1,256})"')
_TIME: Final = "_at"
_NO_MOMENT: Final = (
    r"^(?:[^12]|.[^09]|.{0,18}$|.{36,}|.{4}[^-]|.{7}[^-]|.{10}[^T ]|.{13}[^:]|.{16}[^:]|.*[^-+:.0-9TZ ])"
)
"""What a text matches that is no moment such as `2024-01-01T12:00:10Z`."""

_SHORT_TEXT: Final = 64
"""Bytes of a text that takes no longer to be read than to be sieved before: most ids and numbers."""

_PLACE: Final = ("export_no", "record")
"""What no two records have in common."""

Changes = dict[int, str | None]

_OWN_COLUMNS: Final = frozenset({"transcript_digest"})
_IDS: Final = frozenset({"call_id", "batch_id", "envelope_batch_id"})


@dataclass(frozen=True, slots=True)
class Speech:
    """The utterances of a batch of which nobody who was erased is left, and whose records had one."""

    utterances: pa.Table
    is_retold: NDArray[np.bool_]


class Gate:
    """Judges the records of a run.

    Args:
        tombstones: everybody who was erased.
        sources: those that they may be of.

    Attributes:
        kept_out: records of erased calls and numbers that were dropped.
        came_after: calls of erased numbers that began after the erasure, and came in.
    """

    def __init__(self, tombstones: Tombstones, sources: Sequence[str]) -> None:
        self._tombstones = tombstones
        self._finder = tombstones.finder()
        sizes = tombstones.prints.ids.sizes if tombstones.prints else {SHORTEST_ID}
        self._shortest = min(FEWEST_DIGITS, *sizes)
        self._sources = tuple(sources)
        self.kept_out = 0
        self.came_after = 0

    @classmethod
    def of(cls, tables: LakeTables, ledger: Ledger, sources: Sequence[str]) -> Gate | None:
        """The gate of a lake, None where nobody was erased.

        Raises:
            PrivacyKeyMissing, WrongPrivacyKey: somebody was, and who can't be known here.
        """
        policy = read_policy(tables.storage)
        if not policy.get("key_id"):
            return None
        tombstones = Tombstones.read(tables, key_of_lake(tables.storage, policy), ledger)
        return cls(tombstones, sources) if tombstones else None

    def judge(self, typed: pa.Table) -> NDArray[np.bool_]:
        """Which calls may come in, by the rows of `GATED`."""
        tombstones, finder = self._tombstones, self._finder
        kept = np.ones(len(typed), bool)
        kept[tombstones.erased_calls(typed["source"], typed["identity"])] = False
        sides = ("direction", "to_number", "from_number")
        is_likely = np.zeros(len(typed), bool)
        for side in sides[1:]:
            is_likely[finder.whole_candidates(typed[side])] = True
        likely = np.flatnonzero(is_likely)
        # Texts and times become objects in the rows alone that may be a number's.
        some = typed.select(sides).take(columns.from_numpy(likely))
        of_each = zip(*(some[side].to_pylist() for side in sides), strict=True)
        for at, given in zip(likely.tolist(), of_each, strict=True):
            contact = contact_of(*given)
            if contact and finder.is_whole(contact) and kept[at]:
                began = typed["started_at"][at].as_py() or typed["created_at"][at].as_py()
                kept[at] = not tombstones.keeps_out(contact, began)
                self.came_after += bool(kept[at])
        self.kept_out += int((~kept).sum())
        return kept

    def _without(self, batch: RecordBatch, kept: NDArray[np.bool_]) -> RecordBatch:
        """A batch without the records that may not come in."""
        if kept.all():
            return batch
        records = batch.records.take(columns.from_numpy(np.flatnonzero(kept)))
        spoken = np.flatnonzero(np.repeat(kept, batch.counts))
        places = _places_of(batch.records)
        gone = {place for place, is_kept in zip(places, kept.tolist(), strict=True) if not is_kept}
        faults = _places_of(batch.faults)
        kept_faults = np.array([at for at, place in enumerate(faults) if place not in gone], np.int64)
        return replace(
            batch,
            records=records,
            faults=batch.faults.take(columns.from_numpy(kept_faults)),
            utterances=batch.utterances.take(columns.from_numpy(spoken)),
            counts=batch.counts[kept],
        )

    def cleaned(
        self,
        given: RecordBatch,
        speech: Speech,
        kept: NDArray[np.bool_],
        contacts: Callable[[], frozenset[str]],
    ) -> RecordBatch:
        """A batch without erased people.

        Args:
            given: the batch.
            speech: its own, as `cleaned_speech` has it.
            kept: which of its records may come in.
            contacts: gives the numbers of those who called again since.
        """
        import pyarrow.compute as pc

        batch = self._without(replace(given, utterances=speech.utterances), kept)
        retold = set(np.flatnonzero(speech.is_retold[kept]).tolist())
        records = batch.records
        names = []
        for name in records.column_names:
            if str(records.schema.field(name).type) != "string" or name in _OWN_COLUMNS:
                continue
            texts = records[name]
            if name.endswith(_TIME) and len(places_of(texts, _NO_MOMENT)) == 0:
                # They are typed, and no text is kept of them; read as numbers, some would be somebody's.
                continue
            longest = pc.max(pc.binary_length(texts)).as_py()
            if longest is not None and longest >= self._shortest:
                names.append(name)
        changed: dict[str, Changes] = defaultdict(dict)
        for at, text in self._changed_alike([records[name] for name in names], contacts).items():
            changed[names[at // len(records)]][at % len(records)] = text
        for name, of_column in changed.items():
            if name in _IDS:
                of_column = {at: self.id_of(records[name][at].as_py()) for at in of_column}
            records = columns.with_texts(records, name, of_column)
        retold.update(changed.get("transcript", ()))
        if retold:
            digests = records["transcript_digest"].to_pylist()
            key = self._tombstones.key
            new = {at: key.retold(digests[at]) if digests[at] else None for at in sorted(retold)}
            records = columns.with_texts(records, "transcript_digest", new)
        return replace(batch, records=records)

    def cleaned_speech(self, batch: RecordBatch) -> Speech:
        """The utterances of a batch without mentions of erased numbers."""
        utterances = batch.utterances
        of_record = np.repeat(np.arange(len(batch.counts)), batch.counts)
        is_retold = np.zeros(len(batch.counts), bool)
        whole, parts = self._finder.said(utterances["text"])
        spoken: Collection[int] = ()
        for name in ("text", "extra", "given"):
            texts = utterances[name]
            is_text = name == "text"
            hits = self._finder.hits(texts, whole) if is_text else self._hits(texts)
            changed = self._changed(texts, hits)
            if is_text:
                over_turns = self._over_turns(utterances, of_record, parts)
                changed |= dict.fromkeys(over_turns - changed.keys(), ERASED)
                spoken = changed.keys()
            elif spoken:
                # What was taken out of a text stands in its list of words, too.
                for at in spoken:
                    text = changed.get(at, texts[at].as_py())
                    if text is not None:
                        changed[at] = without_lists(text)
            if changed:
                utterances = columns.with_texts(utterances, name, changed)
                is_retold[of_record[list(changed)]] = True
        return Speech(utterances, is_retold)

    def _over_turns(
        self, utterances: pa.Table, of_record: NDArray[np.int64], parts_at: NDArray[np.int64]
    ) -> set[int]:
        """The places of utterances over which one speaker reads out an erased number.

        Args:
            of_record: the record of each utterance, by its place.
            parts_at: the places of those that may be a part.
        """
        if not self._finder.looks_for_numbers:
            return set()
        said: dict[tuple[int, str | None], list[tuple[int, str]]] = defaultdict(list)
        speakers = utterances["speaker"]
        texts = utterances["text"].take(columns.from_numpy(parts_at)).to_pylist()
        for at, text in zip(parts_at.tolist(), texts, strict=True):
            if is_part(text):
                said[int(of_record[at]), speakers[at].as_py()].append((at, text))
        touched: set[int] = set()
        for parts in said.values():
            if len(parts) > 1:
                found = over_turns([text for _, text in parts], self._finder.is_number)
                touched.update(parts[place][0] for place in found)
        return touched

    def _changed_alike(
        self, several: Sequence[pa.ChunkedArray], contacts: Callable[[], frozenset[str]]
    ) -> Changes:
        """New texts by the places of those that held something, in columns of one size behind each other.

        As one column: to set up a search takes as long as to search a thousand texts. What columns say again
        and again, a state or a batch, is searched once. Short texts aren't sieved before they are read.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = pa.chunked_array([chunk for column in several for chunk in column.chunks], pa.string())
        distinct = texts.unique().drop_null()
        # Compared with a number of Python's, a column imports pandas where that is installed.
        most = columns.integers([_SHORT_TEXT])[0]
        long = columns.places(pc.greater(pc.binary_length(distinct), most))
        likely = self._finder.candidates(distinct.take(columns.from_numpy(long)))
        among = np.delete(np.arange(len(distinct)), np.delete(long, likely))
        changes = self._changed(distinct, self._hits(distinct, among), contacts)
        if not changes:
            return {}
        found = {distinct[at].as_py(): text for at, text in changes.items()}
        places = columns.places(pc.is_in(texts, columns.texts(list(found))))
        return {at: found[texts[at].as_py()] for at in places.tolist()}

    def _hits(self, texts: pa.ChunkedArray, among: NDArray[np.int64] | None = None) -> set[int]:
        """The places of texts that hold something, also word by word in a list."""
        return {*self._finder.hits(texts, among), *hits_in_lists(self._finder, texts)}

    def _changed(
        self,
        texts: pa.ChunkedArray,
        places: Iterable[int],
        contacts: Callable[[], frozenset[str]] = frozenset,
    ) -> Changes:
        """New texts by the places of those that hold something."""
        found: Changes = {}
        for at in places:
            text = texts[at].as_py()
            if text in contacts() and self._finder.is_whole(text):
                continue
            clean = self._finder.erased_json if _JSON_TEXT.match(text) else self._finder.erased
            found[at] = clean(text)
        return found

    def id_of(self, given: str | None) -> str | None:
        """An id without an erased number in it: the same for the same id."""
        if given is None or not self._finder.finds(given):
            return given
        return self._tombstones.key.pseudonym("erased", given)

    def text_of(self, text: str) -> str:
        """A location without an erased number."""
        return self._finder.erased(text)

    def problem(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A problem without what is erased; its raw text goes whole where something is in it."""
        cleaned = dict(facts)
        for name in ("message", "field", "location"):
            if isinstance(cleaned.get(name), str):
                cleaned[name] = self._finder.erased(cleaned[name])
        raw = cleaned.get("raw")
        if isinstance(raw, str) and (self._finder.finds(raw) or self._names_call(raw)):
            cleaned["raw"] = None
        cleaned["batch_id"] = self.id_of(cleaned.get("batch_id"))
        return cleaned

    def _names_call(self, raw: str) -> bool:
        """Whether a text of an export holds the id of an erased call, in quotes."""
        for match in _QUOTED.finditer(raw):
            try:
                one = json.loads(match[0])
            except ValueError:
                one = match[1]
            if any(self._tombstones.is_erased_call(source, one) for source in self._sources):
                return True
        return False


def in_order_of(records: pa.Table, typed: pa.Table) -> pa.Table:
    """The typed rows of some records, in the order of these: a join gives its rows in any order."""
    if all(typed[name].equals(records[name]) for name in _PLACE):
        return typed
    order, of_typed = (
        np.lexsort([columns.to_numpy(rows[name], np.int64) for name in reversed(_PLACE)])
        for rows in (records, typed)
    )
    at_place = np.empty(len(order), np.int64)
    at_place[order] = of_typed
    return typed.take(columns.from_numpy(at_place))


def _places_of(rows: pa.Table) -> list[tuple[int, int]]:
    """The export of each row, and its record there, by their numbers."""
    return list(zip(rows["export_no"].to_pylist(), rows["record"].to_pylist(), strict=True))
