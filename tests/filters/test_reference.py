"""The JSON Schema and the reference table say what the model does."""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators

from batchlake.errors import InvalidFilter
from batchlake.filters.model import Filter
from batchlake.filters.operators.operator import rows
from batchlake.filters.parse import read_filter
from batchlake.filters.reference import filter_schema
from tests.filters.strategies import filters, thorough
from tests.tables import reference_table


def _matches_to_the_end(_: Any, pattern: str, text: Any, schema: Any) -> Iterator[Any]:
    """JSON Schema's `$` is the end of the text; Python's also stands before a last line end."""
    if isinstance(text, str):
        yield from Draft202012Validator({"const": True}).iter_errors(
            re.search(re.sub(r"\$$", r"\\Z", pattern), text) is not None
        )


VALIDATOR = validators.extend(Draft202012Validator, {"pattern": _matches_to_the_end})(filter_schema())

UNSAYABLE = ("no less than `", "an offset", "with its offset", "conditions", "nested at most")
"""What JSON Schema has no word for: order of two bounds, days of a month, times out of range, size, depth."""


def test_the_schema_is_one() -> None:
    """It is a valid JSON Schema of draft 2020-12, and says so."""
    schema = filter_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "title" not in schema["$defs"]["Filter"]["properties"]["status"]


def test_the_schema_describes_every_operator() -> None:
    """Each key is there with its meaning."""
    properties = filter_schema()["$defs"]["Filter"]["properties"]
    assert list(properties) == [row.key for row in rows(Filter)]
    for row in rows(Filter):
        assert row.operator.meaning in properties[row.key]["description"]


@thorough
@given(filters(depth=4))
def test_the_schema_accepts_every_filter(chosen: dict[str, Any]) -> None:
    """What the model accepts, the schema accepts, as given and as dumped."""
    VALIDATOR.validate(chosen)
    VALIDATOR.validate(read_filter(chosen).model_dump(mode="json"))


JUNK = (
    st.sampled_from([None, True, False, 0, 1, -1, 0.5, 1.5, -0.5, 1e308, 10**400, [], {}, [[]], [{}]])
    | st.sampled_from(
        ["", "x", "failed", "1.5", "-1", "1e3", "01", ".5", "+1*", "*", "a*b", "a\n", "in--progress"]
    )
    | st.sampled_from(["2024-01-01", "2024-02-30", "2024-13-01", "0000-01-01", "2024-01-01T00:00:00.5+01:00"])
    | st.sampled_from(["2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "2024-01-01T00:00:60Z"])
    | st.sampled_from(
        [["failed"], ["failed", 1], {"min": 0}, {"min": 2, "max": 1}, {"max": -1}, {"start": "x"}]
    )
    | st.sampled_from(
        [{"contains": ""}, {"contains": "x", "speaker": "ai"}, {"speaker": "ai"}, {"label": []}]
    )
    | st.sampled_from([{"not": {}}, {"is_test": True}, {"x": 1}, [{"is_test": True}], [{"x": 1}]])
    | st.sampled_from([{"start": "2024-01-02", "end": "2024-01-01"}, {"min_positive": 2}])
    | st.text(max_size=3)
    | st.floats(allow_nan=False, allow_infinity=False)
)


@thorough
@given(filters(depth=2), JUNK, st.randoms(use_true_random=False))
def test_the_schema_and_the_model_agree(chosen: dict[str, Any], junk: Any, random: Any) -> None:
    """A filter with a value replaced by another is accepted by both or refused by both, except for the faults
    that JSON Schema can't state."""
    changed = copy.deepcopy(chosen)
    holder, key = random.choice(list(_places(changed)))
    holder[key] = junk
    try:
        read_filter(changed)
        faults = []
    except InvalidFilter as error:
        faults = error.faults
    sayable = [fault for fault in faults if not any(words in fault.allowed for words in UNSAYABLE)]
    if VALIDATOR.is_valid(changed):
        assert not sayable
    else:
        assert faults


def test_a_value_of_an_own_field_is_one_to_both() -> None:
    """Schema and reader accept the same values, empty and past a double's largest ones among the refused."""
    taken: list[Any] = [" ", "x", True, 0, -1.5, 1e308, ["x", 1, False]]
    refused: list[Any] = ["", 10**400, None, [], ["x", ""], [1, 10**400], [[1]]]
    for value in taken:
        assert VALIDATOR.is_valid({"extra": {"campaign": value}})
        read_filter({"extra": {"campaign": value}})
    for value in refused:
        assert not VALIDATOR.is_valid({"extra": {"campaign": value}})
        with pytest.raises(InvalidFilter):
            read_filter({"extra": {"campaign": value}})
    for none in ({"extra": {"campaign": 10**5000}}, {"duration": {"min": 10**5000}}, {"status": 10**5000}):
        with pytest.raises(InvalidFilter):
            read_filter(none)


@pytest.mark.parametrize("size", [math.inf, math.nan])
def test_what_is_no_json_is_left_to_the_reader(size: float) -> None:
    """NaN and Infinity aren't JSON; the schema refuses what it can of them."""
    assert not VALIDATOR.is_valid({"duration": {"min": -math.inf}})
    with pytest.raises(InvalidFilter):
        read_filter({"duration": {"min": size}})


def test_the_table_has_a_row_for_every_operator() -> None:
    """Each key, and each key within it, stands in the table with its form, meaning and columns."""
    lines = reference_table().splitlines()
    assert lines[0] == "| key | form | matches calls where | columns |"
    assert {re.sub("<br>.*", "", line).count(" | ") for line in lines} == {3, 0}
    keys = [line.split("`")[1] for line in lines[2:]]
    assert [key for key in keys if "." not in key] == [row.key for row in rows(Filter)]
    assert "sentiment.min_positive" in keys
    assert (
        "| `duration` | `{min?, max?}`, each a number of seconds from 0 "
        "| the length in seconds is within, ends included | `duration_seconds` |"
    ) in lines
    assert "| `not` | a filter | the filter does not match, also where a value is missing |  |" in lines


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a value in a filter, as its holder and its key."""
    for key in part if isinstance(part, dict) else range(len(part)):
        yield part, key
        if isinstance(part[key], dict | list):
            yield from _places(part[key])
