"""The lake where it lives: Delta tables, the ledger of runs that pins their versions, the writer's lock."""

from batchlake.store.history import named_files
from batchlake.store.ledger import NEWEST_FIRST, Ledger, Version
from batchlake.store.lock import writer_lock
from batchlake.store.places import is_lake
from batchlake.store.tables import LakeTables, Writer

__all__ = [
    "NEWEST_FIRST",
    "LakeTables",
    "Ledger",
    "Version",
    "Writer",
    "is_lake",
    "named_files",
    "writer_lock",
]
