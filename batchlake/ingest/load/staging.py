"""Raw records in, typed rows out: the tables of one run, in a DuckDB of its own.

Records are buffered until they are worth a query (`FLUSH_BYTES`), then read by their format's file of
`sql/sources` and typed by `sql/ingest`, on a thread of its own: reading continues meanwhile. Utterances go to
`TranscriptFiles` at once. Afterwards the engine holds `staged_calls`, `staged_batches`, `staged_problems`,
`observed_calls` and `observed_batches`. Nothing here touches a lake.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns, sql_files
from batchlake.engine.engine import Engine
from batchlake.ingest.load.macros import make_macros
from batchlake.ingest.load.normalize import Normalizer
from batchlake.ingest.load.record_batches import RawRecord, RecordBuffer
from batchlake.ingest.load.transcripts import TranscriptFiles
from batchlake.ingest.parse.fields import BATCHES, field_list
from batchlake.ingest.parse.raw_records import Document, RawRecords
from batchlake.ingest.parse.recognition import SVALYNC_CALLS
from batchlake.schema import DEFAULT_SOURCE

if TYPE_CHECKING:
    import pyarrow as pa

    from batchlake.ingest.load.gate import Gate
    from batchlake.ingest.load.redaction import Redaction

NO_IDENTITY: Final = "no_identity"
NO_IDENTITY_MESSAGE: Final = "no usable id (1 to 256 characters, no control characters) in the record"

FLUSH_BYTES: Final = 48 * 1024 * 1024
_FLUSH_RECORDS: Final = 50_000
_MOST_BATCHES: Final = 10_000
_FEW_CALLS: Final = 10_000


@dataclass(slots=True)
class ReadExport:
    """One export of this run: its number in the run, what it is, and what came of it.

    If no source was named (`is_source_named`), each record has its own platform as its source, and `source`
    becomes that platform where all records have the same. `named_batch_id` is the batch of calls that name
    none. One that is not whole is a record of an export that was read before, tried again by its text alone.
    """

    number: int
    source: str
    export_id: str | None
    location: str
    observed_at: datetime
    bytes: int = 0
    records: int = 0
    etag: str | None = None
    is_whole: bool = True
    is_source_named: bool = False
    named_batch_id: str | None = None


class Staging:
    """The typed rows of one run. Add records, drop what turns out to be cut off, then `finish`.

    Args:
        engine: holds the tables; left alone by others until `finish`.
        transcripts: takes the utterances.
        gate: keeps erased people out, where there are any.
        redaction: redacts what comes in, where the lake is redacted.

    Attributes:
        calls, batch_records, batches: how many observations of calls, records of batches, and observations of
            batches there are, once it is finished.
    """

    def __init__(
        self,
        engine: Engine,
        transcripts: TranscriptFiles,
        gate: Gate | None = None,
        redaction: Redaction | None = None,
    ) -> None:
        self.engine = engine
        self._transcripts = transcripts
        self.calls = self.batch_records = self.batches = 0
        self._exports: list[ReadExport] = []
        self._buffered: dict[str, RecordBuffer] = {}
        self._buffered_bytes = 0
        self._buffered_records = 0
        self._problems: list[dict[str, Any]] = []
        self._last_giver: ReadExport | None = None
        self._provisional: list[tuple[int, Document]] = []
        self._thread = ThreadPoolExecutor(1, "normalizer")
        self._normalizing: Future[None] | None = None
        self._cleaners = [cleaner for cleaner in (gate, redaction) if cleaner]
        self._gate = gate
        self._normalizer = Normalizer(engine, transcripts, gate, redaction)

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop normalizing, whatever is left of it."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        while self._normalizing and not self._normalizing.done():
            # DuckDB forgets an interrupt that comes between two queries.
            self.engine.interrupt()
            wait([self._normalizing], timeout=0.05)
        self._transcripts.stop()

    def begin(self, export: ReadExport) -> None:
        """From here on, records are of this export."""
        self._exports.append(export)

    def add(self, export: ReadExport, records: RawRecords) -> None:
        """Buffer records; have them typed when enough have come."""
        self._last_giver = export
        name = records.format
        if name not in self._buffered:
            self._buffered[name] = RecordBuffer(name)
        self._buffered[name].add(export.number, records)
        self._count(records.bytes, records.count)

    def drop(self, export: ReadExport) -> None:
        """Forget the export that began last, and what it gave."""
        self.forget(export)
        self._exports.pop()

    def forget(self, export: ReadExport, document: int | None = None) -> None:
        """Forget what the export that began last gave from one document on, or all that it gave so far."""
        # Most exports that are dropped have given nothing: the lake holds them.
        if export is self._last_giver:
            self._flush(all_of_it=True)
            self._wait()
            self._normalizer.begin()
            condition = "export_no = $export_no"
            params: dict[str, Any] = {"export_no": export.number}
            tables = [*sorted(self._normalizer.made), "kept_out_calls"]
            if document is None:
                tables.append("staged_problems")
            else:
                # The batches in it have numbers of their own, which follow.
                condition += " and document >= $document"
                params["document"] = document
            for table in tables:
                self.engine.run(f"delete from {table} where {condition}", params)

    def problem(self, export: ReadExport, document: Document | None = None, **facts: Any) -> None:
        """Note one problem; facts are columns of the table `problems`, `document` is where it was found."""
        self._last_giver = export
        self._note(export, document, facts)
        self._count(len(facts.get("raw") or ""), 1)

    def finish(self) -> None:
        """Type the rest and make the observations ready to be merged."""
        import pyarrow as pa

        self._flush(all_of_it=True)
        self._wait()
        no_calls, _ = RecordBuffer(SVALYNC_CALLS).to_batch()
        self._normalizer.finish(no_calls, self._exports_table())
        named = sql_files.load("ingest/load/sources_of_exports").text
        self.engine.run(f"create or replace table read_exports as {named}")
        self._transcripts.end_file()
        # Arrow keeps memory that it is done with; from here on DuckDB needs it.
        pa.default_memory_pool().release_unused()
        self._name_final_envelopes()
        observed = {
            name: sql_files.load(f"ingest/load/{name}").text
            for name in ("observed_calls", "enveloped_batches", "observed_batches")
        }
        make_macros(self.engine, *observed.values())
        self.calls = self.engine.row("select count(*) as calls from staged_calls")["calls"]
        # A view is planned wherever it is asked, which takes longer than to copy few; many are not copied.
        kind = "table" if self.calls <= _FEW_CALLS else "view"
        self.engine.run(f"create {kind} observed_calls as {observed['observed_calls']}")
        # Few next to calls, and asked for often.
        self.batch_records = self.engine.fill(
            f"create table enveloped_batches as {observed['enveloped_batches']}"
        )
        self.batches = self.engine.fill(f"create table observed_batches as {observed['observed_batches']}")

    def _count(self, size: int, records: int) -> None:
        """Count what was buffered; hand it on when it is worth a query."""
        self._buffered_bytes += size
        self._buffered_records += records
        if self._buffered_bytes >= FLUSH_BYTES or self._buffered_records >= _FLUSH_RECORDS:
            self._flush()

    def _flush(self, *, all_of_it: bool = False) -> None:
        """Hand what has been buffered to the normalizer, when what it had before is done.

        Records of batches, unless many or `all_of_it`, are kept until the end: there is one to many calls,
        and to plan their typing takes as long as to type thousands of them.
        """
        self._buffered_bytes = self._buffered_records = 0
        batches = []
        for name, buffered in sorted(self._buffered.items()):
            if not all_of_it and field_list(name).kind == BATCHES and buffered.count < _MOST_BATCHES:
                continue
            del self._buffered[name]
            for some in buffered.runs():
                self._note_provisional(some.export_number, some.run.document)
            batch, nameless = buffered.to_batch()
            batches.append(batch)
            for one in nameless:
                self._note_nameless(one)
        if self._problems:
            problems, self._problems = self._problems, []
            self._wait()
            self._normalizer.begin()
            self.engine.run("insert into staged_problems by name from given", given=_problems_table(problems))
        if batches:
            self._wait()
            self._normalizing = self._thread.submit(
                self._normalizer.normalize, batches, self._exports_table()
            )

    def _note_nameless(self, nameless: RawRecord) -> None:
        """Note the problem of a record without a usable id."""
        run, number = nameless.buffered.run, nameless.buffered.export_number
        facts = {
            "level": "record", "code": NO_IDENTITY, "message": NO_IDENTITY_MESSAGE, "line": run.line,
            "record": run.number + nameless.offset,
            "raw": nameless.raw.decode("utf-8", "backslashreplace"),
        }  # fmt: skip
        export = next(one for one in reversed(self._exports) if one.number == number)
        platform = field_list(run.format).platform
        if platform != DEFAULT_SOURCE and not export.is_source_named:
            facts["source"] = platform
        self._note(export, run.document, facts)

    def _note(self, export: ReadExport, document: Document | None, facts: Mapping[str, Any]) -> None:
        place: dict[str, Any] = {"export_no": export.number, "location": export.location}
        if document is not None:
            envelope = document.known
            place |= {"batch_id": envelope.batch_id, "envelope_exported_at": envelope.exported_at}
            if document.number:
                place["document"] = document.number
                self._note_provisional(export.number, document)
        noted = place | dict(facts)
        for cleaner in self._cleaners:
            noted = cleaner.problem(noted)
        self._problems.append(noted)

    def _wait(self) -> None:
        """Wait until the normalizer is done; raises what it raised."""
        if self._normalizing:
            self._normalizing.result()

    def _note_provisional(self, export_number: int, document: Document) -> None:
        """Note a document whose envelope isn't complete yet: `finish` asks what it turned out to be."""
        noted = (export_number, document)
        if document.envelope is None and (not self._provisional or self._provisional[-1] != noted):
            self._provisional.append(noted)

    def _exports_table(self) -> pa.Table:
        """The relation `read_exports`: the exports of this run so far."""
        exports = self._exports
        return columns.table(
            {
                "export_no": columns.integers([export.number for export in exports]),
                "source": columns.texts([export.source for export in exports]),
                "export_id": columns.texts([export.export_id for export in exports]),
                "location": columns.texts([self._location(export) for export in exports]),
                "etag": columns.texts([export.etag for export in exports]),
                "bytes": columns.integers([export.bytes for export in exports]),
                "records": columns.integers([export.records for export in exports]),
                "observed_at": columns.times([export.observed_at for export in exports]),
                "is_whole": columns.flags([export.is_whole for export in exports]),
                "is_source_named": columns.flags([export.is_source_named for export in exports]),
                "named_batch_id": columns.texts([export.named_batch_id for export in exports]),
            }
        )

    def _location(self, export: ReadExport) -> str:
        location = export.location
        for cleaner in self._cleaners:
            location = cleaner.text_of(location)
        return location

    def _id_of(self, batch_id: str | None) -> str | None:
        for cleaner in self._cleaners:
            batch_id = cleaner.id_of(batch_id)
        return batch_id

    def _name_final_envelopes(self) -> None:
        """Make `final_envelopes`: what is known at a document's end, where it was not before its records."""
        final = {
            (number, document.number): document.envelope
            for number, document in self._provisional
            if document.envelope is not None
        }
        self.engine.run(
            "create table final_envelopes (export_no bigint, document bigint, batch_id varchar, "
            "exported_at varchar, time timestamptz)"
        )
        if not final:
            return
        given = columns.table(
            {
                "export_no": columns.integers([number for number, _ in final]),
                "document": columns.integers([number for _, number in final]),
                "batch_id": columns.texts([self._id_of(one.batch_id) for one in final.values()]),
                "exported_at": columns.texts([envelope.exported_at for envelope in final.values()]),
            }
        )
        timed = "select *, time_of(exported_at) as time from given"
        make_macros(self.engine, timed)
        self.engine.run(f"insert into final_envelopes by name {timed}", given=given)


def _problems_table(problems: list[dict[str, Any]]) -> pa.Table:
    integers = ("export_no", "document", "record", "line", "byte")
    texts = (
        "location", "level", "code", "field", "message", "raw", "batch_id", "source", "envelope_exported_at"
    )  # fmt: skip
    return columns.table(
        {name: columns.integers([problem.get(name) for problem in problems]) for name in integers}
        | {name: columns.texts([problem.get(name) for problem in problems]) for name in texts}
    )
