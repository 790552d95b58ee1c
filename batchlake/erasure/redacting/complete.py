"""What comes after the commit of a redaction: the rules become the lake's, then delete, clean, verify, note.

Input: a lake whose newest state is redacted. Output: the same with no plain value in any file, and a row of
`erasures`. The search knows the rules; right after the redaction it knows the replaced numbers, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine import columns
from batchlake.erasure.landed.incoming import redacted_body
from batchlake.erasure.landed.landing import (
    damaged_body,
    landed_bodies,
    platform_turn,
    rewrite_body,
    sidecars,
    unpacked_body,
    write_whole,
)
from batchlake.erasure.local import clean_local
from batchlake.erasure.proof import judge, note, purge
from batchlake.erasure.report import ErasureReport, Left
from batchlake.erasure.rewrite import read_rows
from batchlake.erasure.rows import JSON_COLUMNS, NUMBER_COLUMNS
from batchlake.erasure.search.parquet import Wanted
from batchlake.erasure.verify import Hit, verify
from batchlake.errors import LakeError
from batchlake.ingest.load.redaction import TEXTS
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import read_policy
from batchlake.privacy.numbers import is_number, key_of
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.schema import BATCHES, CALLS, EXPORTS, PROBLEMS, SEGMENTS, SNAPSHOTS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import PRIVACY_NOTE

if TYPE_CHECKING:
    import pyarrow as pa

_ADVICE: Final = "Mend that and ingest the landing again; delete it where it isn't needed."


def adopt_rules(lake: LakeTables, marker: Mapping[str, Any]) -> None:
    """Make the rules of a redaction the lake's, so that what comes in from now on is redacted."""
    policy = read_policy(lake.storage) | {"version": 1, "key_id": marker["key_id"]} | marker["rules"]
    lake.storage.write_note(PRIVACY_NOTE, json.dumps(policy).encode())


def complete_redaction(
    lake: LakeTables,
    report: ErasureReport,
    redactor: Redactor,
    landing: Path | None,
    numbers: set[str],
    progress: Callable[[str], None] = lambda step: None,
) -> None:
    """Delete earlier states, redact the landing, search everything, and keep the report.

    Args:
        lake: the lake.
        report: is completed.
        redactor: as the lake was redacted.
        landing: the folder of the platforms' landings.
        numbers: those that were replaced, where they are known.
        progress: called with the name of each step when it is done.
    """
    ledger = Ledger(lake)
    purge(lake, ledger, report)
    progress("purged")
    report.landing = _redact_landing(redactor, landing, report) if landing else {}
    report.local |= clean_local(redactor)
    progress("cleaned")
    # `anonymous` and the like stay where they are no column's value.
    keys = frozenset(key for number in numbers if is_number(number) and (key := key_of(number)))
    by_digest = Finder(keys.__contains__, looks_for_numbers=bool(keys))
    found = verify(lake.storage, landing, Wanted(by_digest, lambda *_: False, frozenset()), "rules")
    found.hits += [*_rule_hits(lake, redactor), *_landing_hits(redactor, landing)]
    report.verification = found
    progress("verified")
    judge(lake, report)
    note(lake, ledger, report)


def _redact_landing(redactor: Redactor, root: Path, report: ErasureReport) -> dict[str, int]:
    rewritten = 0
    for folder in sorted(path for path in root.glob("*") if path.is_dir()):
        try:
            with platform_turn(folder):
                rewritten += _redact_platform(redactor, folder, report)
        except (OSError, LakeError) as error:
            report.left.append(Left(f"landing of {folder.name}", type(error).__name__, _ADVICE))
    return {"pages_rewritten": rewritten}


def _redact_platform(redactor: Redactor, folder: Path, report: ErasureReport) -> int:
    """Redact what landed from one platform; how many files were written anew."""
    rewritten = 0
    for path in landed_bodies(folder):
        try:
            data = unpacked_body(path)
        except OSError as error:
            report.left.append(Left(*damaged_body(folder, error), _ADVICE))
            continue
        again = redacted_body(redactor, data)
        if again is not data:
            rewrite_body(path, again)
            rewritten += 1
    for sidecar in sidecars(folder):
        text = sidecar.read_text(encoding="utf-8", errors="replace")
        if redactor.is_personal_id(text):
            write_whole(sidecar, redactor.without_personal(text).encode(), sidecar.stat().st_mtime)
    return rewritten


def _rule_hits(lake: LakeTables, redactor: Redactor) -> list[Hit]:
    """Where the newest state still holds what the rules redact."""
    documents = DocumentRedactor(redactor)
    pins = Ledger(lake).newest().pins
    hits = []
    for table in (CALLS, SEGMENTS, BATCHES, SNAPSHOTS, PROBLEMS, EXPORTS):
        for path in lake.files(table.name, pins[table.name]):
            rows = read_rows(path)
            for name in rows.column_names:
                is_text = name in (*TEXTS, "text", "location", "raw", "message", "field")
                if name in NUMBER_COLUMNS:
                    values = filter(None, rows[name].to_pylist())
                    count = sum(redactor.number(value) != value for value in values)
                elif name in JSON_COLUMNS or is_text:
                    is_json = name in JSON_COLUMNS or table is PROBLEMS
                    count = _count(documents, rows[name], documents.json_text if is_json else redactor.text)
                elif name == "field_observed_at":
                    names = {one for pairs in rows[name].to_pylist() for one, _ in pairs or ()}
                    count = sum(redactor.text(one) != one for one in names)
                else:
                    continue
                if count:
                    hits.append(Hit(table.name, name, count))
    return hits


def _count(documents: DocumentRedactor, texts: pa.ChunkedArray, change: Callable[[str], str]) -> int:
    found = texts.take(columns.integers(sorted(documents.candidates(texts)))).to_pylist()
    return sum(change(text) != text for text in found if text)


def _landing_hits(redactor: Redactor, root: Path | None) -> list[Hit]:
    documents = DocumentRedactor(redactor)
    hits = []
    for path in landed_bodies(root) if root else ():
        try:
            text = unpacked_body(path).decode("utf-8", "replace")
        except OSError:
            # Its redaction listed it among what is left.
            continue
        if documents.json_text(text) != text:
            hits.append(Hit(f"landing/{path.relative_to(root or path).as_posix()}", "JSON", 1))
    return hits
