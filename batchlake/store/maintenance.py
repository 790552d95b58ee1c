"""Maintenance of a lake: check it, fold small files into larger ones, delete what no kept state needs.

Each is safe to interrupt: a check only reads, compaction is a run like any other, and vacuum deletes only
files that no kept state names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.errors import LakeDamaged
from batchlake.schema import RUNS, TABLES
from batchlake.store.delta.log import named_files
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, Version, begin
from batchlake.store.storage import ERASURE_NOTE, PRIVACY_NOTE
from batchlake.store.upgrade import show_facts, upgrade_if_needed

_RESTORE: Final = "restore the lake from a copy, or read an earlier state with --at"

_FACTS_RULES: Final = ("call_facts", "utterance_facts")
"""Rules of the check that don't apply to a lake of an earlier layout."""

KEEP_FOR: Final = timedelta(days=7)
"""How long `vacuum` keeps earlier states readable, by default."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a lake (`level` error) or worth knowing (`note`), and how to fix it."""

    level: str
    code: str
    table: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True)
class MaintenanceReport:
    """What `compact` or `vacuum` did: files and bytes before and after, by table.

    `run_id` is the run that `compact` made, None where nothing has changed.
    """

    kind: str
    run_id: str | None
    dry_run: bool
    tables: dict[str, dict[str, int]]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def check(root: str | os.PathLike[str]) -> list[Finding]:
    """Everything that is wrong with the lake at `root`; an empty list, or notes alone, is a sound lake.

    Looks at pins, files and every value in them, keys, and whether the tables agree with each other.

    Raises:
        LakeNotFound, LakeTooNew: there is no lake to check.
    """
    tables = LakeTables(root).kept_open()
    ledger = Ledger(tables)
    with Engine(tables.storage.name) as engine:
        version = ledger.newest(engine)
        findings = [*_check_notes(tables), *_check_erasure(tables), *_check_files(tables, version)]
        if not _has_error(findings):
            findings += _check_unnamed(tables, ledger, engine)
        if not _has_error(findings):
            findings += _check_values(tables, version, engine)
    if _has_error(findings) and ledger.newest() != version:
        # A run and a vacuum have deleted files that were being read.
        return check(root)
    return findings


def _has_error(findings: Sequence[Finding]) -> bool:
    return any(finding.level == "error" for finding in findings)


def _check_notes(tables: LakeTables) -> Iterator[Finding]:
    """Find files next to the tables that can't be read."""
    for name in (PRIVACY_NOTE, ERASURE_NOTE):
        try:
            tables.storage.json_note(name)
        except LakeDamaged as error:
            mend = f"restore {name} from a copy of the lake"
            yield Finding("error", "damaged_note", RUNS.name, error.reason, mend)


def _check_erasure(tables: LakeTables) -> Iterator[Finding]:
    """Find an erasure that was cut short: files that it was to delete may still exist."""
    if tables.storage.note(ERASURE_NOTE) is not None:
        yield Finding(
            "error",
            "unfinished_erasure",
            RUNS.name,
            "an erasure has begun and not ended: earlier files may still hold the person",
            "run `batchlake erasures --finish`; the next ingest, pull, compact or vacuum does it, too",
        )


def _check_files(tables: LakeTables, version: Version) -> Iterator[Finding]:
    for name, pin in version.pins.items():
        try:
            logged = tables.sizes(name, pin)
        except LakeDamaged as error:
            yield Finding("error", "unreadable_log", name, error.reason, _RESTORE)
            continue
        there = tables.storage.sizes(name)
        for file, size in logged.items():
            if file not in there:
                yield Finding("error", "missing_file", name, f"{file} is gone", _RESTORE)
            elif there[file] != size:
                message = f"{file} has {there[file]} bytes, its log says {size}"
                yield Finding("error", "changed_file", name, message, _RESTORE)
        if tables.version(name) > pin and tables.sizes(name) != logged:
            message = f"version {tables.version(name)}, past {pin}, is of a run that did not finish"
            yield Finding(
                "note", "unfinished_run", name, message, "nothing to do: the next ingest takes them back"
            )


def _check_unnamed(tables: LakeTables, ledger: Ledger, engine: Engine) -> Iterator[Finding]:
    """Find data files that no run's state names."""
    # The files first: one that a run adds meanwhile isn't among them.
    there = {name: tables.storage.sizes(name) for name in TABLES if tables.exists(name)}
    versions = ledger.all(engine)
    for name, sizes in there.items():
        pins = {version.pins[name] for version in versions if name in version.pins}
        # `runs` is read at its newest version, and an unfinished run is reported as such.
        wanted = {*pins, tables.version(name)} if name != RUNS.name else None
        try:
            try:
                named = named_files(tables.storage, name, wanted)
            except LakeDamaged:
                # A vacuum may have cut the log while it was read.
                named = named_files(tables.storage, name, wanted)
        except LakeDamaged as error:
            yield Finding("error", "unreadable_log", name, error.reason, _RESTORE)
            continue
        if unnamed := sorted(sizes.keys() - named):
            size = sum(sizes[file] for file in unnamed)
            count = f"{len(unnamed)} file{'' if len(unnamed) == 1 else 's'}"
            message = f"{count} ({size} bytes) that no finished run names, such as {unnamed[0]}"
            mend = "`batchlake vacuum` deletes what no run at work is writing"
            yield Finding("note", "unnamed_file", name, message, mend)


def _check_values(tables: LakeTables, version: Version, engine: Engine) -> Iterable[Finding]:
    """Read every value, then compare rows; of a table that can't be read find the damaged files."""
    files = tables.all_files({**version.pins, "runs": None})
    # A damaged file may break the engine and make other tables look damaged: then each is read alone.
    suspects = [name for name in files if _why_unread(engine, name, files[name])]
    if not suspects:
        for name in TABLES.keys() - files.keys():
            engine.create_view(view_of(TABLES[name], ()))
        return _check_rows(version, engine)
    return _check_each_file(tables, {name: files[name] for name in suspects})


def _check_each_file(tables: LakeTables, files: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for name in files:
        for file in files[name]:
            with Engine(tables.storage.name) as engine:
                if reason := _why_unread(engine, name, [file]):
                    message = f"{Path(file).name} can't be read ({reason})"
                    yield Finding("error", "damaged_file", name, message, _RESTORE)


def _why_unread(engine: Engine, name: str, files: Sequence[str]) -> str:
    """Why not every value of a table's files can be read; empty where all can."""
    try:
        engine.create_view(view_of(TABLES[name], files))
        engine.row(f"select bit_xor(hash({name})) as read from {name}")
    except LakeDamaged as error:
        return error.reason
    return ""


def _check_rows(version: Version, engine: Engine) -> list[Finding]:
    """Compare the rows of the tables, of which the engine has a view each."""
    engine.name_statuses()
    show_facts(engine)
    mend = "ingest the exports again with --force into a new lake, and keep this one to find the cause"
    rows = engine.rows(sql_files.load("maintenance/check").text)
    if not version.has_facts:
        rows = [row for row in rows if row["code"] not in _FACTS_RULES]
    repeated = [
        Finding(
            "error",
            "repeated_key",
            table.name,
            f"{count} key{'' if count == 1 else 's'} ({', '.join(table.key)}) occur more than once",
            mend,
        )
        for table in TABLES.values()
        if (count := _repeated_keys(engine, table.name, table.key))
    ]
    return repeated + [
        Finding("error", row["code"], row["table_name"], row["message"], mend) for row in rows if row["count"]
    ]


def _repeated_keys(engine: Engine, table: str, key: tuple[str, ...]) -> int:
    columns = ", ".join(key)
    query = f"select count(*) as count from (select 1 from {table} group by {columns} having count(*) > 1)"
    return int(engine.row(query)["count"])


def compact(root: str | os.PathLike[str], *, wait_seconds: float = 0) -> MaintenanceReport:
    """Fold small Parquet files into larger ones, as one run; no row changes. With none there is no run.

    A lake of an earlier layout is brought up to this one first, which is a run of its own.

    Raises:
        LakeNotFound, LakeLocked, LakeNotWritable: the lake is as it was.
    """
    tables = LakeTables(root)
    with _ledger_of(tables) as ledger, tables.storage.lock(wait_seconds=wait_seconds):
        upgraded = upgrade_if_needed(tables, ledger)
        before = ledger.newest()
        run = begin("compact")
        writer = Writer(tables)
        writer.prepare(dict(before.pins))
        figures = {}
        is_changed = False
        for name in before.pins:
            files, size = _held(tables, name)
            is_changed |= writer.compact(name)["numFilesRemoved"] > 0
            files_after, size_after = _held(tables, name)
            figures[name] = {
                "files_before": files,
                "files_after": files_after,
                "bytes_before": size,
                "bytes_after": size_after,
            }
        if is_changed:
            ledger.commit(writer, run, {})
    run_id = run.run_id if is_changed else upgraded
    return MaintenanceReport("compact", run_id, dry_run=False, tables=figures)


def vacuum(
    root: str | os.PathLike[str],
    *,
    keep_for: timedelta = KEEP_FOR,
    dry_run: bool = False,
    wait_seconds: float = 0,
) -> MaintenanceReport:
    """Delete what no state of the last `keep_for` needs; earlier ones can't be read afterwards.

    That is data files, whether a log names them or a run that died left them, and entries of the logs.

    Raises:
        LakeNotFound, LakeLocked, LakeNotWritable: nothing more is deleted.
    """
    tables = LakeTables(root)
    with _ledger_of(tables) as ledger, tables.storage.lock(wait_seconds=wait_seconds):
        kept = ledger.since(datetime.now(UTC) - keep_for)
        writer = Writer(tables)
        if not dry_run:
            writer.prepare(dict(ledger.newest().pins))
        figures = {}
        for name in filter(tables.exists, TABLES):
            is_ledger = name == RUNS.name
            pins = {tables.version(name)} if is_ledger else {version.pins.get(name, 0) for version in kept}
            size = tables.storage.size(name)
            deleted = writer.vacuum(name, pins, dry_run=dry_run)
            figures[name] = {
                "files_deleted": len(deleted.files),
                "log_entries_deleted": len(deleted.log_entries),
                "bytes_before": size,
                "bytes_after": tables.storage.size(name),
            }
    return MaintenanceReport("vacuum", None, dry_run=dry_run, tables=figures)


@contextmanager
def _ledger_of(tables: LakeTables) -> Iterator[Ledger]:
    """The ledger of a lake that is there, read by one engine in the block."""
    with Engine(tables.storage.name) as engine:
        ledger = Ledger(tables, engine)
        ledger.newest()
        yield ledger


def _held(tables: LakeTables, name: str) -> tuple[int, int]:
    sizes = tables.sizes(name)
    return len(sizes), sum(sizes.values())
