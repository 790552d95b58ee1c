"""Normalizes records: batches of columns in, rows in the staging tables and utterances in files out.

It works through the files of `sql/sources` and `sql/ingest`, one batch of records at a time, on one thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.ingest.load.macros import make_macros
from batchlake.ingest.load.record_batches import SPEAKER, RecordBatch
from batchlake.ingest.load.transcript_facts import with_facts
from batchlake.ingest.load.transcripts import TranscriptFiles, once_each
from batchlake.ingest.parse.fields import BATCHES, CALLS, field_list, source_file
from batchlake.ingest.parse.json_values import extra_text, fields_of
from batchlake.ingest.parse.platforms.units import UNITS
from batchlake.schema import DEFAULT_SOURCE, SEGMENTS, contact_of

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from batchlake.ingest.load.gate import Gate
    from batchlake.ingest.load.redaction import Redaction

_STAGED: Final = {CALLS: "staged_calls", BATCHES: "staged_batches"}

_OTHER_STAGED: Final = (
    "create table staged_problems (export_no bigint, document bigint, location varchar, "
    "record bigint, line bigint, byte bigint, level varchar, code varchar, field varchar, "
    "message varchar, raw varchar, call_id varchar, batch_id varchar, source varchar, "
    "envelope_exported_at varchar, observed_at timestamptz); "
    "create table kept_out_calls (export_no bigint, document bigint, status_reported varchar); "
    "create table extra_of_utterances (field varchar, records bigint)"
)

_NONE_SPOKE: Final = (
    "create or replace table spoken_records (export_no bigint, record bigint, source varchar, "
    "call_id varchar, batch_id varchar, segment_count bigint, turns bigint, human_turns bigint, "
    "human_words bigint, words bigint, measured_response_seconds double, transcript_file bigint)"
)
"""Which records have a transcript with an utterance that can be used, and its facts: of calls without any."""


class Normalizer:
    """Makes the staging tables and fills them.

    Args:
        engine: holds `staged_calls`, `staged_batches`, `staged_problems` and `read_exports`. It keeps rows in
            their order, by which an utterance and what is read of it belong together.
        transcripts: takes the utterances.
        gate: keeps erased people out, where there are any.
        redaction: redacts what comes in, where the lake is redacted.

    Attributes:
        made: the staging tables that there are.
    """

    def __init__(
        self,
        engine: Engine,
        transcripts: TranscriptFiles,
        gate: Gate | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        if not engine.keeps_order:
            raise ValueError("utterances are put together by their order, which this engine doesn't keep")
        self._engine = engine
        self._transcripts = transcripts
        self._gate = gate
        self._redaction = redaction
        self._exports: pa.Table | None = None
        self._has_begun = False
        self._known_speakers: frozenset[str] = frozenset()
        self.made: set[str] = set()

    def begin(self) -> None:
        """Make what is staged besides records, unless it is there: many a run reads nothing new."""
        if not self._has_begun:
            self._engine.name_statuses()
            self._engine.run(_OTHER_STAGED)
            self._has_begun = True

    def finish(self, no_calls: RecordBatch, exports: pa.Table) -> None:
        """Make the staging tables that no record has called for, and name all the exports that were read."""
        self.normalize([] if _STAGED[CALLS] in self.made else [no_calls], exports)
        if _STAGED[BATCHES] not in self.made:
            none = sql_files.load("ingest/load/no_batches").text
            self._engine.run(f"create table {_STAGED[BATCHES]} as {none}")
            self.made.add(_STAGED[BATCHES])

    def normalize(self, batches: Sequence[RecordBatch], exports: pa.Table) -> None:
        """Take some batches of the exports that have been read so far."""
        self.begin()
        if self._exports is None or not exports.equals(self._exports):
            self._engine.run("create or replace table read_exports as from given", given=exports)
            self._exports = exports
        for given in batches:
            # Before anything is kept out or redacted: this is as personal as the rest of `extra`.
            batch = self._with_unknown_speakers(given)
            batch = self._let_in(batch) if self._gate else batch
            batch = self._redaction.cleaned(batch) if self._redaction else batch
            typed = self._typing(batch)
            self._engine.run(f"create or replace table typed_records as {typed}", given=batch.records)
            if batch.kind != BATCHES:
                self._take_transcripts(batch)
            self._stage(batch)
            self._note_faults(batch)

    def _with_unknown_speakers(self, batch: RecordBatch) -> RecordBatch:
        """A batch in which a word for a speaker that no column tells stays in its utterance's `extra`."""
        utterances = batch.utterances
        new = frozenset(utterances["speaker"].unique().drop_null().to_pylist()) - self._known_speakers
        if not new:
            return batch
        given = columns.table({"speaker": columns.texts(sorted(new))})
        found = self._engine.arrow(self._query("transcripts/unknown_speakers"), given_speakers=given)
        unknown = frozenset(found["speaker"].to_pylist())
        self._known_speakers |= new - unknown
        if not unknown:
            return batch
        extras = [
            _with_speaker(extra, speaker) if speaker in unknown else extra
            for extra, speaker in zip(
                utterances["extra"].to_pylist(), utterances["speaker"].to_pylist(), strict=True
            )
        ]
        place = utterances.column_names.index("extra")
        return replace(batch, utterances=utterances.set_column(place, "extra", columns.texts(extras)))

    def _let_in(self, batch: RecordBatch) -> RecordBatch:
        """A batch without erased people."""
        gate = self._gate
        assert gate is not None  # noqa: S101 - asked for only where there is one
        with ThreadPoolExecutor(1, "speech") as thread:
            # Most of what is looked through is speech; who calls is another question.
            speech = thread.submit(gate.cleaned_speech, batch)
            kept, contacts = self._judged(batch, gate)
            return gate.cleaned(batch, speech.result(), kept, contacts)

    def _judged(
        self, batch: RecordBatch, gate: Gate
    ) -> tuple[NDArray[np.bool_], Callable[[], frozenset[str]]]:
        """Which records of a batch may come in, and what gives the numbers of their contacts."""
        from batchlake.ingest.load.gate import GATED, in_order_of

        if batch.kind == BATCHES or not batch.records.num_rows:
            return np.ones(len(batch.records), bool), frozenset
        typed = self._engine.arrow(
            f"select {', '.join(GATED)} from ({self._typing(batch)})", given=batch.records
        )
        typed = in_order_of(batch.records, typed)
        kept = gate.judge(typed)
        out = typed.select(["export_no", "document", "status_reported"]).filter(columns.from_numpy(~kept))
        if len(out):
            self._engine.run("insert into kept_out_calls by name from given", given=out)
        inside = typed.filter(columns.from_numpy(kept))

        @cache
        def contacts() -> frozenset[str]:
            # Asked for where a number is found that was erased: nearly never.
            sides = (inside[name].to_pylist() for name in ("direction", "to_number", "from_number"))
            return frozenset(filter(None, map(contact_of, *sides)))

        return kept, contacts

    def _take_transcripts(self, batch: RecordBatch) -> None:
        """Write what was said in the calls read, and make the table `spoken_records`."""
        is_split = self._engine.exists_any("from typed_records where transcript is not null")
        if not batch.utterances.num_rows and not is_split:
            # Of a call that has just begun; to plan the queries for utterances takes as long as for the call.
            self._engine.run(_NONE_SPOKE)
            return
        utterances = self._type_utterances(batch, is_split=is_split)
        said, spoken = with_facts(utterances.filter(utterances["text"].is_valid()))
        files = columns.from_numpy(self._write_transcripts(said, spoken))
        spoken = spoken.append_column("transcript_file", files)
        self._engine.run("create or replace table spoken_records as from given", given=spoken)
        if _has_faults(utterances):
            self._note("transcripts/utterance_problems", typed_utterances=utterances)
        self._count_extra(utterances)

    def _type_utterances(self, batch: RecordBatch, *, is_split: bool) -> pa.Table:
        """The utterances of the calls read, typed.

        Args:
            batch: the calls.
            is_split: whether a transcript of theirs is one string, to be cut.
        """
        import pyarrow as pa

        arrow = self._engine.arrow
        records = batch.records.select(["export_no", "record"])
        speakers = arrow(self._query("transcripts/speaking_records"), given_records=records)
        typed = arrow(self._query("transcripts/typed_utterances"), given_utterances=batch.spoken())
        utterances = batch.typed_utterances(speakers, typed)
        split = arrow(self._query("transcripts/split_transcripts")) if is_split else None
        if split is None:
            return utterances
        return pa.concat_tables([columns.plain(utterances).select(split.column_names), split])

    def _count_extra(self, utterances: pa.Table) -> None:
        if utterances["extra"].null_count < len(utterances):
            found = sql_files.load("ingest/transcripts/extra_of_utterances").text
            self._engine.run(f"insert into extra_of_utterances {found}", utterances_read=utterances)

    def _stage(self, batch: RecordBatch) -> None:
        """Add the records to the staging table of their kind."""
        rows = (
            "from typed_records" if batch.kind == BATCHES else sql_files.load("ingest/load/usable_calls").text
        )
        table = _STAGED[batch.kind]
        if table in self.made:
            self._engine.run(f"insert into {table} by name {rows}")
        else:
            self._engine.run(f"create table {table} as {rows}")
            self.made.add(table)

    def _write_transcripts(self, said: pa.Table, transcripts: pa.Table) -> NDArray[np.int64]:
        """Write the transcripts of the calls read, a call once into a file; the number of each one's file."""
        if current := self._transcripts.current:
            in_file = "select call_id from staged_calls where transcript_file = $current"
            again = f"select 1 from heard_transcripts where call_id in ({in_file}) limit 1"
            if self._engine.rows(again, {"current": current}, heard_transcripts=transcripts):
                self._transcripts.end_file()
        numbers = np.zeros(len(transcripts), np.int64)
        for part, (rows, places) in enumerate(once_each(said, transcripts)):
            if part:
                self._transcripts.end_file()
            numbers[places] = self._transcripts.write(rows.select(SEGMENTS.column_names()), len(places))
        return numbers

    def _note_faults(self, batch: RecordBatch) -> None:
        """Note the fields that can't be read; most records have none, which is quick to see."""
        if not batch.faults.num_rows and not self._engine.exists_any(
            "from typed_records where len(faults) > 0"
        ):
            return
        names = "* exclude (identity)" if batch.kind == BATCHES else "* rename (identity as call_id)"
        self._note(
            "load/field_problems", names, given_faults=batch.faults, platform_fields=_spelled(batch.format)
        )

    def _note(self, problems: str, names: str = "*", **given: pa.Table) -> None:
        found = f"select {names} from ({self._query(problems)})"
        cleaners = [one for one in (self._gate, self._redaction) if one]
        if cleaners:
            # What can't be typed, such as a number where a time should be, is a text here alone.
            noted = self._engine.arrow(found, **given)
            rows = noted.to_pylist()
            for cleaner in cleaners:
                rows = list(map(cleaner.problem, rows))
            texts = [name for name in noted.column_names if str(noted.schema.field(name).type) == "string"]
            new = {name: columns.texts([row[name] for row in rows]) for name in texts}
            found = "from given"
            given = {"given": columns.table({name: noted[name] for name in noted.column_names} | new)}
        self._engine.run(f"insert into staged_problems by name {found}", **given)

    def _query(self, name: str) -> str:
        """A file of `sql/ingest`, whose macros are there."""
        text = sql_files.load(f"ingest/{name}").text
        make_macros(self._engine, text)
        return text

    def _typing(self, batch: RecordBatch) -> str:
        """The query for `typed_records`: from the records through their platform's file to types."""
        kind, platform = batch.kind, source_file(batch.format).text
        make_macros(self._engine, platform)
        return (
            f"with given_{kind} as (from given),\ncanonical_{kind} as (\n{platform}\n)\n"
            f"select * from (\n{self._query(f'load/typed_{kind}')}\n)"
        )


def _spelled(format_name: str) -> pa.Table:
    """The relation `platform_fields`: each field as another platform spells it, and what its unit expects."""
    known = field_list(format_name)
    rows = []
    for choice in known.choices if known.platform != DEFAULT_SOURCE else ():
        for column, *paths in zip(choice.columns, *choice.alternatives, strict=True):
            units = {choice.units.get(path) for path in paths}
            # Where paths have several units, or some have none, it is expected as the column has it.
            unit = units.pop() if len(units) == 1 else None
            spelled = " or ".join(f"`{path}`" for path in paths)
            rows.append((column, spelled, UNITS[unit].expected if unit else None))
    return columns.table(
        {
            "field": columns.texts([column for column, _, _ in rows]),
            "platform": columns.texts([known.platform] * len(rows)),
            "fields": columns.texts([fields for _, fields, _ in rows]),
            "expected": columns.texts([expected for _, _, expected in rows]),
        }
    )


def _with_speaker(extra: str | None, speaker: str) -> str | None:
    """An utterance's `extra` with the word for its speaker; a field of the platform's own stays."""
    fields = {path: bytes(value) for path, value in fields_of(extra.encode()).items()} if extra else {}
    return extra_text({SPEAKER: json.dumps(speaker).encode()} | fields)


def _has_faults(utterances: pa.Table) -> bool:
    """Whether something given was not read."""
    unread = (utterances[name] for name in ("unread_time", "unread_confidence"))
    return utterances["text"].null_count > 0 or any(len(one) > one.null_count for one in unread)
