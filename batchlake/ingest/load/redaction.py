"""Redacts what is loaded before anything is written, by the policy of the lake.

Input: batches of records as they were read. Output: the same with classes in running text and pseudonyms in
the
columns of numbers, and counts. The policy is the lake's: once redacted, every ingest and pull is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from batchlake.engine import columns
from batchlake.errors import InvalidRequest
from batchlake.ingest.load.record_batches import RecordBatch
from batchlake.privacy.key import find_key, key_of_lake, make_key, read_policy
from batchlake.privacy.redactor import Redactor
from batchlake.privacy.speech import is_part
from batchlake.schema import BATCHES, CALLS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.storage import PRIVACY_NOTE

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS: Final = ("summary", "agent_name", "outcome_label", "ended_by", "user_id", "transcript")
_JSON_TEXTS: Final = ("extra", "reported_common_responses")
_NUMBER: Final = "_number"
"""How the columns of numbers end, of every platform: `to_number`, `customer_number`, `lead_number`."""

_KNOWN: Final = frozenset(
    {column.name for table in (CALLS, BATCHES) for column in table.columns}
    | {"updated_at", "exported_at", "envelope_batch_id", "envelope_exported_at"}
)
_NO_TEXT: Final = ("_id", "_at", "_seconds", "_cents")
"""How columns end that a platform has of its own and that are no text."""

_LINKS: Final = ("recording_url",)
_FEWEST_TOGETHER: Final = 7


class Redaction:
    """Redacts the records of one run; `counts` says how many values of each kind."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    @classmethod
    def of(
        cls, tables: LakeTables, kinds: Sequence[str], region: str | None, *, is_new: bool, dry_run: bool
    ) -> Redaction | None:
        """The redaction of a lake, None where nothing is redacted.

        Args:
            tables: the lake's.
            kinds: what this ingest asks for; none leaves it to the lake.
            region: in which numbers without `+` are read, where the lake has no policy yet.
            is_new: whether the lake holds no call yet.
            dry_run: write no policy and make no key.

        Raises:
            InvalidRequest: the lake's policy is another, or it holds plain calls.
            PrivacyKeyMissing, WrongPrivacyKey: its pseudonyms can't be made here.
        """
        policy = read_policy(tables.storage)
        held = policy.get("redact")
        if held is None and not kinds:
            return None
        if held is None:
            if not is_new:
                raise InvalidRequest(
                    "this lake holds calls that were not redacted: one contact would be two. Ingest the "
                    "exports "
                    "with --redact into a new lake."
                )
            Redactor(tuple(kinds))
            policy |= {"version": 1, "redact": sorted(set(kinds)), "region": region}
            if not dry_run:
                key = (
                    key_of_lake(tables.storage, policy) if policy.get("key_id") else find_key() or make_key()
                )
                policy["key_id"] = key.key_id
                tables.storage.write_note(PRIVACY_NOTE, json.dumps(policy).encode())
        elif kinds and sorted(set(kinds)) != held:
            raise InvalidRequest(f"this lake redacts {', '.join(held)}; another choice needs a new lake.")
        known = key_of_lake(tables.storage, policy) if policy.get("key_id") else None
        return cls(Redactor(tuple(policy["redact"]), known, policy.get("region")))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many values of each kind were redacted."""
        return dict(sorted(self._redactor.counts.items()))

    def cleaned(self, batch: RecordBatch) -> RecordBatch:
        """A batch without values."""
        records = batch.records
        for name in records.column_names:
            if name.endswith(_NUMBER):
                records = self._with_pseudonyms(records, name)
            elif name in _TEXTS or name in _JSON_TEXTS or _is_own_text(records, name):
                change = self._redactor.json_text if name in _JSON_TEXTS else self._redactor.text
                records = _changed(records, name, self._found(records[name], change))
            elif name in _LINKS:
                links = self._found(records[name], self._redactor.text)
                records = _changed(records, name, dict.fromkeys(links))
        faults = batch.faults
        raw = self._found(faults["raw"], self._redactor.json_text)
        return replace(
            batch,
            records=records,
            utterances=self._cleaned_speech(batch),
            faults=_changed(faults, "raw", raw),
        )

    def problem(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A problem without values in its raw text, message and location."""
        cleaned = dict(facts)
        for name in ("raw", "message", "location"):
            if isinstance(cleaned.get(name), str):
                cleaned[name] = self._redactor.json_text(cleaned[name])
        return cleaned

    def text_of(self, text: str) -> str:
        """A location without values."""
        return self._redactor.text(text)

    def _found(self, texts: pa.ChunkedArray, change: Any) -> dict[int, str | None]:
        found: dict[int, str | None] = {}
        for at in self._redactor.candidates(texts).tolist():
            text = texts[at].as_py()
            again = change(text)
            if again != text:
                found[at] = again
        return found

    def _with_pseudonyms(self, records: pa.Table, name: str) -> pa.Table:
        values = records[name].to_pylist()
        if not any(values):
            return records
        redacted = {at: self._redactor.number(value) for at, value in enumerate(values) if value}
        return _changed(records, name, redacted)

    def _cleaned_speech(self, batch: RecordBatch) -> pa.Table:
        utterances = batch.utterances
        of_record = np.repeat(np.arange(len(batch.counts)), batch.counts)
        changes = {"text": self._redactor.text, "extra": self._redactor.json_text}
        for name, change in (changes | {"given": self._redactor.json_text}).items():
            changed = self._found(utterances[name], change)
            utterances = _changed(utterances, name, changed)
            if name == "text" and "phone" in self._redactor.kinds:
                utterances = self._over_turns(utterances, of_record)
        return utterances

    def _over_turns(self, utterances: pa.Table, of_record: Any) -> pa.Table:
        """Numbers read out over several turns of one speaker."""
        texts, speakers = utterances["text"], utterances["speaker"]
        said: dict[tuple[int, str | None], list[tuple[int, str]]] = defaultdict(list)
        for at in self._redactor.parts_of(texts).tolist():
            text = texts[at].as_py()
            if is_part(text):
                said[int(of_record[at]), speakers[at].as_py()].append((at, text))
        changed: dict[int, str | None] = {}
        for parts in said.values():
            if (
                len(parts) > 1
                and sum(map(self._redactor.digits_in, (text for _, text in parts))) >= _FEWEST_TOGETHER
            ):
                again = self._redactor.parts([text for _, text in parts])
                changed |= dict(zip((at for at, _ in parts), again, strict=True))
        return _changed(utterances, "text", changed)


def _is_own_text(records: pa.Table, name: str) -> bool:
    """Whether a column is a platform's own, of text."""
    is_text = str(records.schema.field(name).type) == "string"
    return is_text and name not in _KNOWN and not name.endswith(_NO_TEXT)


def _changed(rows: pa.Table, name: str, changed: Mapping[int, str | None]) -> pa.Table:
    if not changed:
        return rows
    values = rows[name].to_pylist()
    for at, value in changed.items():
        values[at] = value
    return rows.set_column(rows.schema.get_field_index(name), name, columns.texts(values))
