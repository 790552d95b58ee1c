"""Erases people from a lake: resolve, rewrite, commit, purge, verify, note. A kill anywhere is finished later.

Before the `runs` row nothing has happened; after it the person is gone for every reader, and the next writer of
any verb deletes what is still there of earlier states (`finish`), by digests, without knowing the values.
"""

from __future__ import annotations

import base64
import json
import platform
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from batchlake.engine import columns
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.erasure.landing import IsCall, LandingChanges, RecordCleaner, at_stake, clean_landing
from batchlake.erasure.local import clean_local
from batchlake.erasure.report import ErasureReport, Left
from batchlake.erasure.rewrite import Rewrite
from batchlake.erasure.rows import Changes
from batchlake.erasure.targets import Mode, Request, Targets, resolve
from batchlake.erasure.verify import Verification, files_with_hits, verify
from batchlake.errors import ErasureMismatch, InvalidRequest, NothingToForget
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import PrivacyKey, find_key, key_of_lake, make_key, read_policy
from batchlake.privacy.tombstones import Tombstones
from batchlake.schema import ERASURES, FORMAT_VERSION, TABLES, TOMBSTONES
from batchlake.store.ledger import Ledger
from batchlake.store.storage import ERASURE_NOTE, PRIVACY_NOTE
from batchlake.store.tables import LakeTables, Writer
from batchlake.version import VERSION

if TYPE_CHECKING:
    import pyarrow as pa

_ADVICE: Final = "Mend that and run `batchlake erasures --verify`."


@dataclass(frozen=True, slots=True)
class Options:
    """How to erase.

    Attributes:
        mode: whether the calls go or stay as figures without a person.
        expect: how many calls a dry run counted, or `any`; None is refused unless nothing is written.
        dry_run: say what would go.
        for_good: keep out also calls that begin after the erasure.
        reference: a ticket, noted with the erasure.
        landing: the folder of the platforms' landings, None for none.
        elsewhere: files and folders that are searched and never changed.
        todo: a file to be made with what is to be deleted by hand at the platform.
        wait_seconds: how long to wait for another writer.
        progress: called with the name of each step when it is done.
    """

    mode: Mode = "remove"
    expect: int | Literal["any"] | None = None
    dry_run: bool = False
    for_good: bool = False
    reference: str | None = None
    landing: Path | None = None
    elsewhere: tuple[Path, ...] = ()
    todo: Path | None = None
    wait_seconds: float = 0
    progress: Callable[[str], None] = lambda step: None


def forget(lake: LakeTables, request: Request, options: Options) -> ErasureReport:
    """Erase what a request names.

    Raises:
        InvalidRequest: nobody is named, or a number or the reference can't be used; nothing was done.
        NothingToForget: the lake holds nothing of it; nothing was done.
        ErasureMismatch: other calls than expected would go; nothing was done.
        LakeNotFound, LakeLocked, LakeNotWritable, LakeDamaged, PrivacyKeyMissing, WrongPrivacyKey: before the
            commit nothing has happened.
    """
    Ledger(lake).newest()
    with nullcontext() if options.dry_run else lake.storage.lock(wait_seconds=options.wait_seconds):
        if not options.dry_run:
            finish_locked(lake, options.landing)
        return _Erasure(lake, request, options).execute()


class _Erasure:
    """The state of one erasure; holds the writer's lock unless it is a dry run."""

    def __init__(self, lake: LakeTables, request: Request, options: Options) -> None:
        self._lake = lake
        self._storage = lake.storage
        self._ledger = Ledger(lake)
        self._request = request
        self._options = options
        self._clock = time.monotonic()
        self._started = datetime.now(UTC)
        self._policy = read_policy(lake.storage)
        self._id = f"erasure_{secrets.token_hex(8)}"

    def execute(self) -> ErasureReport:
        """Do it all, or say what would be done."""
        options = self._options
        version = self._ledger.newest()
        key = self._key()
        with Engine(self._storage.name) as engine:
            engine.register_tables(self._lake.all_files({**version.pins, "runs": None}))
            targets = resolve(engine, self._request, key if self._policy.get("redact") else None)
            suggestions = _suggestions(engine, targets) if options.dry_run else {}
            todo = _todo(engine, targets) if options.todo else []
        self._refuse_reference(targets)
        is_call = _among(targets)
        landed = self._landed(targets, is_call)
        planned = Rewrite(self._lake, dict(version.pins), targets, options.mode, None, None).execute(None)
        if not (planned or landed):
            raise NothingToForget
        report = self._report(targets, planned, suggestions)
        report.elsewhere = files_with_hits(list(options.elsewhere), targets.finder, is_call)
        if options.dry_run:
            return report
        if options.expect != "any" and options.expect != len(targets.calls):
            raise ErasureMismatch(options.expect, len(targets.calls))
        if options.todo:
            _write_todo(options.todo, todo)
        key = key or make_key()
        report.key_id = key.key_id
        self._commit(report, targets, key, landed)
        self._complete(report, targets.finder, is_call, key)
        return report

    def _key(self) -> PrivacyKey | None:
        """The lake's key; this user's where it has none yet; None where there is none at all."""
        return key_of_lake(self._storage, self._policy) if self._policy.get("key_id") else find_key()

    def _refuse_reference(self, targets: Targets) -> None:
        reference = self._options.reference
        if reference is not None and (
            targets.finder.finds(reference) or any(call.call_id in reference for call in targets.calls)
        ):
            raise InvalidRequest("the reference holds a target. Give a ticket's number; nothing was done.")

    def _landed(self, targets: Targets, is_call: IsCall) -> list[tuple[str, bytes]]:
        landing = self._options.landing
        return list(at_stake(landing, RecordCleaner(targets.finder, is_call))) if landing else []

    def _report(self, targets: Targets, planned: Changes, suggestions: dict[str, int]) -> ErasureReport:
        options = self._options
        matched = len(targets.calls)
        is_done = not options.dry_run
        return ErasureReport(
            self._id, None, options.dry_run, options.mode, options.reference, None,
            targets=self._request.kinds(),
            calls={
                "matched": matched,
                "removed": matched if is_done and options.mode == "remove" else 0,
                "anonymised": matched if is_done and options.mode == "anonymise" else 0,
                "own_line": targets.own_line,
            },
            rows=dict(planned.rows), mentions=dict(planned.mentions), suggestions=suggestions,
            seconds=time.monotonic() - self._clock,
        )  # fmt: skip

    def _commit(
        self, report: ErasureReport, targets: Targets, key: PrivacyKey, landed: list[tuple[str, bytes]]
    ) -> None:
        """Rewrite the tables and make that the lake's state."""
        run_id = f"{self._started:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}"
        report.run_id = run_id
        if not self._policy.get("key_id"):
            self._policy |= {"version": 1, "key_id": key.key_id}
            self._storage.write_note(PRIVACY_NOTE, json.dumps(self._policy).encode())
        stake = sorted(_stake_digest(key, path, digest) for path, digest in landed)
        before = self._ledger.newest()
        writer = Writer(self._lake)
        self._options.progress("marker")
        writer.prepare(dict(before.pins))
        with self._storage.scratch() as folder:
            rewrite = Rewrite(
                self._lake, writer.versions(), targets, self._options.mode, key, folder
            )  # fmt: skip
            marker: dict[str, Any] = {
                "erasure_id": self._id,
                "run_id": run_id,
                "landing": stake,
                "report": None,
            }
            self._storage.write_note(ERASURE_NOTE, json.dumps(marker).encode())
            self._options.progress("rewrite")
            changes = rewrite.execute(writer)
        report.rows, report.mentions = dict(changes.rows), dict(changes.mentions)
        report.batches = dict(changes.batches)
        report.files = {"rewritten": changes.files}
        erased_at = datetime.now(UTC)
        report.erased_at = erased_at
        tombstones = _tombstones(targets, key, report, for_good=self._options.for_good)
        report.tombstones = {kind: tombstones["kind"].to_pylist().count(kind) for kind in ("call", "number")}
        writer.append(TOMBSTONES.name, tombstones.to_reader())
        # What the next writer needs to finish it holds counts, and no value.
        marker["report"] = report.to_dict() | {"verification": None}
        self._storage.write_note(ERASURE_NOTE, json.dumps(marker).encode())
        self._options.progress("commit")
        _commit_run(self._ledger, writer, run_id, "forget", self._started)
        self._options.progress("committed")

    def _complete(self, report: ErasureReport, finder: Finder, is_call: IsCall, key: PrivacyKey) -> None:
        ended = sum(1 for _ in self._ledger.since(datetime.min.replace(tzinfo=UTC))) - 1
        report.history = {"states_ended": ended, "oldest_readable_run": report.run_id}
        _purge(self._lake, report)
        self._options.progress("purged")
        _clean_around(report, self._options.landing, finder, is_call)
        self._options.progress("cleaned")
        report.verification = verify(self._storage, self._options.landing, finder, is_call, "value")
        self._options.progress("verified")
        _judge(self._lake, report)
        report.seconds = time.monotonic() - self._clock
        _note(self._lake, report)


def finish(lake: LakeTables, landing: Path | None = None, wait_seconds: float = 0) -> None:
    """Finish an erasure that was cut short, if there is one; nothing is locked where there is none."""
    if lake.storage.note(ERASURE_NOTE) is not None:
        with lake.storage.lock(wait_seconds=wait_seconds):
            finish_locked(lake, landing)


def finish_locked(lake: LakeTables, landing: Path | None) -> None:
    """The same, under the writer's lock."""
    data = lake.storage.note(ERASURE_NOTE)
    if data is None:
        return
    marker = json.loads(data)
    ledger = Ledger(lake)
    if not ledger.holds(marker["run_id"]):
        # Nothing has happened: the next writer takes back what was written beyond the pins.
        lake.storage.delete_note(ERASURE_NOTE)
        return
    if _is_noted(lake, marker["erasure_id"]):
        lake.storage.delete_note(ERASURE_NOTE)
        return
    report = _report_of(marker["report"])
    key = key_of_lake(lake.storage, read_policy(lake.storage))
    tombstones = Tombstones.read(lake, key)
    finder, is_call = tombstones.finder(), tombstones.is_erased_call
    _purge(lake, report)
    stake = set(marker["landing"])
    _clean_around(
        report, landing, finder, is_call, lambda path, digest: _stake_digest(key, path, digest) in stake
    )
    if stake and landing is None:
        report.left.append(Left("landing", "no landing folder was given", "Name it with --landing."))
    report.verification = verify(lake.storage, landing, finder, is_call, "digest")
    _judge(lake, report)
    _note(lake, report)


def _is_noted(lake: LakeTables, erasure_id: str) -> bool:
    """Whether an erasure was verified and noted, and only its marker has stayed."""
    version = Ledger(lake).newest()
    with Engine(lake.storage.name) as engine:
        engine.create_view(view_of(ERASURES, lake.files(ERASURES.name, version.pins[ERASURES.name])))
        return engine.exists_any("from erasures where erasure_id = $id", {"id": erasure_id})


def _purge(lake: LakeTables, report: ErasureReport) -> None:
    """Delete every file of the tables that their newest version doesn't name, and everything in the logs before."""
    writer = Writer(lake)
    files = entries = 0
    sizes = lake.storage.everything()
    deleted_bytes = 0
    for name in TABLES:
        if lake.exists(name):
            found = writer.purge(name)
            files += len(found.files)
            entries += len(found.log_entries)
            deleted_bytes += sum(
                sizes.get(f"{name}/{path}", 0) for path in (*found.files, *found.log_entries)
            )
    named = {name: lake.sizes(name).keys() for name in TABLES if lake.exists(name)}
    copies = lake.storage.delete_copies(named)
    report.files |= {"deleted": files, "bytes_deleted": deleted_bytes, "log_entries_deleted": entries}
    report.local["copies"] = copies


def _clean_around(
    report: ErasureReport,
    landing: Path | None,
    finder: Finder,
    is_call: IsCall,
    must_go: Any = lambda path, digest: False,
) -> None:
    changes = clean_landing(landing, finder, is_call, must_go) if landing else LandingChanges()
    report.landing = {
        "pages_rewritten": changes.pages_rewritten,
        "files_deleted": changes.files_deleted,
        "records_removed": changes.records_removed,
    }
    report.left += [Left(place, why, _ADVICE) for place, why in changes.left]
    report.local |= clean_local(finder)


def _judge(lake: LakeTables, report: ErasureReport) -> None:
    """Say what is left: hits, and versions that the storage keeps of what was deleted."""
    assert report.verification is not None  # noqa: S101 - it was made right before
    for hit in report.verification.hits:
        report.left.append(
            Left(hit.place, f"{hit.count} hits in {hit.column}", "Look at it; erase or delete it.")
        )
    if lake.storage.versions_kept():
        why = "versioned_bucket: the bucket keeps earlier versions of deleted objects"
        report.left.append(
            Left(
                "bucket",
                why,
                "Delete noncurrent versions below the lake's prefix, or let a lifecycle rule do it.",
            )
        )


def _note(lake: LakeTables, report: ErasureReport) -> None:
    """Keep the report in the lake, in a run of its own, and let go of the marker."""
    ledger = Ledger(lake)
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
        "report": json.dumps(report.to_dict()),
    }
    selected = ", ".join(f"${column.name}::{column.type} as {column.name}" for column in ERASURES.columns)
    with Engine(lake.storage.name) as engine:
        writer.append(ERASURES.name, engine.arrow(f"select {selected}", row).to_reader())
    _commit_run(ledger, writer, f"{started:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}", "proof", started)
    lake.storage.delete_note(ERASURE_NOTE)


def _commit_run(ledger: Ledger, writer: Writer, run_id: str, kind: str, started: datetime) -> None:
    ledger.commit(
        writer,
        {
            "run_id": run_id,
            "kind": kind,
            "started_at": started,
            "finished_at": datetime.now(UTC),
            "batchlake_version": VERSION,
            "host": platform.node(),
            "format_version": FORMAT_VERSION,
            "table_versions": writer.versions(),
        },
    )


def _tombstones(targets: Targets, key: PrivacyKey, report: ErasureReport, *, for_good: bool) -> pa.Table:
    digests = {("call", key.of_call(call.source, call.call_id)) for call in targets.calls}
    digests |= {("number", key.of_number(one)) for one in targets.keys}
    rows = sorted(digests)
    count = len(rows)
    return columns.table(
        {
            "kind": columns.texts([kind for kind, _ in rows]),
            "digest": columns.texts([digest for _, digest in rows]),
            "key_id": columns.texts([key.key_id] * count),
            "mode": columns.texts([report.mode] * count),
            "erased_at": columns.times([report.erased_at or datetime.now(UTC)] * count),
            "for_good": columns.flags([for_good] * count),
            "erasure_id": columns.texts([report.erasure_id] * count),
        }
    )


def _among(targets: Targets) -> IsCall:
    places = targets.places
    return lambda source, call_id: (source, call_id) in places


def _stake_digest(key: PrivacyKey, path: str, digest: bytes) -> str:
    """What tells a landed file from others without its name: an id may be in that."""
    return key.pseudonym("landed", base64.b64encode(digest).decode() + path)


def _report_of(facts: dict[str, Any]) -> ErasureReport:
    names = ErasureReport.__dataclass_fields__.keys() - {"not_covered", "left", "verification"}
    known = {name: facts[name] for name in names}
    known["erased_at"] = datetime.fromisoformat(facts["erased_at"])
    return ErasureReport(**known)


def _suggestions(engine: Engine, targets: Targets) -> dict[str, int]:
    """The calls' own fields that may name a person, and how many of the calls have them."""
    ids = {"ids": sorted({call.call_id for call in targets.calls})}
    rows = engine.rows(
        "select field, count(*) as count from (select unnest(json_keys(extra)) as field from calls "
        "where list_contains($ids, call_id) and extra is not null) "
        "where regexp_matches(lower(field), 'name|mail|address|contact|customer|phone') group by all order by all",
        ids,
    )
    return {row["field"]: row["count"] for row in rows}


def _todo(engine: Engine, targets: Targets) -> list[dict[str, Any]]:
    ids = {"ids": sorted({call.call_id for call in targets.calls})}
    rows = engine.rows(
        "select source, call_id, recording_url from calls where list_contains($ids, call_id) order by all",
        ids,
    )
    return [row for row in rows if (row["source"], row["call_id"]) in targets.places]


def _write_todo(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """What to delete by hand: ids and links, for its owner's eyes alone."""
    import os

    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise InvalidRequest(f"--todo can't be written ({error.strerror}); nothing was done.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def list_erasures(engine: Engine) -> list[dict[str, Any]]:
    """A row each, newest first."""
    return engine.rows("select * exclude (report) from erasures order by erased_at desc, erasure_id")


def verify_again(
    lake: LakeTables, landing: Path | None, values: tuple[str, ...] = (), region: str | None = None
) -> Verification:
    """Search the lake for everybody who was ever erased, by digest; for `values` by value."""
    from batchlake.privacy.numbers import keys_of

    if values:
        keys: frozenset[str] = frozenset()
        for value in values:
            if sum(character.isdecimal() for character in value) >= len(value) / 2:
                keys |= keys_of(value, region)
        return verify(
            lake.storage, landing, Finder.of_values(keys, frozenset(), values), lambda *_: False, "value"
        )
    Ledger(lake).newest()
    policy = read_policy(lake.storage)
    if not policy.get("key_id"):
        raise NothingToForget
    tombstones = Tombstones.read(lake, key_of_lake(lake.storage, policy))
    return verify(lake.storage, landing, tombstones.finder(), tombstones.is_erased_call, "digest")
