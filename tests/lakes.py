"""What several tests share: exports written to files, lakes made from them, tables read back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.report import IngestReport
from batchlake.ingest.run import ingest
from batchlake.schema import TABLES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.maintenance import Finding, check

RUN_COLUMNS = frozenset({"run_id", "first_run_id", "last_run_id"})


def write_export(folder: Path, name: str, document: Any, *, observed_at: float | None = None) -> Path:
    """A document (or text, or bytes) as a file, with a modification time in seconds where one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if isinstance(document, bytes):
        path.write_bytes(document)
    elif isinstance(document, str):
        path.write_text(document, encoding="utf-8")
    else:
        path.write_text(json.dumps(document), encoding="utf-8")
    if observed_at is not None:
        os.utime(path, (observed_at, observed_at))
    return path


def ingested(root: Path | str, *paths: Path | str, **options: Any) -> IngestReport:
    """Ingest these paths into the lake at `root`."""
    return ingest(root, paths, IngestOptions(**options))


def damages(root: Path | str) -> list[Finding]:
    """What is wrong with a lake, without what is only worth knowing, such as files that a dead run left."""
    return [finding for finding in check(root) if finding.level == "error"]


@contextmanager
def engine_of(root: Path | str, names: Iterable[str] = TABLES) -> Iterator[Engine]:
    """An engine over some tables of the newest state of a lake; to open each takes 3 ms."""
    tables = LakeTables(root)
    with _engine().temporary_schema() as engine:
        engine.lake = str(root)
        pins = {**Ledger(tables).newest(engine).pins, "runs": None}
        files = tables.all_files({name: pins[name] for name in names if name in pins})
        for name in names:
            engine.create_view(view_of(TABLES[name], files.get(name, ())))
        yield engine


@cache
def _engine() -> Engine:
    """The engine of all these looks at a lake: to start one takes longer than to look."""
    engine = Engine()
    engine.run("set global enable_external_file_cache = false")
    return engine


def rows(root: Path | str, query: str, **params: Any) -> list[dict[str, Any]]:
    """The rows of a query over the newest state of a lake."""
    with engine_of(root, [name for name in TABLES if re.search(rf"\b{name}\b", query)]) as engine:
        return engine.rows(query, params)


def contents(
    root: Path | str, tables: Iterable[str] = ("calls", "segments", "batches", "snapshots", "exports")
) -> Any:
    """All rows of some tables in a fixed order, without the columns that name runs, files or their times."""
    found = {}
    with engine_of(root, tables) as engine:
        for name in tables:
            columns = [
                column
                for column in TABLES[name].column_names()
                if column not in RUN_COLUMNS and column not in ("location", "etag")
            ]
            found[name] = engine.rows(f"select {', '.join(columns)} from {name} order by all")
    return found
