"""The questions to a lake whose answers are documents: a batch with its calls, a call.

Input: the state to read, an id, a filter and a period. Output: models, or their JSON. `Lake` inherits
these methods.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from batchlake.query.lake_queries import LakeQueries
from batchlake.query.snapshot import asks_again

if TYPE_CHECKING:
    from batchlake.models.batches import BatchDetails
    from batchlake.models.calls import CallDetails
    from batchlake.query.lake_rows import FilterLike, PeriodLike, When


class LakeDocuments(LakeQueries):
    """What of a lake comes as documents."""

    @asks_again
    def batch(
        self,
        batch_id: str,
        filter: FilterLike = None,
        include_analytics: bool = False,
        include_transcripts: bool = False,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        source: str | None = None,
    ) -> BatchDetails:
        """A batch's details in the documented shape, its figures recomputed from the calls held.

        Durations are seconds, costs decimals, times UTC, rates from 0 to 1; None is unknown, never 0.

        Args:
            batch_id: the batch's id on its platform.
            filter: only calls that match; `batch.selection` then says how many of how many.
            period, since, until: only calls of this time, as in `calls`.
            include_analytics: with `analytics` of the batch and of each call.
            include_transcripts: with each call's transcript.
            source: whose batch, where several platforms use the id.

        Raises:
            InvalidBatchId, InvalidFilter: invalid request.
            BatchNotFound: names the nearest ids.
            AnalyticsUnavailable: analytics were asked for and the lake holds no call of the batch.

        Example:
            >>> batch = lake.batch("batch_xyz789", {"duration": {"min": 120}}).batch
            >>> batch.selection, batch.statistics.total_cost, batch.calls[0].id
            (SelectedCalls(matched=6, of=24), Decimal('3.04'), 'call_abc123')
        """
        # The engine first, here and below: what is imported then may be coming on another thread (`_lazy`).
        engine = self._state.engine()
        from batchlake.analytics.details.batch_details import BatchRequest, batch_details

        wanted = self.selected_filter(filter, self._period(period, since, until))
        request = BatchRequest(source, batch_id, wanted, include_analytics, include_transcripts)
        return batch_details(engine, request)

    def write_batch(
        self,
        file: IO[bytes],
        batch_id: str,
        filter: FilterLike = None,
        include_analytics: bool = False,
        include_transcripts: bool = False,
        *,
        period: PeriodLike = None,
        since: When = None,
        until: When = None,
        source: str | None = None,
    ) -> None:
        """Write the JSON of `batch` to a binary file, call by call, in bounded memory.

        Example:
            >>> with open("batch.json", "wb") as file:
            ...     lake.write_batch(file, "batch_xyz789", include_transcripts=True)
            >>> json.loads(Path("batch.json").read_bytes())["batch"]["statistics"]["completed"]
            17
        """
        wanted = self.selected_filter(filter, self._period(period, since, until))
        for piece in self._batch_json(source, batch_id, wanted, include_analytics, include_transcripts):
            file.write(piece.encode())

    @asks_again
    def _batch_json(self, *request: Any) -> Iterator[str]:
        """The pieces of a batch's JSON; what is wrong with the request is raised before the first."""
        engine = self._state.engine()
        from batchlake.analytics.details.batch_details import BatchRequest, batch_json

        pieces = batch_json(engine, BatchRequest(*request))
        return chain([next(pieces)], pieces)

    @asks_again
    def call(self, call_id: str, *, source: str | None = None) -> CallDetails:
        """One call with everything known of it, in the documented shape; None is what no export said.

        Raises:
            CallNotFound: names the nearest ids.

        Example:
            >>> call = lake.call("call_abc123").call
            >>> call.duration, call.cost, call.transcript.segments[1].text
            (125.0, Decimal('0.50'), 'Hi, yes I can hear you.')
        """
        engine = self._state.engine()
        from batchlake.analytics.details.call_details import call_details

        return call_details(engine, source, call_id)
