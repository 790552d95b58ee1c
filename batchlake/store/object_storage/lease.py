"""One writer at a time in object storage: a lease, which is an object that only its holder may replace.

A lease is written with the entity tag of the one before it, so that of two writers one succeeds. Its holder
renews it while it works. One that was not renewed for two minutes, or whose holder is dead on this very
machine, may be taken over; a holder that was only asleep notices when it next writes the lease, which it does
right before it commits. Clocks may be a minute apart.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from batchlake.engine.interrupts import end_thread
from batchlake.engine.processes import is_alive, pid_namespace
from batchlake.errors import LakeLocked, LakeNotWritable
from batchlake.store.object_storage.object_store import ObjectAddress, ObjectReplaced, StorageError, plainly
from batchlake.text.values import utc_stamp

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutMode, PutResult, UpdateVersion
    from obstore.store import ObjectStore

LASTS: Final = timedelta(minutes=2)
_RENEWED_SECONDS: Final = 20
_BETWEEN_TRIES_SECONDS: Final = 0.5
_FACTS: Final = ("holder", "since", "renewed", "released", "pid", "machine", "token")


class Lease:
    """The lease on one lake. Free again after `held`; one holder at a time, also within a process.

    Args:
        store: the bucket.
        address: the lake's, for errors.
        path: the object that is the lease.
    """

    def __init__(self, store: ObjectStore, address: ObjectAddress, path: str) -> None:
        self._store = store
        self._address = address
        self._path = path
        self._tag: UpdateVersion | None = None
        self._facts: dict[str, Any] = {}
        self._writing = threading.Lock()

    @contextmanager
    def held(self, lake: str, wait_seconds: float) -> Iterator[None]:
        """Hold it for the block.

        Args:
            lake: what errors call the lake.
            wait_seconds: how long to wait for another holder.

        Raises:
            LakeLocked: another writer holds it.
            LakeNotWritable: the store doesn't let it be written.
        """
        until = time.monotonic() + wait_seconds
        while not self._take(lake):
            if time.monotonic() >= until:
                facts = self._read()[0] or {}
                raise LakeLocked(lake, facts.get("holder"), facts.get("since"))
            time.sleep(_BETWEEN_TRIES_SECONDS)
        done = threading.Event()
        renewing = threading.Thread(target=self._keep, args=(lake, done), daemon=True)
        try:
            renewing.start()
            yield
        finally:
            end_thread(renewing, done)
            self._release()

    def renew(self, lake: str) -> None:
        """Renew the lease: the work continues.

        Raises:
            LakeLocked: another writer has taken over.
            LakeNotWritable: the store can't be asked.
        """
        with self._writing:
            if self._tag is None:
                raise _taken_over(lake)
            self._facts["renewed"] = _now()
            try:
                self._tag = self._put(self._tag)
            except ObjectReplaced:
                if self._is_ours():
                    return
                self._tag = None
                raise _taken_over(lake) from None
            except OSError as error:
                raise LakeNotWritable(lake, str(error)) from error

    def _take(self, lake: str) -> bool:
        """Try to become the holder; False where another is, or was faster."""
        now = _now()
        self._facts = {
            "holder": f"process {os.getpid()} on {socket.gethostname()}",
            "since": now,
            "renewed": now,
            "released": False,
            "pid": os.getpid(),
            "machine": _machine(),
            "token": secrets.token_hex(8),
        }
        try:
            found, tag = self._read()
            if found is not None and not _is_free(found):
                return False
            self._tag = self._put("create" if tag is None else tag)
            if tag is None:
                self._try_the_store(lake)
        except ObjectReplaced:
            return self._is_ours()
        except OSError as error:
            raise LakeNotWritable(lake, str(error)) from error
        return True

    def _try_the_store(self, lake: str) -> None:
        """Make sure that the store refuses to create an existing object: else writers couldn't take turns."""
        try:
            self._put("create")
        except ObjectReplaced:
            return
        reason = (
            "its store ignores conditions on writes (If-None-Match), without which writers can't take turns"
        )
        raise LakeNotWritable(lake, reason)

    def _keep(self, lake: str, done: threading.Event) -> None:
        """Renew it until the work is done. `renew` raises what goes wrong, before the commit."""
        while not done.wait(_RENEWED_SECONDS):
            try:
                self.renew(lake)
            except LakeLocked:
                return
            except LakeNotWritable:
                continue

    def _release(self) -> None:
        with self._writing:
            if self._tag is None:
                return
            self._facts["released"] = True
            try:
                self._put(self._tag)
            except OSError:
                # The lease runs out by itself, and the writer's work is done.
                return
            finally:
                self._tag = None

    def _put(self, mode: PutMode) -> UpdateVersion:
        import obstore

        with plainly(self._address):
            done = obstore.put(
                self._store, self._path, json.dumps(self._facts).encode(), mode=mode, use_multipart=False
            )
        return _tag_of(done)

    def _read(self) -> tuple[dict[str, Any] | None, UpdateVersion | None]:
        """The lease's facts and its tag; None twice where there is no lease."""
        import obstore

        try:
            with plainly(self._address):
                found = obstore.get(self._store, self._path)
                facts = json.loads(bytes(found.bytes()))
                return {name: facts[name] for name in _FACTS}, _tag_of(found.meta)
        except FileNotFoundError:
            return None, None
        except (ValueError, TypeError, KeyError) as error:
            raise StorageError(f"{self._path} is not a writer's lease ({error}); delete it") from error

    def _is_ours(self) -> bool:
        """Whether a write that seemed to fail has succeeded: the lease then has this holder's token."""
        try:
            facts, tag = self._read()
        except OSError:
            return False
        if facts is None or facts["token"] != self._facts["token"]:
            return False
        self._tag = tag
        return True


def _is_free(facts: Mapping[str, Any]) -> bool:
    """Whether another may take this lease: given back, not renewed in time, or its holder is dead here."""
    if facts["released"] or datetime.fromisoformat(facts["renewed"]) + LASTS < datetime.now(UTC):
        return True
    return facts["machine"] is not None and facts["machine"] == _machine() and not is_alive(facts["pid"])


def _tag_of(found: PutResult | ObjectMeta) -> UpdateVersion:
    """The condition for the next write: it succeeds only if this version is still the newest."""
    tag: UpdateVersion = {"e_tag": found["e_tag"]}
    if found["version"] is not None:
        tag["version"] = found["version"]
    return tag


def _machine() -> str | None:
    """What identifies this machine and its numbering of processes; None where that isn't known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    namespace = pid_namespace()
    return f"{boot} {namespace}" if namespace else None


def _taken_over(lake: str) -> LakeLocked:
    return LakeLocked(lake, "another writer, which took over after this one stopped renewing", None)


def _now() -> str:
    return utc_stamp(datetime.now(UTC), "seconds")
