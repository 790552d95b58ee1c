"""Exports in, a committed run out."""

from batchlake.ingest.replay import replay
from batchlake.ingest.report import IngestReport
from batchlake.ingest.run import IngestOptions, Progress, ingest

__all__ = ["IngestOptions", "IngestReport", "Progress", "ingest", "replay"]
