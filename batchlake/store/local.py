"""A lake in a folder of this machine."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from batchlake.engine.processes import clear_dead_folders
from batchlake.engine.whole_files import sync_path, whole_file
from batchlake.errors import InvalidRequest, LakeDamaged, LakeError, LakeNotWritable, LakeUnreachable
from batchlake.schema import CALLS, RUNS
from batchlake.store.delta.log import (
    DATA_FILE,
    LAST_CHECKPOINT,
    LOG,
    LOG_ENTRY,
    actions,
    checkpoint_version,
    commit_name,
    lost_commit,
)
from batchlake.store.lock import writer_lock
from batchlake.store.storage import SCRATCH, Storage, refuse_others

_UNUSABLE: Final = re.compile(r"[\[\]|^\\\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")
"""Characters of a path that delta-rs misreads or fails on."""

_MANGLED: Final = re.compile(r"(s3|gs|az):/[^/]")


class LocalStorage(Storage):
    """A folder of this machine."""

    def __init__(self, root: Path) -> None:
        if _MANGLED.match(str(root)):
            raise InvalidRequest(
                f"{str(root)!r} lacks a slash, or was a pathlib.Path: "
                f"write {str(root).replace(':/', '://')!r}, in Python as text.",
                lake=str(root),
            )
        self.root: Path = root
        self.name = str(root)
        self.location = str(root.absolute())
        # delta-rs resolves links itself, and DuckDB has to get the same paths.
        self._folder = Path(os.path.realpath(root))
        if found := _UNUSABLE.search(str(self._folder)):
            raise InvalidRequest(
                f"a lake can't live in {str(self._folder)!r}: Delta Lake takes {found[0]!r} in a path for "
                "something else. Choose a folder without [ ] | ^ \\ and without % before two hex digits.",
                lake=self.name,
            )

    def table(self, table: str) -> str:
        return str(self._folder / table)

    def newest_commit(self, table: str) -> str:
        log = self._folder / table / LOG

        def is_there(number: int) -> bool:
            try:
                return (log / commit_name(number)).exists()
            except OSError as error:
                raise self.unreadable(f"table {table}", error) from error

        # Never a listing: every question asks for this, and after years a log has 50,000 entries.
        for known in (self._checkpoint(log), 0):
            if known is not None and is_there(known):
                return commit_name(_last(is_there, known))
        # No table, or a log that was cut and has lost what names its checkpoint.
        found = (LOG_ENTRY.fullmatch(entry.name) for entry in log.glob("*"))
        return max((commit_name(int(entry[1])) for entry in found if entry), default="")

    def local(self, table: str, names: Sequence[str]) -> list[str]:
        return [str(self._folder / table / name) for name in names]

    def sizes(self, table: str) -> dict[str, int]:
        found = {}
        for file in (self._folder / table).glob("*.parquet*"):
            # A `vacuum` may take it away meanwhile.
            with suppress(FileNotFoundError):
                if DATA_FILE.fullmatch(file.name):
                    found[file.name] = file.stat().st_size
        return found

    def size(self, table: str) -> int:
        return sum(file.stat().st_size for file in (self._folder / table).rglob("*") if file.is_file())

    def log_entries(self, table: str) -> list[str]:
        return [entry.name for entry in (self._folder / table / LOG).glob("*")]

    def commits(self, table: str, numbers: Sequence[int]) -> Iterator[bytes]:
        for number in numbers:
            try:
                yield (self._folder / table / LOG / commit_name(number)).read_bytes()
            except FileNotFoundError as error:
                raise LakeDamaged(self.name, lost_commit(table, number)) from error

    def delete(self, table: str, names: Sequence[str]) -> None:
        for name in names:
            (self._folder / table / name).unlink(missing_ok=True)

    def write_note(self, name: str, data: bytes) -> None:
        try:
            with whole_file(self._folder / name, is_durable=True) as file:
                file.write(data)
        except OSError as error:
            raise LakeNotWritable(self.name, error.strerror or str(error)) from error

    def delete_note(self, name: str) -> None:
        try:
            (self._folder / name).unlink(missing_ok=True)
            sync_path(self._folder)
        except OSError as error:
            raise LakeNotWritable(self.name, error.strerror or str(error)) from error

    def everything(self) -> dict[str, int]:
        found = {}
        for path in sorted(self._folder.rglob("*")):
            with suppress(FileNotFoundError):
                if path.is_file():
                    found[path.relative_to(self._folder).as_posix()] = path.stat().st_size
        return found

    def content(self, path: str) -> bytes:
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            raise
        except NotADirectoryError as error:
            # The lake's own path is that of a file.
            raise FileNotFoundError(path) from error
        except OSError as error:
            raise self.unreadable(path, error) from error

    def delete_copies(self, named: Mapping[str, Collection[str]]) -> int:
        return 0

    def sync_entries(self, table: str, names: Iterable[str]) -> None:
        log = self._folder / table / LOG
        for name in names:
            sync_path(log / name)
        sync_path(log)

    @contextmanager
    def lock(self, *, wait_seconds: float = 0) -> Iterator[None]:
        clear_dead_folders()
        with writer_lock(Path(self.location), wait_seconds=wait_seconds, name=self.name):
            # Of a writer that was killed: this is the only one that lives.
            shutil.rmtree(self._folder / SCRATCH, ignore_errors=True)
            yield

    def assert_locked(self) -> None:
        """The operating system gives it to one process at a time."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        folder = self._folder / SCRATCH
        try:
            folder.mkdir()
        except OSError as error:
            raise LakeNotWritable(self.name, error.strerror or str(error)) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def move_in(self, file: Path, table: str, name: str) -> None:
        file.replace(self._folder / table / name)

    def sync(self, written: Mapping[str, range]) -> None:
        for table, commits in written.items():
            folder = self._folder / table
            for number in commits:
                commit = folder / LOG / commit_name(number)
                for data_file in _added_files(commit):
                    sync_path(folder / data_file)
                sync_path(commit)
            sync_path(folder / LOG)
            sync_path(folder)
        sync_path(self._folder)

    def check_writable(self, tables: Iterable[str]) -> None:
        # delta-rs says it with the trace of a panic on standard error, which nobody can take away.
        for table in tables:
            for folder in (table, f"{table}/{LOG}"):
                if not os.access(self._folder / folder, os.W_OK | os.X_OK):
                    raise LakeNotWritable(self.name, f"{folder}: {os.strerror(errno.EACCES)}")

    def refuse_other_things(self) -> None:
        if not self._folder.exists():
            return
        if not self._folder.is_dir():
            raise LakeNotWritable(self.name, "it is a file")
        refuse_others(self.name, [entry.name for entry in self._folder.iterdir()])

    def reason(self, error: Exception) -> str:
        if isinstance(error, OSError):
            return error.strerror or str(error)
        # delta-rs puts each cause on a line of its own.
        return re.sub(r"\s*↳\s*", ": ", str(error)).strip()

    def unreadable(self, what: str, error: OSError) -> LakeError:
        kind = LakeUnreachable if isinstance(error, PermissionError) else LakeDamaged
        return kind(self.name, f"{what} cannot be opened ({error})")

    def _checkpoint(self, log: Path) -> int | None:
        """The version of the newest checkpoint as the log names it, None where it doesn't."""
        try:
            return checkpoint_version((log / LAST_CHECKPOINT).read_bytes())
        except OSError:
            return None


def is_lake(folder: Path) -> bool:
    """Whether a folder of this machine is a lake, also one whose first run hasn't ended."""
    # Unlike pathlib's, this one raises nothing where a folder may not be looked into.
    return all(os.path.isdir(Path(folder, table.name, LOG)) for table in (RUNS, CALLS))  # noqa: PTH112


def _last(is_there: Callable[[int], bool], known: int) -> int:
    """The last of the consecutive numbers that exist, from a known one on, in few steps."""
    step = 1
    while is_there(known + step):
        known, step = known + step, step * 2
    while step > 1:
        step //= 2
        if is_there(known + step):
            known += step
    return known


def _added_files(commit: Path) -> Iterator[str]:
    for action in actions(commit.read_bytes()):
        if added := action.get("add"):
            yield added["path"]
