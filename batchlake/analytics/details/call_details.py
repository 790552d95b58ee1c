"""A single call as the platform documents it."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from batchlake.analytics.details.call_json import PARTS, documents_sql
from batchlake.analytics.lookup import not_found
from batchlake.engine.protocols import QueryEngine
from batchlake.errors import CallNotFound, InvalidRequest
from batchlake.models.calls import CallDetails
from batchlake.text.ids import id_fault


def call_details(engine: QueryEngine, source: str | None, call_id: str) -> CallDetails:
    """One call with all that the lake knows of it.

    Args:
        engine: the lake.
        source: whose call; None for any, of several the first by name.
        call_id: its id there.

    Raises:
        InvalidRequest: no platform issues such an id.
        CallNotFound: it isn't in the lake; names the nearest ids, or the sources that have it.
    """
    if fault := id_fault(call_id):
        raise InvalidRequest(
            f"invalid call id {call_id!r}: it {fault}. Give one as `batchlake calls` lists it.",
            call_id=call_id,
        )
    found = engine.rows(
        f"""
with
selected_calls as (
  select * from calls
  where call_id = $call_id and source = coalesce($source, source)
  order by source limit 1
),
selected_segments as (select * from segments where call_id = $call_id)
{documents_sql(PARTS)}
""",
        {"source": source, "call_id": call_id},
    )
    for row in found:
        details = CallDetails.model_validate_json(f'{{"call":{row["document"]}}}')
        if row["extra"] is None:
            return details
        known = details.call.model_copy(update={"extra": own_fields(row["extra"])})
        return details.model_copy(update={"call": known})
    raise not_found(engine, CallNotFound, source, call_id)


def own_fields(extra: str) -> dict[str, Any]:
    """The values of `extra` by their path, as Python's.

    Args:
        extra: a JSON object. A value in it that Python and its JSON can't hold (a number past the largest
            double or of thousands of digits, lists within 200 lists) is given as its JSON text.
    """
    import msgspec

    return {
        path: _value(bytes(raw))
        for path, raw in msgspec.json.decode(extra, type=dict[str, msgspec.Raw]).items()
    }


def _value(text: bytes) -> Any:
    try:
        value = from_json(text)
    except ValueError:
        return text.decode()
    is_infinite = to_json(value, inf_nan_mode="null") != to_json(value, inf_nan_mode="constants")
    return text.decode() if is_infinite else value
