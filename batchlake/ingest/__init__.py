"""Exports in, a committed run out."""

from batchlake.ingest.options import IngestOptions
from batchlake.ingest.replay import replay
from batchlake.ingest.report import IngestReport
from batchlake.ingest.run import Progress, ingest

__all__ = ["IngestOptions", "IngestReport", "Progress", "ingest", "replay"]
