"""How to ingest, and in how much memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from batchlake.errors import InvalidRequest
from batchlake.ingest.parse.fields import field_list
from batchlake.ingest.parse.platforms.recognition import RECOGNITION
from batchlake.ingest.parse.reader import WINDOW_BYTES
from batchlake.schema import DEFAULT_SOURCE
from batchlake.text.ids import id_fault

if TYPE_CHECKING:
    from batchlake.privacy.redaction.rules import Rules

_BYTES_A_CORE: Final = 125_000_000
"""The least that DuckDB's manual asks for; with more it holds what it could as well keep on disk."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How to ingest.

    Attributes:
        source: which platform or account the exports are of; part of a call's identity. None is each
            record's own platform.
        force: read exports again whose bytes are known.
        reads_all: read also files whose size and modification time are those of an export held; without it
            they are not even opened.
        dry_run: do everything but write.
        wait_seconds: how long to wait for another writer.
        memory_limit: DuckDB's own limit, as `2GB`. None is 125 MB a core, and a quarter of the machine's
            memory from when a statement needs more than that.
        window_bytes: how much of an export is looked at at a time; a sound document up to this size is read
            the fastest way.
        batch: the batch of calls that name none, also not around them.
        own: the user's own platforms' files, by the names under which `parse.fields.add_own` knows them.
        redact: by which rules values are redacted, from the first ingest of a lake on; None leaves it to the
            lake.

    Raises:
        InvalidRequest: the source's name, or the batch's id, is empty, too long, or holds control characters.
    """

    source: str | None = None
    force: bool = False
    dry_run: bool = False
    wait_seconds: float = 0
    memory_limit: str | None = None
    window_bytes: int = WINDOW_BYTES
    reads_all: bool = False
    redact: Rules | None = None
    batch: str | None = None
    own: tuple[str, ...] = ()

    @property
    def sources(self) -> list[str]:
        """The sources under which a lake may hold what is ingested: the one named, else every platform's."""
        if self.source is not None:
            return [self.source]
        platforms = (field_list(name).platform for name in (*self.own, *RECOGNITION))
        return [DEFAULT_SOURCE, *dict.fromkeys(platforms)]

    def __post_init__(self) -> None:
        if self.source is not None and (fault := id_fault(self.source)):
            raise InvalidRequest(
                f"the source's name {fault}. Give one such as {DEFAULT_SOURCE!r}.", source=self.source
            )
        if self.batch is not None and (fault := id_fault(self.batch)):
            raise InvalidRequest(f"the batch's id {fault}. Give one such as 'spring-1'.", batch=self.batch)


def usual_memory_bytes() -> int:
    """What an ingest works in where a statement doesn't need more."""
    return min(_BYTES_A_CORE * (os.cpu_count() or 1), most_memory_bytes())


def most_memory_bytes() -> int:
    """A quarter of the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
