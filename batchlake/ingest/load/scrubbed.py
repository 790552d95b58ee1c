"""Takes a platform's own scrubbed transcript in the place of the raw one, where an export brings both.

Input: a batch of records as they were read, of a lake that is redacted. Output: the same, where a record with
an own field such as `scrubbed_transcript_with_tool_calls` has the utterances of this field. The raw
counterpart of a `scrubbed_...` field isn't kept, nor is any other form of the raw transcript. What is taken
is redacted by our rules all the same: a platform's own redaction covers less than it seems.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np

from batchlake.engine import columns
from batchlake.ingest.load.record_batches import RecordBatch, utterances_table
from batchlake.ingest.parse.fields import field_list
from batchlake.ingest.parse.json_values import JSON_FAULTS, fields_of, is_nothing, joined, opens, text_of
from batchlake.ingest.parse.parts import Utterances
from batchlake.ingest.parse.utterances import SpeechReader, digest_of
from batchlake.privacy.sieves import places_of

SCRUBBED: Final = "scrubbed_"
"""How the names of own fields begin that their platform has redacted."""

SCRUBBED_LINK: Final = f"{SCRUBBED}recording_url"
"""The own field of a recording that its platform has redacted: that one is kept, the raw one isn't."""

_TRANSCRIPT: Final = "transcript"

Fields = Mapping[str, bytes | msgspec.Raw]


def with_scrubbed(batch: RecordBatch) -> RecordBatch:
    """A batch with what the platform has redacted, without the raw counterparts."""
    reader = SpeechReader(field_list(batch.format))
    said = Utterances()
    extras: dict[int, str | None] = {}
    digests: dict[int, str | None] = {}
    texts: dict[int, str | None] = {}
    for at in places_of(batch.records["extra"], f'"{SCRUBBED}').tolist():
        try:
            fields = fields_of(batch.records["extra"][at].as_py().encode())
        except JSON_FAULTS:
            continue
        scrubbed = {key: value for key, value in fields.items() if _is_scrubbed(key, value)}
        if not scrubbed:
            continue
        name = next((key for key in scrubbed if key.startswith(SCRUBBED + _TRANSCRIPT)), None)
        if name is not None:
            transcript = msgspec.Raw(bytes(scrubbed[name]))
            before = len(said.text)
            texts[at], _ = reader.read(transcript, name, said, {})
            if len(said.text) > before or texts[at]:
                digests[at] = digest_of(transcript)
            else:
                # Nothing of it can be used as a transcript: ours redacts the raw one.
                said.counts.pop()
                del texts[at]
                name = None
        extras[at] = joined(_without_raw(fields, scrubbed, with_transcript=name is not None)).decode()
    batch = replace(batch, records=columns.with_texts(batch.records, "extra", extras))
    if not texts:
        return batch
    records = columns.with_texts(batch.records, "transcript", texts)
    records = columns.with_texts(records, "transcript_digest", digests)
    return _retold(replace(batch, records=records), list(texts), said)


def scrubbed_link(extra: str) -> str | None:
    """The recording that a platform has redacted, of a record's own fields; None where they name none.

    >>> scrubbed_link('{"scrubbed_recording_url":"https://a.example/1.wav"}')
    'https://a.example/1.wav'
    """
    try:
        fields = fields_of(extra.encode())
    except JSON_FAULTS:
        return None
    is_text = SCRUBBED_LINK in fields and opens(fields[SCRUBBED_LINK], b'"')
    return text_of(fields, SCRUBBED_LINK) if is_text else None


def _is_scrubbed(key: str, value: bytes | msgspec.Raw) -> bool:
    """Whether an own field is what its platform has redacted, and says something."""
    return key.startswith(SCRUBBED) and not is_nothing(value) and bytes(value) != b"[]"


def _without_raw(fields: Fields, scrubbed: Fields, *, with_transcript: bool) -> Fields:
    """Own fields without raw counterparts of scrubbed ones; `with_transcript`, without any raw transcript."""
    raw = {key.removeprefix(SCRUBBED) for key in scrubbed if not key.startswith(SCRUBBED + _TRANSCRIPT)}
    return {
        key: value
        for key, value in fields.items()
        if key not in raw and not (with_transcript and key.startswith(_TRANSCRIPT))
    }


def _retold(batch: RecordBatch, places: list[int], said: Utterances) -> RecordBatch:
    """A batch in which the records of these places said this."""
    import pyarrow as pa

    counts = batch.counts.copy()
    of_record = np.repeat(np.arange(len(counts)), counts)
    counts[places] = said.of_each()
    kept = np.flatnonzero(~np.isin(of_record, places))
    new = utterances_table(said).cast(batch.utterances.schema)
    together = pa.concat_tables([batch.utterances.take(columns.from_numpy(kept)), new])
    order = np.argsort(
        np.concatenate([of_record[kept], np.repeat(np.array(places, np.int64), said.of_each())]),
        kind="stable",
    )
    return replace(batch, counts=counts, utterances=together.take(columns.from_numpy(order)))
