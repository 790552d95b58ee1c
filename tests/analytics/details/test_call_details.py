"""A call's own fields as Python's values."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batchlake.analytics.details.call_details import own_fields
from batchlake.models.calls import KnownCall

HELD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), HELD, max_size=5))
def test_what_python_holds_is_given_as_it_is(fields: dict[str, Any]) -> None:
    """Under the same paths; and a call with it can be printed."""
    assert own_fields(json.dumps(fields)) == fields
    known(own_fields(json.dumps(fields)))


def test_what_python_cannot_hold_is_given_as_its_text() -> None:
    """Numbers past the largest double, or of thousands of digits; lists as deep as nothing prints."""
    for text in ("1e999", "-1E+400", "1" * 5_000, "[1e999]", '{"a":[-1e999]}', "[" * 300 + "]" * 300):
        found = own_fields(f'{{"campaign":"autumn","odd":{text}}}')
        assert found == {"campaign": "autumn", "odd": text}
        assert json.loads(known(found))["extra"]["odd"] == text
    assert own_fields('{"small":1e-999}') == {"small": 0.0}
    assert math.isfinite(own_fields('{"large":1.7e308}')["large"])


def known(extra: dict[str, Any]) -> str:
    """A call with these own fields, as it is printed."""
    call = KnownCall(
        id="c",
        status="completed",
        source="svalync",
        outcome="completed",
        observed_at=datetime.now(UTC),
        extra=extra,
    )
    return call.model_dump_json()
