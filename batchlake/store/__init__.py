"""The lake on disk: Delta tables, the ledger of runs that pins their versions, and the writer's lock."""

from batchlake.store.ledger import Ledger, Version
from batchlake.store.lock import writer_lock
from batchlake.store.tables import LakeTables, Writer

__all__ = ["LakeTables", "Ledger", "Version", "Writer", "writer_lock"]
