"""A run's utterances on their way into the lake: Parquet files as it keeps them, written while it reads.

Input: tables of typed utterances. Output: files. Text is most of an export, so it is held nowhere else:
neither in memory nor a second time on disk. When the run knows which transcripts it keeps, a file whose
transcripts are all kept is added to the lake as it is (`Writer.add_files`); of the others the rows are read
again. For that a file holds a call once at most, and the caller says when to begin the next one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from batchlake.engine import columns
from batchlake.errors import LakeNotWritable
from batchlake.store.delta.parquet import FILE_BYTES, ROW_GROUP_ROWS, pyarrow_options

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from numpy.typing import NDArray


def once_each(said: pa.Table, transcripts: pa.Table) -> Iterator[tuple[pa.Table, NDArray[np.int64]]]:
    """Utterances in parts, in each of which a call has one transcript; with which transcripts these are.

    A batch that is exported each minute while it runs comes with hundreds of each call's.

    Args:
        said: utterances, a transcript's together.
        transcripts: these in their order, with `call_id` and `segment_count`.
    """
    if not len(transcripts):
        return
    calls = columns.group_numbers(columns.plain(transcripts.select(["call_id"])))
    ordered = np.argsort(calls, kind="stable")
    begins = np.flatnonzero(np.diff(calls[ordered], prepend=-1))
    lengths = np.diff(np.append(begins, len(calls)))
    # 0 for the first transcript of its call, 1 for the second ...
    part = np.empty(len(calls), np.int64)
    part[ordered] = np.arange(len(calls)) - np.repeat(begins, lengths)
    counts = columns.to_numpy(transcripts["segment_count"], np.int64)
    by_part = np.argsort(part, kind="stable")
    if part.max():
        places = columns.from_numpy(np.argsort(np.repeat(part, counts), kind="stable"))
        said = columns.plain(said).combine_chunks().take(places)
    row = place = 0
    for utterances, length in zip(np.bincount(part, counts).astype(int), np.bincount(part), strict=True):
        yield said.slice(row, utterances), by_part[place : place + length]
        row, place = row + utterances, place + length


@dataclass(slots=True)
class TranscriptFile:
    """One file: its number in the run (from 1), where it is, and how many transcripts were written to it."""

    number: int
    path: Path
    transcripts: int = 0


class TranscriptFiles:
    """Writes the files, on a thread of its own.

    Args:
        folder: where to; None for a run that writes nothing.
        lake: what to call the lake in an error.
    """

    def __init__(self, folder: Path | None, lake: str = "") -> None:
        self._lake = lake
        self.files: list[TranscriptFile] = []
        self._folder = folder
        self._is_open = False
        self._writer: pq.ParquetWriter | None = None
        self._thread = ThreadPoolExecutor(1, "transcripts")
        self._writing: Future[None] | None = None

    @property
    def current(self) -> int:
        """The number of the file that rows are written to now; 0 where the next rows begin one."""
        return self.files[-1].number if self._is_open else 0

    def write(self, rows: pa.Table, transcripts: int) -> int:
        """Add rows of `segments` of some transcripts; the number of their file."""
        if self._folder is None:
            return 0
        self._wait()
        if self._is_open and self.files[-1].path.stat().st_size >= FILE_BYTES:
            self.end_file()
        if not self._is_open:
            number = len(self.files) + 1
            self.files.append(TranscriptFile(number, self._folder / f"transcripts-{number}.parquet"))
            self._is_open = True
        file = self.files[-1]
        file.transcripts += transcripts
        self._writing = self._thread.submit(self._write, file.path, rows)
        return file.number

    def end_file(self) -> None:
        """Close the file; what is written from now on goes to another."""
        self._wait()
        self._is_open = False
        if self._writer:
            with self._writable():
                self._writer.close()
            self._writer = None

    def stop(self) -> None:
        """Write no more; what is being written ends first."""
        self._thread.shutdown(cancel_futures=True)
        if self._writer:
            with self._writable():
                self._writer.close()

    def _write(self, path: Path, rows: pa.Table) -> None:
        rows = columns.plain(rows)
        if self._writer is None:
            import pyarrow.parquet as pq

            self._writer = pq.ParquetWriter(path, rows.schema, **pyarrow_options("segments"))
        self._writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)

    def _wait(self) -> None:
        if self._writing:
            with self._writable():
                self._writing.result()

    @contextmanager
    def _writable(self) -> Iterator[None]:
        """A full disk is not the export's fault."""
        try:
            yield
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise LakeNotWritable(self._lake, reason) from error
