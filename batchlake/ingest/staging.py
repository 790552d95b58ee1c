"""Raw records in, typed rows out: the tables of one run, in a DuckDB of its own.

Records are gathered until they are worth a query (`FLUSH_BYTES`), then read by their format's file of
`sql/sources` and typed by `sql/ingest`. Afterwards the engine holds `staged_calls`, `staged_batches` and
`staged_problems`, and the views `observed_calls` and `observed_batches`. Nothing here touches a lake.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from batchlake import sqlfiles
from batchlake.engine import Engine
from batchlake.ingest import shapes
from batchlake.ingest.records import Document, RawRecord

if TYPE_CHECKING:
    import pyarrow as pa

FLUSH_BYTES: Final = 32 * 1024 * 1024
_FLUSH_RECORDS: Final = 100_000

_BATCH_FORMATS: Final = frozenset({shapes.BATCH, shapes.BATCH_STATUS})


@dataclass(slots=True)
class ReadExport:
    """One export of this run: its number in the run, what it is, and what came of it."""

    number: int
    source: str
    export_id: str | None
    location: str
    observed_at: datetime
    bytes: int = 0
    records: int = 0


@dataclass(slots=True)
class _Gathered:
    """Records of one format that wait for a query."""

    export_numbers: list[int] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    records: list[RawRecord] = field(default_factory=list)


class Staging:
    """The typed rows of one run. Add records, drop what turns out to be cut off, then `finish`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._exports: list[ReadExport] = []
        self._gathered: dict[str, _Gathered] = defaultdict(_Gathered)
        self._gathered_bytes = 0
        self._gathered_records = 0
        self._late: list[tuple[int, Document]] = []
        engine.run(sqlfiles.load("ingest/macros").text)
        engine.name_statuses()
        engine.run(
            "create table staged_problems (export_no bigint, location varchar, record bigint, line bigint, "
            "byte bigint, level varchar, code varchar, field varchar, message varchar, raw varchar, "
            "call_id varchar, batch_id varchar, observed_at timestamptz)"
        )
        self._made: set[str] = set()

    def begin(self, export: ReadExport) -> None:
        """From here on, records are of this export."""
        self._exports.append(export)

    def add(self, export: ReadExport, record: RawRecord) -> None:
        """Gather one record; run the queries when enough have come."""
        gathered = self._gathered[record.format]
        gathered.export_numbers.append(export.number)
        gathered.documents.append(record.document)
        gathered.records.append(record)
        self._gathered_bytes += len(record.raw)
        self._gathered_records += 1
        if self._gathered_bytes >= FLUSH_BYTES or self._gathered_records >= _FLUSH_RECORDS:
            self.flush()

    def drop(self, export: ReadExport, document: int | None = None) -> None:
        """Forget what one document of an export gave, or all that the export gave."""
        self.flush()
        condition = "export_no = $export_no" + (" and document = $document" if document is not None else "")
        params: dict[str, Any] = {"export_no": export.number}
        if document is not None:
            params["document"] = document
        for table in self._made:
            self.engine.run(f"delete from {table} where {condition}", params)
        if document is None:
            self.engine.run(f"delete from staged_problems where {condition}", params)

    def problem(self, export: ReadExport, **columns: Any) -> None:
        """Note one problem; columns as in the table `problems`."""
        columns = {"export_no": export.number, "location": export.location} | columns
        names = ", ".join(columns)
        values = ", ".join(f"${name}" for name in columns)
        self.engine.run(f"insert into staged_problems ({names}) values ({values})", columns)

    def flush(self) -> None:
        """Type what has been gathered."""
        if not self._gathered:
            return
        gathered, self._gathered = self._gathered, defaultdict(_Gathered)
        self._gathered_bytes = self._gathered_records = 0
        self.engine.run("create or replace table read_exports as from given", given=self._exports_table())
        for name, records in sorted(gathered.items()):
            self._type(name, records)

    def finish(self) -> None:
        """Type the rest and make the observations ready to be merged."""
        self.flush()
        self.engine.run("create or replace table read_exports as from given", given=self._exports_table())
        for name in (shapes.CALL, shapes.BATCH):
            if _staged(name) not in self._made:
                self._type(name, _Gathered())
        self.engine.run("create or replace table late_envelopes as from given", given=self._late_table())
        for view in ("observed_calls", "observed_batches"):
            self.engine.run(f"create or replace view {view} as {sqlfiles.load(f'ingest/{view}').text}")

    def _type(self, name: str, gathered: _Gathered) -> None:
        for number, document in zip(gathered.export_numbers, gathered.documents, strict=True):
            if document.envelope is None and (not self._late or self._late[-1] != (number, document)):
                self._late.append((number, document))
        self._make_typed(name, gathered)
        usable = "from typed_records where is_id(identity)"
        if _staged(name) in self._made:
            self.engine.run(f"insert into {_staged(name)} {usable}")
        else:
            self.engine.run(f"create table {_staged(name)} as {usable}")
            self._made.add(_staged(name))
        identity = "batch_id" if name in _BATCH_FORMATS else "call_id"
        self.engine.run(f"insert into staged_problems by name {sqlfiles.load('ingest/record_problems').text}")
        self.engine.run(
            f"insert into staged_problems by name select * rename (identity as {identity}) "
            f"from ({sqlfiles.load('ingest/field_problems').text})"
        )

    def _make_typed(self, name: str, gathered: _Gathered) -> None:
        """The table `typed_records` of these records, through the file of their format."""
        kind = "batches" if name in _BATCH_FORMATS else "calls"
        self.engine.run("create or replace table gathered_records as from given", given=_raw_table(gathered))
        self.engine.run("create or replace view raw_records as from gathered_records where json_valid(raw)")
        self.engine.run(f"create or replace view canonical_{kind} as {sqlfiles.load(f'sources/{name}').text}")
        self.engine.run(
            f"create or replace table typed_records as {sqlfiles.load(f'ingest/typed_{kind}').text}"
        )

    def _exports_table(self) -> pa.Table:
        import pyarrow as pa

        return pa.table(
            {
                "export_no": pa.array([export.number for export in self._exports], pa.int64()),
                "source": pa.array([export.source for export in self._exports], pa.string()),
                "export_id": pa.array([export.export_id for export in self._exports], pa.string()),
                "location": pa.array([export.location for export in self._exports], pa.string()),
                "bytes": pa.array([export.bytes for export in self._exports], pa.int64()),
                "records": pa.array([export.records for export in self._exports], pa.int64()),
                "observed_at": pa.array(
                    [export.observed_at for export in self._exports], pa.timestamp("us", "UTC")
                ),
            }
        )

    def _late_table(self) -> pa.Table:
        import pyarrow as pa

        known = [(number, document) for number, document in self._late if document.envelope is not None]
        return (
            pa.table(
                {
                    "export_no": pa.array([number for number, _ in known], pa.int64()),
                    "document": pa.array([document.number for _, document in known], pa.int64()),
                    "batch_id": pa.array([_batch_id(document) for _, document in known], pa.string()),
                    "exported_at": pa.array([_exported_at(document) for _, document in known], pa.string()),
                }
            )
            .group_by(["export_no", "document"])
            .aggregate([("batch_id", "max"), ("exported_at", "max")])
            .rename_columns(["export_no", "document", "batch_id", "exported_at"])
        )


def _staged(name: str) -> str:
    return "staged_batches" if name in _BATCH_FORMATS else "staged_calls"


def _batch_id(document: Document) -> str | None:
    return document.envelope.batch_id if document.envelope else None


def _exported_at(document: Document) -> str | None:
    return document.envelope.exported_at if document.envelope else None


def _raw_table(gathered: _Gathered) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            "export_no": pa.array(gathered.export_numbers, pa.int64()),
            "document": pa.array([document.number for document in gathered.documents], pa.int64()),
            "record": pa.array([record.number for record in gathered.records], pa.int64()),
            "line": pa.array([record.line for record in gathered.records], pa.int64()),
            "envelope_batch_id": pa.array(
                [_batch_id(document) for document in gathered.documents], pa.string()
            ),
            "envelope_exported_at": pa.array(
                [_exported_at(document) for document in gathered.documents], pa.string()
            ),
            "raw": _utf8([record.raw for record in gathered.records]),
        }
    )


def _utf8(texts: list[bytes]) -> pa.Array:
    """The texts as strings. A byte that is no UTF-8 becomes `\\xNN`, which no JSON parser takes."""
    import pyarrow as pa

    try:
        return pa.array(texts, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([text.decode("utf-8", "backslashreplace") for text in texts], pa.string())
