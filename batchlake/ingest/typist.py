"""Types records: parcels of columns or JSON texts in, rows in the staging tables and utterances in files out.

It works through the files of `sql/sources` and `sql/ingest`, one parcel of records at a time, on one thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from batchlake import columns, sqlfiles
from batchlake.engine import DatabaseError, Engine, Interrupted
from batchlake.ingest import shapes
from batchlake.ingest.parcel import Parcel
from batchlake.ingest.transcripts import TranscriptFiles
from batchlake.schema import SEGMENTS

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_FORMATS: Final = frozenset({shapes.BATCH, shapes.BATCH_STATUS})


class Typist:
    """Makes the staging tables and fills them.

    Args:
        engine: holds `staged_calls`, `staged_batches`, `staged_problems` and `read_exports`. It keeps rows in
            their order, by which an utterance and what is read of it belong together.
        transcripts: takes the utterances.

    Attributes:
        made: the staging tables that there are.
    """

    def __init__(self, engine: Engine, transcripts: TranscriptFiles) -> None:
        if not engine.keeps_order:
            raise ValueError("utterances are put together by their order, which this engine doesn't keep")
        self._engine = engine
        self._transcripts = transcripts
        self.made: set[str] = set()
        engine.run(sqlfiles.load("ingest/macros").text)
        engine.name_statuses()
        engine.run(
            "create table staged_problems (export_no bigint, location varchar, record bigint, line bigint, "
            "byte bigint, level varchar, code varchar, field varchar, message varchar, raw varchar, "
            "call_id varchar, batch_id varchar, observed_at timestamptz)"
        )

    def finish(self, nothing: Sequence[Parcel], exports: pa.Table) -> None:
        """Make the staging tables that no record has called for, and name all the exports that were read."""
        self.type([parcel for parcel in nothing if _staged(parcel.format) not in self.made], exports)

    def type(self, parcels: Sequence[Parcel], exports: pa.Table) -> None:
        """Type some parcels of the exports that have been read so far."""
        self._engine.run("create or replace table read_exports as from given", given=exports)
        for parcel in parcels:
            self._read(parcel)
            if parcel.format not in BATCH_FORMATS:
                utterances = self._listen(parcel)
                self._write_transcripts(utterances)
                if _has_faults(utterances):
                    self._note("utterance_problems", typed_utterances=utterances)
            self._stage(parcel.format)
            self._note_faults(parcel)

    def _read(self, parcel: Parcel) -> None:
        """The table `typed_records` of these records, through the files of their format."""
        typed = f"create or replace table typed_records as {_typed(parcel)}"
        if parcel.is_regular:
            self._engine.run(typed, given=parcel.records)
            return
        run = self._engine.run
        run(
            "create or replace table gathered_records as select *, true as is_json from given",
            given=parcel.records,
        )
        try:
            run(typed)
        except Interrupted:
            raise
        except DatabaseError:
            # Nearly every record is sound; to ask each costs a parse of it.
            run("update gathered_records set is_json = json_valid(raw)")
            run(typed)

    def _listen(self, parcel: Parcel) -> pa.Table:
        """The utterances of the calls read, typed; and the table `spoken_records`."""
        import pyarrow as pa

        load, arrow = sqlfiles.load, self._engine.arrow
        speakers = arrow(load("ingest/speaking_records").text, given_records=parcel.records)
        typed = arrow(load("ingest/regular_utterances").text, given_utterances=parcel.spoken())
        utterances = parcel.heard(speakers, typed)
        irregular = arrow(load("ingest/irregular_utterances").text) if self._has_transcripts() else None
        self._engine.run(
            f"create or replace table spoken_records as {load('ingest/spoken_records').text}",
            heard_records=speakers.append_column("utterances", columns.from_numpy(parcel.counts)),
            irregular_utterances=utterances.slice(0, 0) if irregular is None else irregular,
        )
        if irregular is None:
            return utterances
        return pa.concat_tables([columns.plain(utterances).select(irregular.column_names), irregular])

    def _has_transcripts(self) -> bool:
        """Whether a transcript is left that SQL must take apart."""
        return self._engine.is_any("from typed_records where transcript is not null")

    def _stage(self, name: str) -> None:
        """Add the usable records to the staging table of their kind."""
        if name in BATCH_FORMATS:
            usable = "from typed_records where is_id(identity)"
        else:
            usable = sqlfiles.load("ingest/usable_calls").text
        table = _staged(name)
        if table in self.made:
            self._engine.run(f"insert into {table} by name {usable}")
        else:
            self._engine.run(f"create table {table} as {usable}")
            self.made.add(table)

    def _write_transcripts(self, utterances: pa.Table) -> None:
        """Write the transcripts of the calls read; a file holds a call once."""
        row = self._engine.row
        if current := self._transcripts.current:
            in_file = "select call_id from staged_calls where transcript_file = $current"
            again = f"from spoken_records where call_id in ({in_file})"
            if self._engine.is_any(again, {"current": current}):
                self._transcripts.end_file()
        spoken = row(
            "select count(*) as transcripts, coalesce(max(occurrence), 0) as most, "
            "coalesce(bool_or(is_gapped), false) as is_gapped from spoken_records"
        )
        if spoken["most"] == 1 and not spoken["is_gapped"]:
            names = [name for name in SEGMENTS.column_names() if name != "text_key"]
            rows = utterances.select(["place" if name == "position" else name for name in names])
            rows = rows.rename_columns(names)
            self._note_file(1, self._transcripts.write(rows, spoken["transcripts"]))
            return
        for occurrence in range(1, spoken["most"] + 1):
            params = {"occurrence": occurrence}
            new = sqlfiles.load("ingest/new_segments").text
            rows = self._engine.arrow(new, params, typed_utterances=utterances)
            counted = "select count(*) as count from spoken_records where occurrence = $occurrence"
            self._note_file(occurrence, self._transcripts.write(rows, row(counted, params)["count"]))
            if occurrence < spoken["most"]:
                self._transcripts.end_file()

    def _note_file(self, occurrence: int, number: int) -> None:
        self._engine.run(
            "update spoken_records set transcript_file = $number where occurrence = $occurrence",
            {"number": number, "occurrence": occurrence},
        )

    def _note_faults(self, parcel: Parcel) -> None:
        """Note what the records lack; most parcels lack nothing, which is quick to see."""
        counted = self._engine.row(
            "select count(*) filter (is_id(identity)) as usable, count(*) filter (len(faults) > 0) as faulty "
            "from typed_records"
        )
        if counted["usable"] < parcel.records.num_rows:
            self._note("record_problems")
        if counted["faulty"]:
            identity = "batch_id" if parcel.format in BATCH_FORMATS else "call_id"
            self._note("field_problems", f"* rename (identity as {identity})")

    def _note(self, problems: str, names: str = "*", **given: pa.Table) -> None:
        found = sqlfiles.load(f"ingest/{problems}").text
        self._engine.run(f"insert into staged_problems by name select {names} from ({found})", **given)


def _has_faults(utterances: pa.Table) -> bool:
    """Whether something given was not read."""
    unread = (utterances[name] for name in ("unread_time", "unread_confidence"))
    return utterances["text"].null_count > 0 or any(len(one) > one.null_count for one in unread)


def _staged(name: str) -> str:
    return "staged_batches" if name in BATCH_FORMATS else "staged_calls"


def _typed(parcel: Parcel) -> str:
    """The query for `typed_records`: from the records through their canonical columns to types."""
    kind = "batches" if parcel.format in BATCH_FORMATS else "calls"
    steps = {}
    if parcel.is_regular:
        steps["call_fields"] = (
            "select *, null::struct(path varchar, value json)[] as extra, "
            "null::struct(field varchar, raw json)[] as misplaced from given"
        )
    else:
        steps["raw_records"] = "select * from gathered_records where is_json"
        if kind == "calls":
            steps["call_fields"] = sqlfiles.load(f"sources/{parcel.format}_fields").text
    steps[f"canonical_{kind}"] = sqlfiles.load(f"sources/{parcel.format}").text
    ctes = ",\n".join(f"{name} as (\n{query}\n)" for name, query in steps.items())
    return f"with {ctes}\nselect * from (\n{sqlfiles.load(f'ingest/typed_{kind}').text}\n)"
