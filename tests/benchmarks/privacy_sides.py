"""One side of a race about people's data, in a process of its own: it prints its seconds.

Input: which, and its arguments. What a side changes it copies first, which isn't timed.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

TOMBSTONES: Final = 10_000
NUMBER_QUERY: Final = "select max(to_number) as number from calls where direction = 'outbound'"


def forget(lake: str, scratch: str) -> float:
    """Erase one number, verified."""
    import batchlake

    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(lake, scratch)
    opened = batchlake.open(scratch)
    number = str(opened.sql(NUMBER_QUERY).to_dicts()[0]["number"])
    began = time.perf_counter()
    report = opened.forget(numbers=[number], expect="any")
    seconds = time.perf_counter() - began
    if not report.is_proven or not report.calls["removed"]:
        raise SystemExit(f"nothing was erased and proven: {report}")
    return seconds


def count(lake: str) -> float:
    """Count, by one statement a table, the strings that the expression matches by which numbers are found."""
    import duckdb

    from batchlake.privacy.digits import EVERY_LANGUAGE

    connection = duckdb.connect()
    began = time.perf_counter()
    for table in sorted(path.name for path in Path(lake).iterdir() if path.is_dir() and path.name[0] != "_"):
        files = f"read_parquet('{lake}/{table}/*.parquet')"
        if not any(Path(lake, table).glob("*.parquet")):
            continue
        held = connection.execute(f"describe from {files}").fetchall()
        texts = [f'"{name}"' for name, kind, *_ in held if kind == "VARCHAR"]
        counts = ", ".join(f"count_if(regexp_matches({name}, $sieve))" for name in texts)
        connection.execute(f"select {counts} from {files}", {"sieve": EVERY_LANGUAGE.sieve}).fetchall()
    return time.perf_counter() - began


def ingest(exports: str, scratch: str, kinds: str = "", seed: str = "") -> float:
    """Ingest exports, redacted or not, into a new lake or a copy of one."""
    import batchlake

    shutil.rmtree(scratch, ignore_errors=True)
    if seed:
        shutil.copytree(seed, scratch)
    rules = batchlake.Rules.of(kinds.split(","), region="US") if kinds else ()
    began = time.perf_counter()
    report = batchlake.open(scratch).ingest(exports, redact=rules)
    seconds = time.perf_counter() - began
    if not report.calls_new:
        raise SystemExit(f"nothing came in: {report}")
    return seconds


def tombstones(lake: str) -> float:
    """Make a lake from which 10,000 people were erased, each with a call and the forms of a number."""
    import json

    from batchlake.privacy.key import find_key
    from batchlake.privacy.numbers import keys_of
    from batchlake.privacy.tombstones import tombstones_of
    from batchlake.store.delta.tables import LakeTables
    from batchlake.store.delta.writer import Writer
    from batchlake.store.ledger import Ledger, begin
    from batchlake.store.storage import PRIVACY_NOTE

    key = find_key()
    assert key is not None
    tables = LakeTables(Path(lake))
    writer = Writer(tables)
    with tables.storage.lock():
        writer.prepare({})
        run = begin("forget")
        tables.storage.write_note(PRIVACY_NOTE, json.dumps({"version": 1, "key_id": key.key_id}).encode())
        table = tombstones_of(
            key,
            [("svalync", f"gone_{at:06}") for at in range(TOMBSTONES)],
            [f"gone_{at:06}" for at in range(TOMBSTONES)],
            {one for at in range(TOMBSTONES) for one in keys_of(f"+1917{at:07}")},
            {"mode": "remove", "erased_at": datetime.now(UTC), "for_good": False, "erasure_id": "made"},
        )
        writer.append("tombstones", table.to_reader())
        Ledger(tables).commit(writer, run, {})
    return 0.0


SIDES: Final[dict[str, Callable[..., float]]] = {
    "forget": forget, "count": count, "ingest": ingest, "tombstones": tombstones,
}  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("BATCHLAKE_PRIVACY_KEY", "A" * 43 + "=")
    print(SIDES[sys.argv[1]](*sys.argv[2:]))
