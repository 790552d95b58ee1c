"""Types raw records: a table of JSON texts in, rows in the staging tables and utterances in files out.

It works through the files of `sql/sources` and `sql/ingest`, one parcel of records at a time, on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from batchlake import sqlfiles
from batchlake.engine import Engine
from batchlake.ingest import shapes
from batchlake.ingest.transcripts import TranscriptFiles

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_FORMATS: Final = frozenset({shapes.BATCH, shapes.BATCH_STATUS})


@dataclass(frozen=True, slots=True)
class Parcel:
    """Raw records of one format, as the relation `gathered_records` wants them."""

    format: str
    records: pa.Table


class Typist:
    """Makes the staging tables and fills them.

    Args:
        engine: holds `staged_calls`, `staged_batches`, `staged_problems` and `read_exports`.
        transcripts: takes the utterances.
    """

    def __init__(self, engine: Engine, transcripts: TranscriptFiles) -> None:
        self._engine = engine
        self._transcripts = transcripts
        engine.run(sqlfiles.load("ingest/macros").text)
        engine.name_statuses()
        engine.run(
            "create table staged_problems (export_no bigint, location varchar, record bigint, line bigint, "
            "byte bigint, level varchar, code varchar, field varchar, message varchar, raw varchar, "
            "call_id varchar, batch_id varchar, observed_at timestamptz)"
        )

    def make_tables(self, nothing: pa.Table, exports: pa.Table) -> None:
        """Make the staging tables, from no records at all."""
        self._engine.run("create or replace table read_exports as from given", given=exports)
        for name in (shapes.CALL, shapes.BATCH):
            self._read(Parcel(name, nothing))
            if name not in BATCH_FORMATS:
                self._say()
            self._engine.run(f"create table {_staged(name)} as {self._usable(name)}")

    def type(self, parcels: Sequence[Parcel], exports: pa.Table) -> None:
        """Type some parcels of the exports that have been read so far."""
        self._engine.run("create or replace table read_exports as from given", given=exports)
        for parcel in parcels:
            self._read(parcel)
            if parcel.format not in BATCH_FORMATS:
                self._say()
                self._write_transcripts()
            self._engine.run(f"insert into {_staged(parcel.format)} by name {self._usable(parcel.format)}")
            self._note_problems(parcel.format)

    def _read(self, parcel: Parcel) -> None:
        """The table `typed_records` of these records, through the file of their format."""
        kind = "batches" if parcel.format in BATCH_FORMATS else "calls"
        run = self._engine.run
        run("create or replace table gathered_records as from given", given=parcel.records)
        run("create or replace view raw_records as from gathered_records where json_valid(raw)")
        source = sqlfiles.load(f"sources/{parcel.format}")
        run(f"create or replace view canonical_{kind} as {source.text}")
        run(f"create or replace table typed_records as {sqlfiles.load(f'ingest/typed_{kind}').text}")

    def _say(self) -> None:
        """The tables `typed_utterances` and `spoken_records` of the calls read."""
        for table in ("typed_utterances", "spoken_records"):
            self._engine.run(f"create or replace table {table} as {sqlfiles.load(f'ingest/{table}').text}")

    def _usable(self, name: str) -> str:
        if name in BATCH_FORMATS:
            return "from typed_records where is_id(identity)"
        return sqlfiles.load("ingest/usable_calls").text

    def _write_transcripts(self) -> None:
        """Write the transcripts of the calls read; a file holds a call once."""
        row = self._engine.row
        in_file = "select call_id from staged_calls where transcript_file = $current"
        again = f"select count(*) as count from spoken_records where call_id in ({in_file})"
        if row(again, {"current": self._transcripts.current})["count"]:
            self._transcripts.end_file()
        most = row("select coalesce(max(occurrence), 0) as most from spoken_records")["most"]
        for occurrence in range(1, most + 1):
            if occurrence > 1:
                self._transcripts.end_file()
            params = {"occurrence": occurrence}
            of_these = "from spoken_records where occurrence = $occurrence"
            rows = self._engine.arrow(sqlfiles.load("ingest/new_segments").text, params)
            count = row(f"select count(*) as count {of_these}", params)["count"]
            number = self._transcripts.write(rows, count)
            self._engine.run(
                "update spoken_records set transcript_file = $number where occurrence = $occurrence",
                params | {"number": number},
            )
        if most > 1:
            self._transcripts.end_file()

    def _note_problems(self, name: str) -> None:
        run = self._engine.run
        identity = "batch_id" if name in BATCH_FORMATS else "call_id"
        run(f"insert into staged_problems by name {sqlfiles.load('ingest/record_problems').text}")
        run(
            f"insert into staged_problems by name select * rename (identity as {identity}) "
            f"from ({sqlfiles.load('ingest/field_problems').text})"
        )
        if name not in BATCH_FORMATS:
            run(f"insert into staged_problems by name {sqlfiles.load('ingest/utterance_problems').text}")


def _staged(name: str) -> str:
    return "staged_batches" if name in BATCH_FORMATS else "staged_calls"
