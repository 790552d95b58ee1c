"""Tries problems again: after a fix of an export, or with a batchlake that understands more.

A file that is still there is read again whole. Of a file that is gone, the records are tried by the raw text
that `problems` kept of them; its fields and its damage can't be tried, and stay.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchlake.errors import InvalidRequest
from batchlake.ingest.find.object_exports import there_is
from batchlake.ingest.find.sources import Export, Found, RecordAgain, containers_of, find
from batchlake.ingest.options import IngestOptions
from batchlake.ingest.reading import Progress
from batchlake.ingest.report import IngestReport
from batchlake.ingest.run import Run, engine_of
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin
from batchlake.store.object_storage.object_store import is_object_address
from batchlake.store.upgrade import upgrade_if_needed


def replay(
    root: str | os.PathLike[str],
    problems: Sequence[Mapping[str, Any]],
    wait_seconds: float = 0,
    progress: Progress = lambda location, size: None,
    own: tuple[str, ...] = (),
) -> IngestReport:
    """Try rows of `problems` again, as one run; what still can't be used becomes a new problem.

    Args:
        root: the lake.
        problems: the rows.
        wait_seconds: how long to wait for another writer.
        progress: called with each export that is read.
        own: the user's own platforms' files, as in `IngestOptions`.

    Raises:
        InvalidRequest: they are of several sources.
        ExportUnreadable: whether an object is still there can't be found out.
        LakeLocked, LakeNotWritable: the lake is as it was.
    """
    sources = {row["source"] for row in problems}
    unnamed = IngestOptions(force=True, wait_seconds=wait_seconds, own=own)
    # Records for which no source was named get their own platform's again.
    is_unnamed = sources <= set(unnamed.sources)
    if len(sources) > 1 and not is_unnamed:
        names = ", ".join(sorted(sources))
        raise InvalidRequest(f"these problems are of several sources ({names}); choose by run, code or file.")
    options = unnamed if is_unnamed else replace(unnamed, source=sources.pop())
    files = {row["location"]: _file(row["location"]) for row in problems}
    there = {location for location, file in files.items() if file is not None}
    found = find(sorted({file for file in files.values() if file is not None}))
    tried = [row for row in problems if row["location"] in there or row["level"] == "record"]
    exports = [*found.exports, *(_record(row) for row in tried if row["location"] not in there)]
    resolved = [row["problem_id"] for row in tried]
    tables = LakeTables(root).kept_open()
    with engine_of(tables, options) as engine, tables.storage.lock(wait_seconds=options.wait_seconds):
        ledger = Ledger(tables, engine)
        upgrade_if_needed(tables, ledger)
        run = Run(tables, ledger, engine, options, progress, begin("replay"))
        again = Found(exports, found.broken, found.skipped_files)
        return run.execute(again, Writer(tables), resolved)


def _file(location: str) -> str | None:
    """The file or object of a problem's location, None where it is gone."""
    is_there = there_is if is_object_address(location) else os.path.isfile
    return next((file for file in containers_of(location) if is_there(file)), None)


def _record(problem: Mapping[str, Any]) -> Export:
    """A record's raw text, which stays a record of its export, at its old place and time."""
    data = (problem["raw"] or "").encode()
    again = RecordAgain(
        data, problem["export_id"], problem["record"] or 1, problem["line"], problem["batch_id"]
    )
    return Export(problem["location"], None, None, problem["observed_at"], again)
