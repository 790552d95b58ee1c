"""Takes erased calls and values out of the landing: bodies, what was asked, file names, the pull's memory.

Input: the folder in which each platform has its landing, what is looked for, and which calls are erased.
Output: counts, and what could not be cleaned. A page is written anew without the record, a call's own files
go.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from batchlake.engine.whole_files import sync_path, whole_file
from batchlake.erasure.landed import STATE_FOLDER
from batchlake.erasure.landed.records import IsCall, RecordCleaner
from batchlake.errors import LakeError
from batchlake.privacy.finder import Finder
from batchlake.store.lock import writer_lock

BODY: Final = ".json.gz"
JOURNAL: Final = f"{STATE_FOLDER}/journal.sqlite"
"""What a platform's pulls remember, in its folder."""

_WAIT_SECONDS: Final = 30.0


@dataclass(slots=True)
class LandingChanges:
    """What was done, and what could not be: `left` holds places and reasons."""

    pages_rewritten: int = 0
    files_deleted: int = 0
    records_removed: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)


def at_stake(root: Path, cleaner: RecordCleaner) -> Iterator[tuple[str, bytes]]:
    """The landed files that an erasure concerns: path from the root, and the body's SHA-256."""
    for path in landed_bodies(root):
        # `clean_landing` lists those that can't be read.
        with suppress(OSError):
            data = unpacked_body(path)
            if cleaner.body(_source(root, path), data)[0] is not data:
                yield path.relative_to(root).as_posix(), hashlib.sha256(data).digest()


def clean_landing(
    root: Path,
    finder: Finder,
    is_call: IsCall,
    must_go: Callable[[str, bytes], bool] = lambda path, digest: False,
) -> LandingChanges:
    """Clean every platform's landing, each under its pull's lock.

    Args:
        root: holds a folder for each platform; it need not be there.
        finder: what is looked for.
        is_call: which calls are erased.
        must_go: whether a file (path from the root, the body's SHA-256) that holds nothing to be found goes.
    """
    changes = LandingChanges()
    cleaner = RecordCleaner(finder, is_call)
    for folder in sorted(path for path in root.glob("*") if path.is_dir()):
        try:
            with platform_turn(folder):
                _clean_platform(root, folder, cleaner, finder, is_call, must_go, changes)
        except (OSError, LakeError, sqlite3.Error) as error:
            changes.left.append((f"landing of {folder.name}", type(error).__name__))
    return changes


def platform_turn(folder: Path) -> AbstractContextManager[None]:
    """Be the only one at work in a platform's landing for the block, where pulls ever were."""
    state = folder / STATE_FOLDER
    return writer_lock(state, wait_seconds=_WAIT_SECONDS) if state.is_dir() else nullcontext()


def _clean_platform(
    root: Path,
    folder: Path,
    cleaner: RecordCleaner,
    finder: Finder,
    is_call: IsCall,
    must_go: Callable[[str, bytes], bool],
    changes: LandingChanges,
) -> None:
    for pattern in ("*.unfinished", ".batchlake-*.part"):
        for path in sorted(folder.rglob(pattern)):
            path.unlink(missing_ok=True)
    for path in landed_bodies(folder):
        try:
            data = unpacked_body(path)
        except OSError as error:
            changes.left.append(damaged_body(folder, error))
            continue
        again, removed = cleaner.body(folder.name, data)
        name = path.relative_to(root).as_posix()
        is_named = finder.finds(unquote(path.name)) or _names_call(folder.name, path.name, is_call)
        if again is data and (is_named or must_go(name, hashlib.sha256(data).digest())):
            again = None
        changes.records_removed += removed
        if again is None or is_named:
            sidecar_of(path).unlink(missing_ok=True)
            path.unlink()
            changes.files_deleted += 1
        elif again is not data:
            rewrite_body(path, again, finder.erased_json, removed)
            changes.pages_rewritten += 1
    for sidecar in sidecars(folder):
        text = sidecar.read_text(encoding="utf-8", errors="replace")
        if finder.finds(text) or finder.finds(unquote(sidecar.name)):
            if body_of(sidecar).exists():
                again_text = finder.erased_json(text) or "{}"
                write_whole(sidecar, again_text.encode(), sidecar.stat().st_mtime)
            else:
                sidecar.unlink()
                changes.files_deleted += 1
    _clean_journal(folder / JOURNAL, folder, finder, is_call)
    _sync_folders(folder)


def unpacked_body(path: Path) -> bytes:
    """The body of a landed file.

    Raises:
        OSError: the file can't be read, or what it holds is damaged.
    """
    try:
        return gzip.decompress(path.read_bytes())
    except (EOFError, zlib.error) as error:
        raise gzip.BadGzipFile(f"{path.name}: {error}") from error


def damaged_body(folder: Path, error: OSError) -> tuple[str, str]:
    """A landed file that can't be unpacked, as place and reason; its name may hold an id."""
    return f"a landed file of {folder.name}", f"can't be unpacked ({type(error).__name__})"


def rewrite_body(
    path: Path, body: bytes, erase: Callable[[str], str | None] | None = None, removed: int | None = None
) -> None:
    """Write a landed body anew, and its size and digest into its sidecar; both keep their times.

    Args:
        path: where the body is.
        body: what it is now.
        erase: takes values out of the sidecar's text; None leaves it.
        removed: how many erased records the body lost, where it was cleaned of them.
    """
    modified = path.stat().st_mtime
    write_whole(path, gzip.compress(body, compresslevel=6, mtime=0), modified)
    sidecar = sidecar_of(path)
    if sidecar.exists():
        text = sidecar.read_text(encoding="utf-8", errors="replace")
        facts = _sidecar_facts(erase(text) if erase else text)
        facts |= {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        if removed is not None:
            facts["erased"] = facts.get("erased", 0) + removed
        write_whole(sidecar, json.dumps(facts, indent=2).encode(), modified)


def _sidecar_facts(text: str | None) -> dict[str, Any]:
    """What a sidecar says; nothing where it is damaged, and the next pull then asks the platform again."""
    try:
        facts = json.loads(text or "{}")
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _clean_journal(path: Path, folder: Path, finder: Finder, is_call: IsCall) -> None:
    if not path.is_file():
        return
    source = folder.name

    def is_erased(item: Any) -> bool:
        return isinstance(item, str) and (is_call(source, item) or finder.finds(item))

    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma secure_delete = on")
        with connection as transaction:
            for table in ("settled", "landed"):
                items = transaction.execute(f"select rowid, item_id from {table}").fetchall()
                gone = [(row,) for row, item in items if is_erased(item)]
                transaction.executemany(f"delete from {table} where rowid = ?", gone)
            landed = transaction.execute("select rowid, path from landed").fetchall()
            lost = [(row,) for row, name in landed if not (folder / name).exists()]
            transaction.executemany("delete from landed where rowid = ?", lost)
            for name, value in transaction.execute("select name, value from facts").fetchall():
                again = _cleaned_fact(value, is_erased, finder)
                if again != value:
                    transaction.execute("update facts set value = ? where name = ?", (again, name))
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")


def _cleaned_fact(value: str, is_erased: Callable[[Any], bool], finder: Finder) -> str:
    fact = json.loads(value)
    if isinstance(fact, dict) and isinstance(fact.get("head"), list):
        fact["head"] = [item for item in fact["head"] if not is_erased(item)]
    again = json.dumps(fact)
    return (finder.erased_json(again) or "null") if finder.finds(again) else again


def sidecar_of(path: Path) -> Path:
    """The hidden file beside a landed body that says what was asked."""
    return path.with_name(f".{path.name.removesuffix(BODY)}.request.json")


def sidecars(folder: Path) -> list[Path]:
    """The sidecars below a folder, in order."""
    return sorted(folder.rglob(".*.request.json"))


def body_of(sidecar: Path) -> Path:
    """The body that a sidecar is of."""
    return sidecar.with_name(sidecar.name.removeprefix(".").removesuffix(".request.json") + BODY)


def write_whole(path: Path, data: bytes, modified: float) -> None:
    """Write a landed file anew, with its modification time (seconds since 1970)."""
    with whole_file(path, is_durable=True, modified_at=datetime.fromtimestamp(modified, UTC)) as file:
        file.write(data)


def _sync_folders(folder: Path) -> None:
    for inner in {path.parent for path in folder.rglob("*")} | {folder}:
        sync_path(inner)


def _names_call(source: str, name: str, is_call: IsCall) -> bool:
    """Whether a file's name (`call-<id>-<time>.json.gz`) is that of an erased call."""
    kind, _, rest = unquote(name).partition("-")
    return kind == "call" and is_call(source, rest.removesuffix(BODY).rpartition("-")[0])


def landed_bodies(folder: Path) -> list[Path]:
    """The bodies below a folder, in order."""
    return sorted(folder.rglob(f"*{BODY}"))


def _source(root: Path, path: Path) -> str:
    return path.relative_to(root).parts[0]


def landed_files(root: Path) -> Collection[Path]:
    """Everything below the landing, hidden files too."""
    return sorted(path for path in root.rglob("*") if path.is_file())
