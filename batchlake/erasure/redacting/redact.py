"""Redacts a lake that holds plain values: rewrite, commit, purge, verify, note. A kill anywhere is finished
later.

Before the `runs` row nothing has happened; after it no reader sees a value, and the next writer of any verb
makes the rules the lake's and deletes what earlier states and the landing still hold.
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
from typing import Any

from batchlake.engine.arguments import check_fields
from batchlake.erasure.finish import finish_locked
from batchlake.erasure.proof import ended_states
from batchlake.erasure.redacting.complete import adopt_rules, complete_redaction
from batchlake.erasure.redacting.rewrite import RedactingRewrite
from batchlake.erasure.report import ErasureReport
from batchlake.errors import InvalidRequest
from batchlake.privacy.key import PrivacyKey, find_key, key_of_lake, make_key, read_policy
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.store.delta.tables import LakeTables
from batchlake.store.delta.writer import Writer
from batchlake.store.ledger import Ledger, begin
from batchlake.store.storage import ERASURE_NOTE
from batchlake.store.upgrade import upgrade_if_needed


@dataclass(frozen=True, slots=True)
class RedactOptions:
    """How to redact a lake.

    Attributes:
        dry_run: say what would change.
        landing: the folder of the platforms' landings, None for none.
        wait_seconds: how long to wait for another writer.
        progress: called with the name of each step when it is done.
    """

    dry_run: bool = False
    landing: Path | None = None
    wait_seconds: float = 0
    progress: Callable[[str], None] = lambda step: None

    def __post_init__(self) -> None:
        check_fields("redact()", self)


def redact(lake: LakeTables, rules: Rules, options: RedactOptions) -> ErasureReport:
    """Redact what a lake holds, and everything that comes in from now on.

    Raises:
        InvalidRequest: the lake is redacted already; nothing was done.
        LakeNotFound, LakeLocked, LakeNotWritable, LakeDamaged, PrivacyKeyMissing, WrongPrivacyKey: before the
            commit nothing has happened.
    """
    Ledger(lake).newest()
    with nullcontext() if options.dry_run else lake.storage.lock(wait_seconds=options.wait_seconds):
        if not options.dry_run:
            finish_locked(lake, options.landing)
            upgrade_if_needed(lake)
        policy = read_policy(lake.storage)
        if policy.get("redact") is not None:
            raise InvalidRequest(
                f"this lake is redacted already ({', '.join(policy['redact'])}), and what comes in is, too."
            )
        key = key_of_lake(lake.storage, policy) if policy.get("key_id") else find_key()
        if key is None and not options.dry_run:
            key = make_key()
        return _execute(lake, rules, options, key)


def _execute(lake: LakeTables, rules: Rules, options: RedactOptions, key: PrivacyKey | None) -> ErasureReport:
    clock = time.monotonic()
    ledger = Ledger(lake)
    before = ledger.newest()
    redactor = Redactor(rules, key)
    report = ErasureReport(
        f"erasure_{secrets.token_hex(8)}", None, options.dry_run, "redact", None, None,
        key_id=key.key_id if key else None,
        calls={"matched": 0, "removed": 0, "anonymised": 0, "own_line": 0},
    )  # fmt: skip
    if options.dry_run:
        planned = RedactingRewrite(lake, dict(before.pins), redactor, None).execute(None)
        report.mentions, report.redacted = dict(planned.mentions), dict(sorted(redactor.counts.items()))
        report.seconds = time.monotonic() - clock
        return report
    run = begin("redact")
    report.run_id = run.run_id
    writer = Writer(lake)
    writer.prepare(dict(before.pins))
    with lake.storage.scratch() as folder:
        rewrite = RedactingRewrite(lake, writer.versions(), redactor, folder)
        marker: dict[str, Any] = {
            "erasure_id": report.erasure_id,
            "run_id": run.run_id,
            "landing": [],
            "landing_folder": str(options.landing.absolute()) if options.landing else None,
            "rules": rules.to_policy(),
            "key_id": key.key_id if key else None,
            "report": None,
        }
        lake.storage.write_note(ERASURE_NOTE, json.dumps(marker).encode())
        options.progress("marker")
        changes = rewrite.execute(writer)
    options.progress("rewrite")
    report.mentions, report.files = dict(changes.mentions), {"rewritten": changes.files}
    report.redacted = dict(sorted(redactor.counts.items()))
    report.erased_at = datetime.now(UTC)
    report.history = ended_states(ledger, run.run_id)
    marker["report"] = report.to_dict() | {"verification": None}
    lake.storage.write_note(ERASURE_NOTE, json.dumps(marker).encode())
    options.progress("commit")
    ledger.commit(writer, run, {"redacted": report.redacted})
    options.progress("committed")
    adopt_rules(lake, marker)
    complete_redaction(lake, report, redactor, options.landing, rewrite.numbers, options.progress)
    report.seconds = time.monotonic() - clock
    return report
