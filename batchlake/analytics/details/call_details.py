"""A single call as the platform documents it."""

from __future__ import annotations

from typing import Any

import msgspec

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
        document = f'{{"call":{row["document"]}}}'
        try:
            return CallDetails.model_validate_json(document)
        except ValueError:
            return CallDetails.model_validate(_with_texts(row["document"]))
    raise not_found(engine, CallNotFound, source, call_id)


def _with_texts(document: str) -> dict[str, Any]:
    """A call's document, of whose own fields those are their JSON text that can't be read as values.

    Pydantic reads no number of more than 4,300 digits, and nothing nested deeper than 200 levels; an export
    may hold both.
    """
    import pydantic_core

    fields = msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    extra: dict[str, Any] = {}
    for path, value in msgspec.json.decode(
        fields.pop("extra", msgspec.Raw(b"{}")), type=dict[str, msgspec.Raw]
    ).items():
        try:
            extra[path] = pydantic_core.from_json(bytes(value))
        except ValueError:
            extra[path] = bytes(value).decode()
    return {
        "call": {name: pydantic_core.from_json(bytes(value)) for name, value in fields.items()}
        | {"extra": extra}
    }
