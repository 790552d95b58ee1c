"""What follows the commit of an erasure, step by step: delete, clean around the lake, judge, note.

Input: a lake whose newest state lacks the person, and the report so far. Output: the report with what was
done and what is left, kept in the table `erasures`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from batchlake.erasure.landed.landing import LandingChanges, clean_landing
from batchlake.erasure.landed.records import IsCall
from batchlake.erasure.local import clean_local
from batchlake.erasure.report import ErasureReport, Left
from batchlake.erasure.verify import UNREADABLE
from batchlake.privacy.finder import Finder
from batchlake.schema import ERASURES, RUNS, TABLES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin
from batchlake.store.storage import ERASURE_NOTE

_ADVICE: Final = "Fix this and run `batchlake erasures --verify`."


def ended_states(ledger: Ledger, run_id: str) -> dict[str, Any]:
    """How many states the commit of this run will end, for the report that a later writer may have to finish.

    Call it before the commit: afterwards a kill may leave only the newest.
    """
    return {"states_ended": len(ledger.all()), "oldest_readable_run": run_id}


def purge(lake: LakeTables, ledger: Ledger, report: ErasureReport) -> None:
    """Delete every file of the tables that the newest run's version doesn't name, and everything in the logs
    before."""
    writer = Writer(lake)
    pins = ledger.newest().pins
    files = entries = 0
    sizes = lake.storage.everything()
    deleted_bytes = 0
    for name in TABLES:
        if lake.exists(name):
            # `note` may have written in vain: its table is then past its pin.
            found = writer.purge(name, None if name == RUNS.name else pins.get(name, 0))
            files += len(found.files)
            entries += len(found.log_entries)
            deleted_bytes += sum(
                sizes.get(f"{name}/{path}", 0) for path in (*found.files, *found.log_entries)
            )
    named = {name: lake.sizes(name).keys() for name in TABLES if lake.exists(name)}
    copies = lake.storage.delete_copies(named)
    report.files |= {"deleted": files, "bytes_deleted": deleted_bytes, "log_entries_deleted": entries}
    report.local["copies"] = copies


def clean_around(
    report: ErasureReport,
    landing: Path | None,
    finder: Finder,
    is_call: IsCall,
    must_go: Callable[[str, bytes], bool] = lambda path, digest: False,
) -> None:
    """Clean the landing and what batchlake keeps on this machine; what could not be cleaned is left."""
    changes = clean_landing(landing, finder, is_call, must_go) if landing else LandingChanges()
    report.landing = {
        "pages_rewritten": changes.pages_rewritten,
        "files_deleted": changes.files_deleted,
        "records_removed": changes.records_removed,
    }
    report.left += [Left(place, why, _ADVICE) for place, why in changes.left]
    report.local |= clean_local(finder)


def judge(lake: LakeTables, report: ErasureReport) -> None:
    """Say what is left: hits, and versions that the storage keeps of what was deleted."""
    assert report.verification is not None  # noqa: S101 - it was made right before
    for hit in report.verification.hits:
        why = hit.column if hit.column == UNREADABLE else f"{hit.count} hits in {hit.column}"
        report.left.append(Left(hit.place, why, "Look at it; erase or delete it."))
    if lake.storage.versions_kept():
        why = "versioned_bucket: the bucket keeps earlier versions of deleted objects"
        report.left.append(
            Left(
                "bucket",
                why,
                "Delete noncurrent versions below the lake's prefix, or let a lifecycle rule do it.",
            )
        )


def note(lake: LakeTables, ledger: Ledger, report: ErasureReport, erased: Callable[[str], str] = str) -> None:
    """Keep the report in the lake, without values (`erased`), in a run of its own, and delete the marker."""
    started = datetime.now(UTC)
    writer = Writer(lake)
    writer.prepare(dict(ledger.newest().pins))
    hits = sum(hit.count for hit in report.verification.hits) if report.verification else None
    row = {
        "erasure_id": report.erasure_id,
        "run_id": report.run_id,
        "mode": report.mode,
        "reference": report.reference,
        "erased_at": report.erased_at,
        "calls": report.calls["matched"],
        "mentions": sum(report.mentions.values()),
        "batches": dict(report.batches),
        "hits": hits,
        "report": json.dumps(report.to_keep(erased)),
    }
    selected = ", ".join(f"${column.name}::{column.type} as {column.name}" for column in ERASURES.columns)
    with ledger.reader() as engine:
        writer.append(ERASURES.name, engine.arrow(f"select {selected}", row).to_reader())
    ledger.commit(writer, begin("proof", started), {})
    lake.storage.delete_note(ERASURE_NOTE)
