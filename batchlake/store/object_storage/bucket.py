"""A lake in object storage: `s3://bucket/prefix`, also `gs://` and `az://`.

Delta's own protocol commits there: a commit is an object that may be created once. Questions read local
copies (`cache`), writers take turns by a lease (`lease`), and what is written is durable as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake._lazy import extra
from batchlake.engine.processes import TemporaryFolder, clear_dead_folders
from batchlake.errors import InvalidRequest, LakeDamaged, LakeError, LakeNotWritable, LakeUnreachable
from batchlake.store.delta.log import (
    DATA_FILE,
    LAST_CHECKPOINT,
    LOG,
    checkpoint_version,
    commit_name,
    lost_commit,
)
from batchlake.store.object_storage.cache import FileCache
from batchlake.store.object_storage.lease import Lease
from batchlake.store.object_storage.object_store import (
    ObjectAddress,
    StorageError,
    delta_options,
    open_store,
    plain_reason,
    plainly,
)
from batchlake.store.storage import PRIVACY_NOTE, Storage, refuse_others

with extra("objects", "addresses in object storage"):
    import obstore

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

_PLAIN: Final = re.compile(r"[A-Za-z0-9_=.-]+(/[A-Za-z0-9_=.-]+)*")
_AT_ONCE: Final = 8
_COMMITS_AHEAD: Final = 256
_DOTS: Final = re.compile(r"(^|/)\.{1,2}(/|$)")


class BucketStorage(Storage):
    """A prefix in a bucket. No request is made before it is needed."""

    def __init__(self, address: str) -> None:
        try:
            self._address = ObjectAddress.parse(address)
            self._store: ObjectStore = open_store(self._address)
        except StorageError as error:
            raise LakeUnreachable(address, str(error)) from error
        self.root = self.name = self.location = str(self._address).rstrip("/")
        prefix = self._address.path.rstrip("/")
        if not _PLAIN.fullmatch(prefix) or _DOTS.search(prefix):
            raise InvalidRequest(
                f"a lake can't live at {address!r}: it needs a prefix of its own in the bucket, made of "
                "letters, digits, _ = . - and /. Write it as s3://bucket/lake.",
                lake=address,
            )
        self._prefix = f"{prefix}/"
        self.storage_options = delta_options(self._address)
        self._cache = FileCache(self._address, self._store)
        self._lease = Lease(self._store, self._address, f"{self._prefix}_lock.json")
        self._newest: dict[str, str] = {}

    def table(self, table: str) -> str:
        return f"{self.name}/{table}"

    def newest_commit(self, table: str) -> str:
        with self._reading():
            log = f"{self._prefix}{table}/{LOG}/"
            # The list begins behind what is known: after years a log has thousands of entries.
            known = self._newest.get(table) or self._checkpoint(log)
            later = (Path(facts["path"]).name for facts in self._list(log, f"{log}{known}"))
            newest = max((name for name in later if name.endswith(".json")), default=known)
            if not newest or not newest[0].isdigit():
                return ""
            self._newest[table] = newest
            return newest

    def local(self, table: str, names: Sequence[str]) -> list[str]:
        with self._reading():
            try:
                return self._cache.paths(f"{self._prefix}{table}/", names)
            except FileNotFoundError as error:
                raise LakeDamaged(self.name, f"a data file of {table} is gone") from error

    def sizes(self, table: str) -> dict[str, int]:
        with self._reading():
            folder = f"{self._prefix}{table}/"
            found = {facts["path"].removeprefix(folder): facts["size"] for facts in self._list(folder)}
            return {name: size for name, size in found.items() if DATA_FILE.fullmatch(name)}

    def size(self, table: str) -> int:
        with self._reading():
            return sum(facts["size"] for facts in self._list(f"{self._prefix}{table}/"))

    def log_entries(self, table: str) -> list[str]:
        with self._reading():
            log = f"{self._prefix}{table}/{LOG}/"
            return [facts["path"].removeprefix(log) for facts in self._list(log)]

    def commits(self, table: str, numbers: Sequence[int]) -> Iterator[bytes]:
        def read(number: int) -> bytes:
            with self._reading():
                path = f"{self._prefix}{table}/{LOG}/{commit_name(number)}"
                try:
                    return bytes(obstore.get(self._store, path).bytes())
                except FileNotFoundError as error:
                    raise LakeDamaged(self.name, lost_commit(table, number)) from error

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            # All at once would be in memory together.
            for first in range(0, len(numbers), _COMMITS_AHEAD):
                yield from pool.map(read, numbers[first : first + _COMMITS_AHEAD])

    def delete(self, table: str, names: Sequence[str]) -> None:
        for name in names:
            with plainly(self._address), suppress(FileNotFoundError):
                obstore.delete(self._store, f"{self._prefix}{table}/{name}")

    def write_note(self, name: str, data: bytes) -> None:
        try:
            with plainly(self._address):
                obstore.put(self._store, f"{self._prefix}{name}", data, use_multipart=False)
        except OSError as error:
            raise LakeNotWritable(self.name, str(error)) from error

    def delete_note(self, name: str) -> None:
        try:
            with plainly(self._address), suppress(FileNotFoundError):
                obstore.delete(self._store, f"{self._prefix}{name}")
        except OSError as error:
            raise LakeNotWritable(self.name, str(error)) from error

    def everything(self) -> dict[str, int]:
        with self._reading():
            return {
                facts["path"].removeprefix(self._prefix): facts["size"] for facts in self._list(self._prefix)
            }

    def content(self, path: str) -> bytes:
        try:
            with plainly(self._address):
                return bytes(obstore.get(self._store, f"{self._prefix}{path}").bytes())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise LakeUnreachable(self.name, str(error)) from error

    def delete_copies(self, named: Mapping[str, Collection[str]]) -> int:
        return sum(self._cache.keep(f"{self._prefix}{table}/", names) for table, names in named.items())

    def versions_kept(self) -> bool:
        with self._reading():
            return obstore.head(self._store, f"{self._prefix}{PRIVACY_NOTE}")["version"] not in (None, "null")

    def sync_entries(self, table: str, names: Iterable[str]) -> None:
        """A store answers when an object is safe."""

    def lock(self, *, wait_seconds: float = 0) -> AbstractContextManager[None]:
        clear_dead_folders()
        return self._lease.held(self.name, wait_seconds)

    def assert_locked(self) -> None:
        self._lease.renew(self.name)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        try:
            folder = TemporaryFolder()
        except OSError as error:
            raise LakeNotWritable(self.name, f"no temporary folder can be made ({error})") from error
        try:
            yield folder.path
        finally:
            folder.remove()

    def move_in(self, file: Path, table: str, name: str) -> None:
        with plainly(self._address):
            obstore.put(self._store, f"{self._prefix}{table}/{name}", file)
        file.unlink()

    def sync(self, written: Mapping[str, range]) -> None:
        """A store answers when an object is safe."""

    def check_writable(self, tables: Iterable[str]) -> None:
        """A store says it when it is written to."""

    def refuse_other_things(self) -> None:
        with self._reading():
            found: Any = obstore.list_with_delimiter(self._store, self._prefix)
        paths = [*found["common_prefixes"], *(facts["path"] for facts in found["objects"])]
        refuse_others(self.name, [Path(path).name for path in paths])

    def reason(self, error: Exception) -> str:
        return plain_reason(self._address, error)

    def unreadable(self, what: str, error: OSError) -> LakeError:
        return LakeUnreachable(self.name, f"{what}: {plain_reason(self._address, error)}")

    def _checkpoint(self, log: str) -> str:
        """The name of the commit that the newest checkpoint was made of, empty where there is none."""
        try:
            with plainly(self._address):
                found = bytes(obstore.get(self._store, f"{log}{LAST_CHECKPOINT}").bytes())
        except FileNotFoundError:
            return ""
        version = checkpoint_version(found)
        return "" if version is None else commit_name(version)

    def _list(self, folder: str, offset: str | None = None) -> Iterator[ObjectMeta]:
        for page in obstore.list(self._store, folder, offset=offset, chunk_size=1_000):
            yield from page

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            with plainly(self._address):
                yield
        except LakeError:
            raise
        except OSError as error:
            raise LakeUnreachable(self.name, str(error)) from error
