"""What comes after the commit of a redaction: the rules become the lake's, then delete, clean, verify, note.

Input: a lake whose newest state is redacted. Output: the same with no plain value in any file, and a row of
`erasures`. The search knows the rules; right after the redaction it knows the replaced numbers, too.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchlake.engine import columns
from batchlake.erasure.landed.incoming import redacted_body
from batchlake.erasure.landed.landing import BODY, platform_turn, sidecar_of, write_whole
from batchlake.erasure.local import clean_local
from batchlake.erasure.proof import judge, note, purge
from batchlake.erasure.report import ErasureReport, Left
from batchlake.erasure.rewrite import read_rows
from batchlake.erasure.rows import JSON_COLUMNS, NUMBER_COLUMNS
from batchlake.erasure.search.parquet import Wanted
from batchlake.erasure.verify import Hit, verify
from batchlake.ingest.load.redaction import TEXTS
from batchlake.privacy.finder import Finder
from batchlake.privacy.key import read_policy
from batchlake.privacy.numbers import is_pseudonym, key_of
from batchlake.privacy.redaction.documents import DocumentRedactor
from batchlake.privacy.redaction.redactor import Redactor
from batchlake.schema import BATCHES, CALLS, EXPORTS, PROBLEMS, SEGMENTS
from batchlake.store.delta.tables import LakeTables
from batchlake.store.ledger import Ledger
from batchlake.store.storage import PRIVACY_NOTE

if TYPE_CHECKING:
    import pyarrow as pa


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
    ended = len(ledger.all()) - 1
    report.history = {"states_ended": ended, "oldest_readable_run": report.run_id}
    purge(lake, ledger, report)
    progress("purged")
    report.landing = _redact_landing(redactor, landing, report) if landing else {}
    report.local |= clean_local(redactor)
    progress("cleaned")
    keys = frozenset(key for number in numbers if (key := key_of(number)) and not is_pseudonym(number))
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
                for path in sorted(folder.rglob(f"*{BODY}")):
                    data = gzip.decompress(path.read_bytes())
                    again = redacted_body(redactor, data)
                    if again is not data:
                        _rewrite(path, again)
                        rewritten += 1
        except (OSError, EOFError) as error:
            advice = "Mend that and ingest the landing again; delete it where it isn't needed."
            report.left.append(Left(f"landing of {folder.name}", type(error).__name__, advice))
    return {"pages_rewritten": rewritten}


def _rewrite(path: Path, body: bytes) -> None:
    modified = path.stat().st_mtime
    write_whole(path, gzip.compress(body, compresslevel=6, mtime=0), modified)
    sidecar = sidecar_of(path)
    if sidecar.exists():
        facts = json.loads(sidecar.read_text(encoding="utf-8"))
        facts |= {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        write_whole(sidecar, json.dumps(facts, indent=2).encode(), modified)


def _rule_hits(lake: LakeTables, redactor: Redactor) -> list[Hit]:
    """Where the newest state still holds what the rules redact."""
    documents = DocumentRedactor(redactor)
    pins = Ledger(lake).newest().pins
    hits = []
    for table in (CALLS, SEGMENTS, BATCHES, PROBLEMS, EXPORTS):
        for path in lake.files(table.name, pins[table.name]):
            rows = read_rows(path)
            for name in rows.column_names:
                is_text = name in (*TEXTS, "text", "location", "raw", "message")
                if name in NUMBER_COLUMNS:
                    values = filter(None, rows[name].to_pylist())
                    count = sum(redactor.number(value) != value for value in values)
                elif name in JSON_COLUMNS or is_text:
                    is_json = name in JSON_COLUMNS or table is PROBLEMS
                    count = _count(redactor, rows[name], documents.json_text if is_json else redactor.text)
                else:
                    continue
                if count:
                    hits.append(Hit(table.name, name, count))
    return hits


def _count(redactor: Redactor, texts: pa.ChunkedArray, change: Callable[[str], str]) -> int:
    found = texts.take(columns.from_numpy(redactor.candidates(texts))).to_pylist()
    return sum(change(text) != text for text in found if text)


def _landing_hits(redactor: Redactor, root: Path | None) -> list[Hit]:
    documents = DocumentRedactor(redactor)
    hits = []
    for path in sorted(root.rglob(f"*{BODY}")) if root else ():
        try:
            text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
        except (OSError, EOFError):
            continue
        if documents.json_text(text) != text:
            hits.append(Hit(f"landing/{path.relative_to(root or path).as_posix()}", "JSON", 1))
    return hits
