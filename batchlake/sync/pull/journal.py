"""What a platform's pulls remember between them: what landed, what was asked, how far a listing came.

One SQLite file in the platform's landing folder, in a hidden folder that an ingest passes over. Losing it
loses no data: the next pull asks for more than it needs, and merging twice changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from batchlake.erasure.landed.landing import JOURNAL
from batchlake.errors import PullFailed
from batchlake.text.values import utc_name, utc_stamp

_FORMAT: Final = 1
_TABLES: Final = """
create table if not exists landed (
  path text primary key, kind text not null, item_id text, listing text, page integer,
  ingested integer not null
);
create table if not exists settled (
  kind text not null, item_id text not null, at text not null, primary key (kind, item_id)
);
create table if not exists facts (name text primary key, value text not null);
"""

Kind = Literal["page", "batch", "call"]


@dataclass(frozen=True, slots=True)
class OpenListing:
    """A listing that has begun and not ended: when it began (UTC), and what it added to each request."""

    started_at: datetime
    params: dict[str, str]

    @property
    def name(self) -> str:
        """What its pages' files are called, before their number."""
        return f"calls-{utc_name(self.started_at)}"


@dataclass(frozen=True, slots=True)
class WholeListing:
    """A listing that ended with nothing left out: when it began (UTC), and the calls on its first page."""

    started_at: datetime
    head: frozenset[str]


class Journal:
    """The memory of one platform's pulls; use it as a context manager, while holding the pull's lock.

    Args:
        folder: the platform's landing folder.
        platform: its name, for errors.

    Raises:
        PullFailed: the file can't be read or written, now or by a method, or a newer batchlake wrote it.
    """

    def __init__(self, folder: Path, platform: str) -> None:
        self._folder = folder
        self._platform = platform
        self._path = folder / JOURNAL
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(self._path)
        try:
            found = self._rows("pragma user_version")[0][0]
            if found > _FORMAT:
                known = f"this batchlake knows up to {_FORMAT}: upgrade batchlake"
                raise PullFailed(platform, f"{self._path} has format {found}; {known}")
            with self._transaction() as transaction:
                transaction.executescript(f"{_TABLES} pragma user_version = {_FORMAT};")
        except PullFailed:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    # What landed

    def note_landed(
        self,
        path: Path,
        kind: Kind,
        *,
        item_id: str | None = None,
        listing: str | None = None,
        page: int | None = None,
    ) -> None:
        """An answer has landed and waits to be ingested."""
        name = path.relative_to(self._folder).as_posix()
        self._write(
            "insert or replace into landed values (?, ?, ?, ?, ?, 0)", (name, kind, item_id, listing, page)
        )

    def waiting(self) -> list[Path]:
        """What landed and isn't ingested, oldest first."""
        rows = self._rows("select path from landed where not ingested order by rowid")
        return [self._folder / name for (name,) in rows]

    def waiting_calls(self) -> list[str]:
        """The calls whose details landed and aren't ingested."""
        rows = self._rows("select item_id from landed where not ingested and kind = 'call'")
        return [item_id for (item_id,) in rows]

    def note_ingested(self) -> None:
        """Everything that waited is in the lake; pages of an open listing stay, for its resumption."""
        with self._transaction() as transaction:
            transaction.execute("update landed set ingested = 1")
            transaction.execute("delete from landed where ingested and listing is null")

    # What needn't be asked again

    def settle(self, kind: Kind, item_ids: Iterable[str]) -> None:
        """These have been asked for and won't change."""
        now = utc_stamp(datetime.now(UTC))
        with self._transaction() as transaction:
            transaction.executemany(
                "insert or replace into settled values (?, ?, ?)",
                ((kind, item_id, now) for item_id in item_ids),
            )

    def settled(self, kind: Kind) -> set[str]:
        """Everything of a kind that needn't be asked for again."""
        return {row[0] for row in self._rows("select item_id from settled where kind = ?", (kind,))}

    def forget_settled(self, older_than: timedelta) -> None:
        """Forget what is too old to be asked for anyway."""
        self._write("delete from settled where at < ?", (utc_stamp(datetime.now(UTC) - older_than),))

    # The listing

    def open_listing(self) -> OpenListing | None:
        """The listing that has not ended."""
        facts = self.fact("listing")
        if facts is None:
            return None
        return OpenListing(datetime.fromisoformat(facts["started_at"]), facts["params"])

    def begin_listing(self, listing: OpenListing) -> None:
        """A listing begins; one that was open is given up."""
        with self._transaction() as transaction:
            _forget_pages(transaction)
        self.note_fact("listing", {"started_at": utc_stamp(listing.started_at), "params": listing.params})

    def listed_pages(self, listing: OpenListing) -> list[Path]:
        """The pages of a listing that landed, in order."""
        rows = self._rows("select path from landed where listing = ? order by page", (listing.name,))
        return [self._folder / name for (name,) in rows]

    def end_listing(self, whole: WholeListing | None) -> None:
        """The listing has ended; None where something may have slipped through, so that the next is full."""
        with self._transaction() as transaction:
            _forget_pages(transaction)
            transaction.execute("delete from facts where name in ('listing', 'whole')")
        if whole:
            self.note_fact("whole", {"started_at": utc_stamp(whole.started_at), "head": list(whole.head)})

    def whole_listing(self) -> WholeListing | None:
        """The newest listing if it was whole; None before the first."""
        facts = self.fact("whole")
        if facts is None:
            return None
        return WholeListing(datetime.fromisoformat(facts["started_at"]), frozenset(facts["head"]))

    # Facts

    def fact(self, name: str) -> Any:
        """A remembered JSON value; None where there is none."""
        rows = self._rows("select value from facts where name = ?", (name,))
        return json.loads(rows[0][0]) if rows else None

    def note_fact(self, name: str, value: Any) -> None:
        """Remember a JSON value."""
        self._write("insert or replace into facts values (?, ?)", (name, json.dumps(value)))

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._transaction() as transaction:
            return transaction.execute(query, values).fetchall()

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._transaction() as transaction:
            transaction.execute(statement, values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """What is done in the block is kept when it ends, or nothing of it."""
        try:
            with self._connection as transaction:
                yield transaction
        except sqlite3.Error as error:
            raise PullFailed(self._platform, _why_unusable(self._path, error)) from error


def _forget_pages(transaction: sqlite3.Connection) -> None:
    """No listing is open any more: what is ingested needn't stay for its resumption."""
    transaction.execute("update landed set listing = null")
    transaction.execute("delete from landed where ingested")


def last_pulls(folder: Path) -> dict[str, Any]:
    """The facts `succeeded_at` and `failed` of a platform's pulls, read while a pull may be at work.

    A journal that can't be read is a failure without a time, as it will be that of the next pull.
    """
    path = folder / JOURNAL
    try:
        if not path.is_file():
            return {}
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            if not connection.execute("select 1 from sqlite_master where name = 'facts'").fetchall():
                # The platform's first pull is just making it.
                return {}
            rows = connection.execute(
                "select name, value from facts where name in ('succeeded_at', 'failed')"
            )
            return {name: json.loads(value) for name, value in rows}
    except (sqlite3.Error, OSError) as error:
        return {"failed": {"message": _why_unusable(path, error)}}


def _why_unusable(path: Path, error: sqlite3.Error | OSError) -> str:
    """What is said of a journal that can't be read or written, and what to do."""
    if isinstance(error, OSError):
        return f"{path} can't be used: {error.strerror or error}"
    if isinstance(error, sqlite3.OperationalError):
        return f"{path} can't be used: {error}"
    return f"{path} is damaged ({error}): delete it; no call is lost, the next pull only asks for more"
