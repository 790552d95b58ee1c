"""What a selection is compared with: the period before, another batch, or other calls.

Input: a filter, a period and what to compare with. Output: the filter of the other selection, and its
period where that is the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from batchlake.errors import InvalidRequest
from batchlake.filters.model import ALL, Filter
from batchlake.filters.parse import both, read_filter, within_period

if TYPE_CHECKING:
    from batchlake.filters.values.period import Period

PREVIOUS: Final = "previous"


def other_selection(
    wanted: Filter | None, period: Period | None, compare: str | Filter | Mapping[str, Any] | None
) -> tuple[Filter, Period | None]:
    """The other selection, and its period where it is the previous one.

    Args:
        wanted: which calls, without the period; None is all.
        period: when.
        compare: `previous` for the period before; the id of a batch: its calls at any time; or
            a filter: its calls in the same period; None is every call of it.

    Raises:
        InvalidFilter, InvalidRequest: it is invalid, or there is no period to take the one before of.
    """
    if compare == PREVIOUS:
        if period is None or period.start is None:
            raise InvalidRequest(
                "--compare previous needs a period: --last 7d, --period last-week, or --since.",
                compare=PREVIOUS,
            )
        before = period.previous()
        return within_period(wanted or ALL, before), before
    if isinstance(compare, str):
        return both([_of_any_batch(wanted or ALL), read_filter({"batch_id": compare})]), None
    other = read_filter(compare)
    return (other if period is None else within_period(other, period)), None


def _of_any_batch(wanted: Filter) -> Filter:
    """The filter without the batches that it names, also inside `all`."""
    parts = tuple(kept for one in wanted.all or () if (kept := _of_any_batch(one)) != ALL)
    return wanted.model_copy(update={"batch_id": None, "all": parts or None})
