"""A single call as the platform documents it."""

from __future__ import annotations

from batchlake.analytics.documents import PARTS, documents_sql
from batchlake.engine import Engine
from batchlake.errors import CallNotFound
from batchlake.responses import CallDetails


def call_details(engine: Engine, source: str, call_id: str) -> CallDetails:
    """One call with all that the lake knows of it.

    Raises:
        CallNotFound: it isn't in the lake.
    """
    key = {"source": source, "call_id": call_id}
    found = engine.rows(
        f"""
with
selected_calls as (select * from calls where source = $source and call_id = $call_id),
selected_segments as (select * from segments where source = $source and call_id = $call_id)
{documents_sql(PARTS)}
""",
        key,
    )
    for row in found:
        return CallDetails.model_validate_json(f'{{"call":{row["document"]}}}')
    raise CallNotFound(call_id, [])
