"""What the races are run on: exports and lakes in a folder, made once for a seed and a volume."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.benchmarks.runner import Side, module

BIG_BATCH_CALLS: Final = 100_000
BYTES_A_CALL: Final = 2_450
"""Of exported JSON, about."""


class Course:
    """Exports and lakes by volume, each made by a process of its own where it isn't there yet.

    Args:
        folder: where they are kept.
        seed: of the exports.
    """

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.folder = folder
        self._seed = seed

    def small(self, calls: int) -> Path:
        """A folder of small exports, one batch each."""
        return self._exports("small", f"small-{calls}", calls)

    def document(self, calls: int) -> Path:
        """One document with all calls."""
        return self._exports("document", f"document-{calls}.json", calls)

    def unknown(self, calls: int) -> Path:
        """The same with a key in each record and utterance that no column is for."""
        return self._exports("unknown", f"unknown-{calls}.json", calls)

    def platform(self, name: str, calls: int) -> Path:
        """Pages of another platform's with the same calls."""
        return self._made(
            f"seed{self._seed}-{name}-{calls}",
            lambda part: module(
                "tests.benchmarks.data.platforms", name, part, "--calls", calls, "--seed", self._seed
            ),
        )

    def line(self, calls: int) -> Path:
        """The same calls, nearly all of them in one JSON line."""
        return self._exports("line", f"line-{calls}.ndjson", calls)

    def document_of(self, megabytes: int) -> Path:
        """One document of about so many megabytes."""
        return self.document(megabytes * 1_000_000 // BYTES_A_CALL)

    def small_lake(self, calls: int) -> Path:
        """The lake of the small exports."""
        exports = self.small(calls)
        name = f"lake-of-small-{calls}-seed{self._seed}"
        return self._made(name, lambda part: module("batchlake", "ingest", exports, "--lake", part))

    def large_lake(self, calls: int) -> Path:
        """A lake of so many calls that never were JSON."""
        return self._made(
            f"lake-{calls}", lambda part: module("tests.benchmarks.data.large_lake", part, "--calls", calls)
        )

    def many_runs(self, exports: int, runs: int) -> Path:
        """A lake with a long history: so many exports of one call, and so many runs."""
        return self._made(
            f"history-{exports}-{runs}",
            lambda part: module(
                "tests.benchmarks.data.many_runs", part, "--exports", exports, "--runs", runs
            ),
        )

    def scratch(self, name: str) -> Path:
        """A place for what a side makes."""
        return self.folder / f"scratch-{name}"

    def clear_scratch(self) -> None:
        """Take away what sides have made."""
        for left in self.folder.glob("scratch-*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def _exports(self, shape: str, name: str, calls: int) -> Path:
        def command(part: Path) -> list[str]:
            return module(
                "tests.benchmarks.data.exports", shape, part, "--calls", calls, "--seed", self._seed
            )

        return self._made(f"seed{self._seed}-{name}", command)

    def _made(self, name: str, command: Callable[[Path], list[str]]) -> Path:
        path, part = self.folder / name, self.folder / f"part-{name}"
        if not path.exists():
            print(f"making {name} ...", file=sys.stderr, flush=True)
            Side(command(part), makes=part).run()
            part.rename(path)
        return path


def big_batch_calls(calls: int) -> int:
    """How many calls `batch_big` has in a large lake of so many."""
    return min(BIG_BATCH_CALLS, calls // 2)


def megabytes(path: Path) -> float:
    """The size of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
