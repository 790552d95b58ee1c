"""One side of a race in a process of its own: does its work, and prints the seconds that it took.

    python -m tests.benchmarks.contenders details-by-hand LAKE --calls 1000000

Opening the lake, imports and a first try are left out, unless the work is to read exports: an ingest happens
once, so its whole process is timed from outside.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import batchlake
from tests.benchmarks.data.large_lake import CALLS_A_BATCH, some_batch

_NEW_FILES: Final = 100
_NEW_CALLS: Final = 20
_TRIES: Final = 3
_LONG_SECONDS: Final = 10
"""What takes longer than this is tried once."""
_STATUSES: Final = ("completed", "failed")
_IN_SQL: Final = f"status in {_STATUSES}"


def ingest(exports: Path, lake: Path) -> None:
    """Exports into a new lake."""
    batchlake.open(lake).ingest(exports)


def copy_exports(exports: Path, target: Path) -> None:
    """The same exports into one Parquet file, by DuckDB alone."""
    from tests.benchmarks.ingest_rivals import copied

    copied(exports, target)


def ingest_by_hand(exports: Path, target: Path) -> None:
    """The same job in DuckDB by hand."""
    from tests.benchmarks.ingest_rivals import by_hand

    by_hand(exports, target)


def ingest_by_dlt(exports: Path, target: Path) -> None:
    """The same exports merged into Delta tables by dlt."""
    from tests.benchmarks.ingest_rivals import by_dlt

    by_dlt(exports, target)


def re_export(root: Path, calls: int) -> float:
    """A batch of 1,000 calls that the lake holds, exported again; seconds of the ingest."""
    from tests.benchmarks.data.exports import Exports, Seen

    number = some_batch(calls)
    seen = Seen(exported_at=datetime.now(UTC))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "again.json"
        pieces = Exports().batch(number, number * CALLS_A_BATCH, CALLS_A_BATCH, seen)
        path.write_text("".join(pieces), encoding="utf-8")
        return _ingested(root, path)


def new_files(root: Path, _: int) -> float:
    """A hundred exports of 20 calls each that the lake doesn't hold; seconds of the ingest."""
    from tests.benchmarks.data.exports import Exports, Seen, batch_id

    seen = Seen(exported_at=datetime.now(UTC))
    first = int(seen.exported_at.timestamp())
    with tempfile.TemporaryDirectory() as folder:
        for number in range(_NEW_FILES):
            pieces = Exports().batch(number, first * 10 + number * _NEW_CALLS, _NEW_CALLS, seen)
            text = "".join(pieces).replace(f'"{batch_id(number)}"', f'"new_{first}_{number}"')
            (Path(folder) / f"{number}.json").write_text(text, encoding="utf-8")
        return _ingested(root, Path(folder))


def _ingested(root: Path, exports: Path) -> float:
    """Seconds of an ingest, without the imports."""
    import batchlake.ingest.run

    lake = batchlake.open(root)
    began = time.perf_counter()
    lake.ingest(exports)
    return time.perf_counter() - began


def details(root: Path, calls: int) -> float:
    """One batch's completed and failed calls with the batch's analytics."""
    lake = batchlake.open(root)
    wanted = {"status": list(_STATUSES)}
    return _seconds(lambda: lake.batch(f"batch_{some_batch(calls):06}", wanted, include_analytics=True))


def details_by_hand(root: Path, calls: int) -> float:
    """The same figures and calls, a query each."""
    from tests.benchmarks.duckdb_baseline import DETAILS, analytics

    where = f"source = 'svalync' and batch_id = 'batch_{some_batch(calls):06}'"
    return _seconds(_asking(root, (*analytics(), DETAILS), where, _IN_SQL))


def analytics_of_all(root: Path, _: int) -> float:
    """Every metric over every call."""
    lake = batchlake.open(root)
    return _seconds(lake.analytics)


def analytics_by_hand(root: Path, _: int) -> float:
    """The same, a query each block."""
    from tests.benchmarks.duckdb_baseline import analytics

    return _seconds(_asking(root, analytics(), "true"))


def by_agent(root: Path, _: int) -> float:
    """Calls, success rate, mean duration and total cost by agent, and of all."""
    lake = batchlake.open(root)
    return _seconds(lambda: lake.analytics(by="agent_id", metrics=["calls", "success"]))


def percentiles_by_agent(root: Path, _: int) -> float:
    """The same with the families of duration and cost, which hold percentiles."""
    lake = batchlake.open(root)
    return _seconds(lambda: lake.analytics(by="agent_id", metrics=["calls", "success", "duration", "cost"]))


def percentiles_in_sql(root: Path, _: int) -> float:
    """The same question as one statement."""
    from tests.benchmarks.rows import PERCENTILES_BY_AGENT

    lake = batchlake.open(root)
    return _seconds(lambda: lake.sql(PERCENTILES_BY_AGENT).to_dicts())


def by_agent_in_sql(root: Path, _: int) -> float:
    """The same question as the one statement that asks it."""
    from tests.benchmarks.rows import BY_AGENT

    lake = batchlake.open(root)
    return _seconds(lambda: lake.sql(BY_AGENT).to_dicts())


def all_by_agent(root: Path, _: int) -> float:
    """Every metric by agent."""
    lake = batchlake.open(root)
    return _seconds(lambda: lake.analytics(by="agent_id", metrics="all"))


def documents(root: Path, _: int) -> float:
    """The big batch's calls with transcripts as JSON."""
    return _documents(root, "batch_big")


def documents_of(root: Path, _: int) -> float:
    """The same of a tenth as many calls."""
    return _documents(root, "batch_tenth")


def documents_by_hand(root: Path, _: int) -> float:
    """The same through `COPY ... (FORMAT json)`."""
    from tests.benchmarks.duckdb_baseline import DOCUMENTS, over

    with tempfile.TemporaryDirectory(dir=root.parent) as folder:
        query = over(DOCUMENTS, "source = 'svalync' and batch_id = 'batch_big'")
        connection = batchlake.open(root).connect()
        return _seconds(lambda: connection.execute(f"copy ({query}) to '{folder}/calls.json' (format json)"))


def _documents(root: Path, batch: str) -> float:
    lake = batchlake.open(root)
    with tempfile.TemporaryDirectory(dir=root.parent) as folder:

        def write() -> None:
            with (Path(folder) / "calls.json").open("wb") as file:
                lake.write_batch(file, batch, include_transcripts=True)

        return _seconds(write)


def _asking(
    root: Path, queries: tuple[str, ...], where: str, calls_where: str = "true"
) -> Callable[[], object]:
    from tests.benchmarks.duckdb_baseline import over

    connection = batchlake.open(root).connect()
    return lambda: [connection.execute(over(query, where, calls_where)).fetchall() for query in queries]


def _seconds(work: Callable[[], object]) -> float:
    """The median of several tries, after one that isn't counted."""
    first = _timed(work)
    return statistics.median(_timed(work) for _ in range(_TRIES if first < _LONG_SECONDS else 1))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


READING: Final[dict[str, Callable[[Path, Path], None]]] = {
    "ingest": ingest,
    "copy": copy_exports,
    "by-hand": ingest_by_hand,
    "dlt": ingest_by_dlt,
}
ASKING: Final[dict[str, Callable[[Path, int], float]]] = {
    "re-export": re_export,
    "new-files": new_files,
    "by-agent": by_agent,
    "by-agent-in-sql": by_agent_in_sql,
    "percentiles": percentiles_by_agent,
    "percentiles-in-sql": percentiles_in_sql,
    "all-by-agent": all_by_agent,
    "details": details,
    "details-by-hand": details_by_hand,
    "analytics": analytics_of_all,
    "analytics-by-hand": analytics_by_hand,
    "documents": documents,
    "few-documents": documents_of,
    "documents-by-hand": documents_by_hand,
}


def main() -> None:
    """Do what is named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", choices=[*READING, *ASKING])
    parser.add_argument("path", type=Path, help="a lake, or the exports to read")
    parser.add_argument("target", type=Path, nargs="?", help="where exports are read to")
    parser.add_argument("--calls", type=int, default=0, help="how many the lake was made with")
    given = parser.parse_args()
    if given.work in READING:
        READING[given.work](given.path, given.target)
    else:
        print(ASKING[given.work](given.path, given.calls))


if __name__ == "__main__":
    main()
