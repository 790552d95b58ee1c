"""What comes after the commit of an erasure: delete, clean, verify, note; and to finish one that was cut
short.

Input: a lake whose newest state lacks the person. Output: the same with nothing of them in any byte, and a
row of `erasures`. Who finishes another's erasure knows digests only, no values.
"""

from __future__ import annotations

import base64
from datetime import datetime
from pathlib import Path
from typing import Any

from batchlake.engine.engine import Engine
from batchlake.engine.quoting import view_of
from batchlake.erasure.proof import clean_around, judge, note, purge
from batchlake.erasure.report import ErasureReport, Left
from batchlake.erasure.search.parquet import Wanted
from batchlake.erasure.verify import verify
from batchlake.privacy.key import PrivacyKey, key_of_lake, read_policy
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.privacy.redaction.rules import Rules
from batchlake.privacy.tombstones import Tombstones
from batchlake.schema import ERASURES
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import ERASURE_NOTE


def finish(lake: LakeTables, landing: Path | None = None, wait_seconds: float = 0) -> None:
    """Finish an erasure that was cut short, if there is one; nothing is locked where there is none."""
    if lake.storage.note(ERASURE_NOTE) is not None:
        with lake.storage.lock(wait_seconds=wait_seconds):
            finish_locked(lake, landing)


def finish_locked(lake: LakeTables, landing: Path | None = None) -> None:
    """The same, under the writer's lock. An unfinished redaction is one, too."""
    marker = lake.storage.json_note(ERASURE_NOTE)
    if marker is not None:
        with Engine(lake.storage.name) as engine:
            _finish(lake, Ledger(lake, engine), marker, landing)


def _finish(lake: LakeTables, ledger: Ledger, marker: dict[str, Any], landing: Path | None) -> None:
    if not ledger.holds(marker["run_id"]):
        # Nothing has happened: the next writer takes back what was written beyond the pins.
        lake.storage.delete_note(ERASURE_NOTE)
        return
    if _is_noted(lake, ledger, marker["erasure_id"]):
        lake.storage.delete_note(ERASURE_NOTE)
        return
    if marker.get("rules"):
        _finish_redaction(lake, marker, landing)
        return
    report = _report_of(marker["report"])
    if landing is None and marker["landing_folder"] is not None:
        landing = Path(marker["landing_folder"])
    key = key_of_lake(lake.storage, read_policy(lake.storage))
    tombstones = Tombstones.read(lake, key, ledger)
    finder, is_call = tombstones.finder(), tombstones.is_erased_call
    purge(lake, ledger, report)
    stake = set(marker["landing"])
    clean_around(
        report, landing, finder, is_call, lambda path, digest: stake_digest(key, path, digest) in stake
    )
    if stake and not (landing and landing.is_dir()):
        report.left.append(Left("landing", "its folder isn't on this machine", "Name it with --landing."))
    report.verification = verify(lake.storage, landing, Wanted(finder, is_call), "digest")
    judge(lake, report)
    note(lake, ledger, report)


def _finish_redaction(lake: LakeTables, marker: dict[str, Any], landing: Path | None) -> None:
    from batchlake.erasure.redacting.complete import adopt_rules, complete_redaction

    adopt_rules(lake, marker)
    policy = read_policy(lake.storage)
    rules = Rules.of_policy(policy)
    assert rules is not None  # noqa: S101 - they were just written
    if landing is None and marker["landing_folder"] is not None:
        landing = Path(marker["landing_folder"])
    redactor = Redactor(rules, key_of_lake(lake.storage, policy))
    complete_redaction(lake, _report_of(marker["report"]), redactor, landing, set())


def _is_noted(lake: LakeTables, ledger: Ledger, erasure_id: str) -> bool:
    """Whether an erasure was verified and noted, and only its marker has stayed."""
    version = ledger.newest()
    with ledger.reader() as engine:
        engine.create_view(view_of(ERASURES, lake.files(ERASURES.name, version.pins[ERASURES.name])))
        return engine.exists_any("from erasures where erasure_id = $id", {"id": erasure_id})


def stake_digest(key: PrivacyKey, path: str, digest: bytes) -> str:
    """A digest that identifies a landed file without its name, which may hold an id."""
    return key.pseudonym("landed", base64.b64encode(digest).decode() + path)


def _report_of(facts: dict[str, Any]) -> ErasureReport:
    names = ErasureReport.__dataclass_fields__.keys() - {"not_covered", "left", "verification"}
    known = {name: facts[name] for name in names}
    known["erased_at"] = datetime.fromisoformat(facts["erased_at"])
    return ErasureReport(**known)
