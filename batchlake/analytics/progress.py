"""How far a batch has come, how fast, and when it will be done.

Input: a batch and the time it is asked at. Output: a `Progress`. The past is read from `snapshots`; the
present is what the view `batch_overview` says of the batch: counted from the calls held, or the platform's
own counts where the lake doesn't hold all calls.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from batchlake.analytics.grouped_query import Row, file_text
from batchlake.analytics.lookup import erased_calls, find_batch
from batchlake.engine import sql_files
from batchlake.engine.protocols import QueryEngine
from batchlake.errors import InvalidRequest
from batchlake.models.audits import Observation, Progress
from batchlake.models.rates import Rate
from batchlake.text.ids import batch_of_source


def progress(engine: QueryEngine, source: str | None, batch_id: str, now: datetime) -> Progress:
    """The progress of one batch as of `now` (aware).

    Args:
        engine: the lake.
        source, batch_id: which batch, as in `find_batch`.
        now: when it is asked.

    Raises:
        InvalidBatchId, BatchNotFound: there is no such batch.
        InvalidRequest: `now` has no time zone.
    """
    if now.tzinfo is None:
        raise InvalidRequest(f"the time {now} has no time zone. Give one, as in 12:00:00Z.", now=str(now))
    batch = find_batch(engine, source, batch_id)
    history = _history(engine, batch)
    current = _current(engine, batch)
    remaining = current.total - current.done
    per_hour = _done_per_hour(batch, history, current)
    completion = None
    if per_hour and remaining and not batch["completed_at"]:
        completion = current.observed_at + timedelta(hours=remaining / per_hour)
    return Progress(
        source=batch["source"],
        batch_id=batch_id,
        status=batch["status"],
        as_of=now,
        current=current,
        remaining=remaining,
        done_of_total=_rate(current.done, current.total, 0),
        failed_of_done=_rate(current.failed, current.done, remaining),
        seconds_since_observed=(now - current.observed_at).total_seconds(),
        done_per_hour=per_hour,
        estimated_completion=completion if completion and completion >= now else None,
        completed_at=batch["completed_at"],
        erased_calls=erased_calls(engine).get(batch_of_source(batch["source"], batch_id), 0),
        history=history,
    )


def _history(engine: QueryEngine, batch: Row) -> list[Observation]:
    rows = engine.rows(
        f"select {', '.join(Observation.model_fields)} from ({file_text('progress')}\n)"
        " where source = $source and batch_id = $batch_id order by observed_at, export_id, record",
        {"source": batch["source"], "batch_id": batch["batch_id"]},
    )
    return [Observation(**row) for row in rows]


def _current(engine: QueryEngine, batch: Row) -> Observation:
    """The present of a batch, which the view `batch_overview` counts."""
    now = engine.row(
        f"select * from ({sql_files.load('views/batch_overview').text}\n)"
        " where source = $source and batch_id = $batch_id",
        {"source": batch["source"], "batch_id": batch["batch_id"]},
    )
    # The platform's counts stand under their own names.
    prefix = "reported_" if now["counted"] == "reported" else ""
    counts = {name: now[f"{prefix}{name}"] for name in ("completed", "failed", "in_progress")}
    return Observation(
        observed_at=now["counted_at"],
        counted=now["counted"],
        total=now["total"],
        done=now["done"],
        **counts,
        unknown=max(0, now["total"] - sum(counts.values())),
    )


def _done_per_hour(batch: Row, history: list[Observation], current: Observation) -> float | None:
    if batch["created_at"]:
        since, done_before = batch["created_at"], 0
    elif history:
        since, done_before = history[0].observed_at, history[0].done
    else:
        return None
    until = min(current.observed_at, batch["completed_at"] or current.observed_at)
    hours = (until - since) / timedelta(hours=1)
    done = current.done - done_before
    return done / hours if hours > 0 and done > 0 else None


def _rate(numerator: int, denominator: int, missing: int) -> Rate:
    return Rate(
        rate=numerator / denominator if denominator else None,
        numerator=numerator,
        denominator=denominator,
        missing=missing,
    )
