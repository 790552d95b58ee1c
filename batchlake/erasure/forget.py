"""Erases people from a lake: resolve, rewrite, commit, purge, verify, note. A kill anywhere is finished
later.

Before the `runs` row nothing has happened; after it the person is gone for every reader, and the next writer
of any verb deletes what is still there of earlier states (`finish`), by digests, without knowing the values.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from batchlake.engine.arguments import check_fields
from batchlake.engine.engine import Engine
from batchlake.erasure.finish import finish_locked, stake_digest
from batchlake.erasure.hand import suggestions, todo, write_todo
from batchlake.erasure.landed.landing import at_stake
from batchlake.erasure.landed.records import IsCall, RecordCleaner
from batchlake.erasure.proof import clean_around, ended_states, judge, note, purge
from batchlake.erasure.report import ErasureReport, Left
from batchlake.erasure.rewrite import ERASED_TABLES, Rewrite
from batchlake.erasure.rows import Changes
from batchlake.erasure.search.parquet import Wanted
from batchlake.erasure.search.tables import Searched, search_tables
from batchlake.erasure.targets import Mode, Request, Targets, resolve
from batchlake.erasure.verify import files_with_hits, verify
from batchlake.errors import InvalidRequest
from batchlake.output.target import check_target
from batchlake.privacy.errors import ErasureMismatch, NothingToForget
from batchlake.privacy.key import PrivacyKey, find_key, key_of_lake, make_key, read_policy
from batchlake.privacy.tombstones import tombstones_of
from batchlake.schema import TOMBSTONES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin
from batchlake.store.storage import ERASURE_NOTE, PRIVACY_NOTE
from batchlake.store.upgrade import upgrade_if_needed
from batchlake.text.escaping import shown


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

    Raises:
        InvalidRequest: the mode isn't known, a path of `elsewhere` isn't there, or `todo` can't be written.
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

    def __post_init__(self) -> None:
        check_fields("forget()", self)
        if self.mode not in get_args(Mode):
            raise InvalidRequest(
                f"{self.mode!r} is no mode. Give {' or '.join(get_args(Mode))}; nothing was done."
            )
        if self.todo:
            if self.dry_run:
                raise InvalidRequest("a dry run writes nothing. Give --todo when you erase.")
            check_target(self.todo, "Name another with --todo; nothing was done.")
        for path in self.elsewhere:
            if not path.exists():
                raise InvalidRequest(
                    f"--elsewhere names {shown(str(path))}, which isn't there. Check it; nothing was done."
                )


def forget(lake: LakeTables, request: Request, options: Options) -> ErasureReport:
    """Erase what a request names.

    Raises:
        InvalidRequest: nobody is named, or a number or the reference can't be used; nothing was done.
        NothingToForget: the lake holds nothing of it; nothing was done.
        ErasureMismatch: other calls than expected would go; nothing was done.
        LakeNotFound, LakeLocked, LakeNotWritable, LakeDamaged, PrivacyKeyMissing, WrongPrivacyKey: before the
            commit nothing has happened.
    """
    with Engine(lake.storage.name) as engine:
        ledger = Ledger(lake, engine)
        ledger.newest()
        with nullcontext() if options.dry_run else lake.storage.lock(wait_seconds=options.wait_seconds):
            if not options.dry_run:
                finish_locked(lake, options.landing)
                # What is rewritten is in this layout.
                upgrade_if_needed(lake, ledger)
            return _Erasure(lake, ledger, request, options).execute()


class _Erasure:
    """The state of one erasure; holds the writer's lock unless it is a dry run."""

    def __init__(self, lake: LakeTables, ledger: Ledger, request: Request, options: Options) -> None:
        self._lake = lake
        self._storage = lake.storage
        self._ledger = ledger
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
            targets = resolve(
                engine, self._storage, self._request, key if self._policy.get("redact") else None
            )
            suggested = suggestions(engine, targets) if options.dry_run else {}
            by_hand = todo(engine, targets) if options.todo else []
        self._refuse_reference(targets)
        wanted = _wanted(targets)
        landed = self._landed(targets, wanted.is_call)
        pins = {table.name: version.pins[table.name] for table in ERASED_TABLES}
        found = search_tables(self._lake, pins, wanted)
        planned = Changes()
        if options.dry_run or not targets.calls:
            planned = Rewrite(
                self._lake, dict(version.pins), targets, options.mode, None, None, found.held
            ).execute(None)
        if not (targets.calls or planned or landed):
            raise NothingToForget
        report = self._report(targets, planned, suggested)
        report.elsewhere, unread = files_with_hits(options.elsewhere, wanted)
        why = "can't be read or unpacked"
        report.left += [Left(file, why, "Search it by other means.") for file in unread]
        expected = options.expect
        # A dry run needs none; one that is given holds there, too.
        is_open = expected is None and options.dry_run
        if expected != "any" and expected != len(targets.calls) and not is_open:
            raise ErasureMismatch(expected, len(targets.calls))
        if options.dry_run:
            return report
        if options.todo:
            write_todo(options.todo, by_hand)
        key = key or make_key()
        report.key_id = key.key_id
        self._commit(report, targets, key, landed, found)
        self._complete(report, wanted, found)
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

    def _report(self, targets: Targets, planned: Changes, suggested: dict[str, int]) -> ErasureReport:
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
            rows=dict(planned.rows), mentions=dict(planned.mentions), suggestions=suggested,
            seconds=time.monotonic() - self._clock,
        )  # fmt: skip

    def _commit(
        self,
        report: ErasureReport,
        targets: Targets,
        key: PrivacyKey,
        landed: list[tuple[str, bytes]],
        found: Searched,
    ) -> None:
        """Rewrite the tables and make that the lake's state."""
        run = begin("forget", self._started)
        report.run_id = run_id = run.run_id
        if not self._policy.get("key_id"):
            self._policy |= {"version": 1, "key_id": key.key_id}
            self._storage.write_note(PRIVACY_NOTE, json.dumps(self._policy).encode())
        stake = sorted(stake_digest(key, path, digest) for path, digest in landed)
        before = self._ledger.newest()
        writer = Writer(self._lake)
        self._options.progress("marker")
        writer.prepare(dict(before.pins))
        with self._storage.scratch() as folder:
            rewrite = Rewrite(
                self._lake, writer.versions(), targets, self._options.mode, key, folder, found.held
            )
            marker: dict[str, Any] = {
                "erasure_id": self._id,
                "run_id": run_id,
                "landing": stake,
                "landing_folder": str(self._options.landing.absolute()) if self._options.landing else None,
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
        tombstones = tombstones_of(
            key,
            {(call.source, call.call_id) for call in targets.calls},
            targets.finder.ids,
            targets.keys,
            {
                "mode": report.mode,
                "erased_at": erased_at,
                "for_good": self._options.for_good,
                "erasure_id": report.erasure_id,
            },
        )
        report.history = ended_states(self._ledger, run_id)
        report.tombstones = {kind: tombstones["kind"].to_pylist().count(kind) for kind in ("call", "number")}
        writer.append(TOMBSTONES.name, tombstones.to_reader())
        # What the next writer needs to finish it holds counts, and no value.
        marker["report"] = report.to_keep(targets.finder.erased) | {"verification": None}
        self._storage.write_note(ERASURE_NOTE, json.dumps(marker).encode())
        self._options.progress("commit")
        self._ledger.commit(writer, run, {})
        self._options.progress("committed")

    def _complete(self, report: ErasureReport, wanted: Wanted, found: Searched) -> None:
        purge(self._lake, self._ledger, report)
        self._options.progress("purged")
        clean_around(report, self._options.landing, wanted.finder, wanted.is_call)
        self._options.progress("cleaned")
        report.verification = verify(self._storage, self._options.landing, wanted, "value", found.clean)
        self._options.progress("verified")
        judge(self._lake, report)
        report.seconds = time.monotonic() - self._clock
        note(self._lake, self._ledger, report, wanted.finder.erased)


def _wanted(targets: Targets) -> Wanted:
    places = targets.places
    ids = frozenset(call_id for _, call_id in places)
    return Wanted(targets.finder, lambda source, call_id: (source, call_id) in places, ids)
