"""What an ingest costs beside DuckDB's `COPY (read_json ... unnest) TO parquet`, which merges nothing.

    python tests/benchmarks/bench_ingest.py --calls 100000

Each row is one process of ours and one of the rival's over the same files: megabytes of JSON a second, the
ratio, and the peak memory of each process.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.exports import Exports

OURS = """
import sys
import batchlake
batchlake.open(sys.argv[2]).ingest(sys.argv[1])
"""

RIVAL = """
import os, sys, duckdb
whole = sys.argv[1].endswith('.json')
source = sys.argv[1] if whole else sys.argv[1] + '/*.json'
largest = 2 * os.path.getsize(source) if whole else 16_000_000
duckdb.connect().execute(f\"\"\"
    copy (
        select batch.id as batch_id, unnest(batch.calls) as call
        from read_json('{source}', maximum_object_size = {largest}, format = 'unstructured')
    ) to '{sys.argv[2]}' (format parquet, compression zstd)
\"\"\")
"""


def measure(script: str, source: Path, target: Path) -> tuple[float, float]:
    """Wall seconds and peak megabytes of one process."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", script, str(source), str(target)])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        return float("nan"), usage.ru_maxrss / 1024
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Make the exports, run both, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=20_000, help="calls in all")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        exports = Exports()
        small = exports.write_small(folder / "small", max(1, arguments.calls // 200), 200)
        large = exports.write_large(folder / "large.json", arguments.calls)
        print(
            "| exports | MB | ours MB/s | rival MB/s | ratio | ours peak MB | rival peak MB | lake / JSON |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for label, source, size in (
            ("many small files", folder / "small", small),
            ("one document", folder / "large.json", large),
        ):
            lake = folder / f"lake-{source.stem}"
            seconds, peak = measure(OURS, source, lake)
            rival_seconds, rival_peak = measure(RIVAL, source, folder / f"{source.stem}.parquet")
            stored = sum(file.stat().st_size for file in lake.rglob("*.parquet"))
            megabytes = size / 1e6
            print(
                f"| {label} | {megabytes:.0f} | {megabytes / seconds:.0f} | {megabytes / rival_seconds:.0f} "
                f"| {rival_seconds / seconds:.2f} | {peak:.0f} | {rival_peak:.0f} | {stored / size:.3f} |"
            )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
