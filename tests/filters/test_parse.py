"""What a filter may be, and the faults of what it may not."""

from __future__ import annotations

import json
import math
import pickle
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from batchlake.errors import FilterFault, InvalidFilter
from batchlake.filters.compile import compile_filter
from batchlake.filters.limits import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES
from batchlake.filters.model import ALL, Filter
from batchlake.filters.parse import parse_filter, read_filter
from tests.filters.strategies import filters, thorough

KEYS = (
    "status outcome duration cost sentiment date_range source batch_id call_id agent_id agent_name currency"
    " direction phone_number engagement text extra success is_test has_transcript has_recording any all not"
).split()
STATUSES = ", ".join(
    "scheduled queued ringing in_progress completed failed busy no_answer voicemail cancelled unknown".split()
)


def faults(chosen: Any) -> list[tuple[str, str]]:
    """Path and what was given of each fault, the same through every door."""
    with pytest.raises(InvalidFilter) as caught:
        read_filter(chosen)
    found = [(fault.path, fault.given) for fault in caught.value.faults]
    if isinstance(chosen, dict) and all(isinstance(key, str) for key in chosen):
        with pytest.raises(InvalidFilter) as constructed:
            Filter(**chosen)
        assert constructed.value.faults == caught.value.faults
    return found


def faults_if_any(given: Any) -> list[FilterFault]:
    """The faults of what may or may not be a filter."""
    try:
        read_filter(given)
    except InvalidFilter as error:
        return error.faults
    return []


def test_every_fault_is_listed_with_path_value_and_choices() -> None:
    """One answer holds all faults, at every depth, with the nearest valid name."""
    with pytest.raises(InvalidFilter) as caught:
        read_filter(
            {
                "status": ["completed", "compleeted"],
                "sentiment": {"min_postive": 0.7, "max_neutral": 1.7},
                "any": [{"is_test": True}, {}, {"duration": {"min": 30, "max": 5, "most": 1}}],
                "sttaus": "failed",
            }
        )
    error = caught.value
    assert [str(fault) for fault in error.faults] == [
        f'status[1]: got "compleeted", allowed: one of {STATUSES}; did you mean `completed`?',
        "sentiment.max_neutral: got 1.7, allowed: a number from 0 to 1",
        "sentiment.min_postive: got an unknown key, allowed: min_positive, max_positive, min_neutral, "
        "max_neutral, min_negative, max_negative, mainly, label; did you mean `min_positive`?",
        "any[1]: got an empty object, allowed: an object with any of " + ", ".join(KEYS),
        "any[2].duration.max: got 5, allowed: no less than `min`, which is 30.0",
        "any[2].duration.most: got an unknown key, allowed: min, max",
        f"sttaus: got an unknown key, allowed: {', '.join(KEYS)}; did you mean `status`?",
    ]
    assert error.details()["faults"][2]["nearest"] == "min_positive"
    assert str(error).startswith("invalid filter, 7 faults:\n  status[1]: got")
    assert isinstance(error, ValueError)


@pytest.mark.parametrize(
    ("chosen", "fault"),
    [
        ({"status": "exploded"}, ("status", '"exploded"')),
        ({"status": []}, ("status", "an empty list")),
        ({"status": None}, ("status", "null")),
        ({"status": {}}, ("status", "an empty object")),
        ({"status": ["failed", 5]}, ("status[1]", "5")),
        ({"status": [["failed"]]}, ("status[0]", "a list of 1 value")),
        ({"outcome": "busy"}, ("outcome", '"busy"')),
        ({"outcome": True}, ("outcome", "true")),
        ({"duration": {}}, ("duration", "an empty object")),
        ({"duration": 30}, ("duration", "30")),
        ({"duration": None}, ("duration", "null")),
        ({"duration": [30, 300]}, ("duration", "a list of 2 values")),
        ({"duration": {"min": "30"}}, ("duration.min", '"30"')),
        ({"duration": {"min": True}}, ("duration.min", "true")),
        ({"duration": {"min": None}}, ("duration.min", "null")),
        ({"duration": {"min": -0.5}}, ("duration.min", "-0.5")),
        ({"duration": {"max": math.nan}}, ("duration.max", "NaN")),
        ({"duration": {"max": math.inf}}, ("duration.max", "Infinity")),
        ({"duration": {"max": 10**400}}, ("duration.max", "a huge number")),
        ({"duration": {"min": 2, "max": 1}}, ("duration.max", "1")),
        ({"cost": {"min": "-1"}}, ("cost.min", '"-1"')),
        ({"cost": {"min": "1,50"}}, ("cost.min", '"1,50"')),
        ({"cost": {"min": "1e3"}}, ("cost.min", '"1e3"')),
        ({"cost": {"min": ""}}, ("cost.min", '""')),
        ({"cost": {"min": "١"}}, ("cost.min", '"١"')),
        ({"cost": {"min": "1\n"}}, ("cost.min", '"1\\n"')),
        ({"cost": {"min": "Infinity"}}, ("cost.min", '"Infinity"')),
        ({"cost": {"min": math.nan}}, ("cost.min", "NaN")),
        ({"cost": {"min": False}}, ("cost.min", "false")),
        ({"cost": {"min": Decimal("NaN")}}, ("cost.min", "NaN")),
        ({"cost": {"min": Decimal("1E+999999999")}}, ("cost.min", "a huge number")),
        ({"cost": {"min": "0.2", "max": 0.1}}, ("cost.max", "0.1")),
        ({"sentiment": {"min_positive": 1.01}}, ("sentiment.min_positive", "1.01")),
        ({"sentiment": {"min_positive": 0.8, "max_positive": 0.7}}, ("sentiment.max_positive", "0.7")),
        ({"sentiment": {}}, ("sentiment", "an empty object")),
        ({"sentiment": {"label": ""}}, ("sentiment.label", '""')),
        ({"sentiment": "positive"}, ("sentiment", '"positive"')),
        ({"date_range": {}}, ("date_range", "an empty object")),
        ({"date_range": {"start": "2024-01-01T00:00:00"}}, ("date_range.start", '"2024-01-01T00:00:00"')),
        ({"date_range": {"start": "2024-02-30"}}, ("date_range.start", '"2024-02-30"')),
        ({"date_range": {"start": "2024-01-01T24:00:00Z"}}, ("date_range.start", '"2024-01-01T24:00:00Z"')),
        ({"date_range": {"start": 1704067200}}, ("date_range.start", "1704067200")),
        ({"date_range": {"start": "today"}}, ("date_range.start", '"today"')),
        (
            {"date_range": {"end": "0001-01-01T00:00:00+01:00"}},
            ("date_range.end", '"0001-01-01T00:00:00+01:00"'),
        ),
        ({"date_range": {"start": datetime(2024, 1, 1)}}, ("date_range.start", "2024-01-01T00:00:00")),  # noqa: DTZ001
        ({"date_range": {"start": "2024-01-02", "end": "2024-01-01"}}, ("date_range.end", '"2024-01-01"')),
        ({"batch_id": ""}, ("batch_id", '""')),
        ({"batch_id": 7}, ("batch_id", "7")),
        ({"batch_id": ["b1", None]}, ("batch_id[1]", "null")),
        ({"batch_id": "\ud800"}, ("batch_id", '"\\ud800"')),
        ({"batch_id": b"b1"}, ("batch_id", "a value of type bytes")),
        ({"batch_id": {"b1"}}, ("batch_id", "a value of type set")),
        ({"currency": "€"}, ("currency", '"€"')),
        ({"direction": "sideways"}, ("direction", '"sideways"')),
        ({"phone_number": "*"}, ("phone_number", '"*"')),
        ({"phone_number": "+1*5"}, ("phone_number", '"+1*5"')),
        ({"phone_number": "+1**"}, ("phone_number", '"+1**"')),
        ({"phone_number": 4155550100}, ("phone_number", "4155550100")),
        ({"engagement": {"max": 2}}, ("engagement.max", "2")),
        ({"text": ""}, ("text", '""')),
        ({"text": None}, ("text", "null")),
        ({"text": ["refund"]}, ("text", "a list of 1 value")),
        ({"text": {}}, ("text.contains", "nothing")),
        ({"text": {"speaker": "ai"}}, ("text.contains", "nothing")),
        ({"text": {"contains": "x", "speaker": "robot"}}, ("text.speaker", '"robot"')),
        ({"extra": {}}, ("extra", "an empty object")),
        ({"extra": {"campaign": ""}}, ("extra.campaign", '""')),
        ({"extra": {"campaign": {}}}, ("extra.campaign", "an empty object")),
        ({"extra": {"campaign": [1, None]}}, ("extra.campaign", "a list of 2 values")),
        ({"extra": {"a.b": {"min": 2, "max": 1}}}, ('extra["a.b"].max', "1")),
        ({"success": 1}, ("success", "1")),
        ({"is_test": "true"}, ("is_test", '"true"')),
        ({"has_transcript": None}, ("has_transcript", "null")),
        ({"any": []}, ("any", "an empty list")),
        ({"any": {"status": "failed"}}, ("any", "an object")),
        ({"any": None}, ("any", "null")),
        ({"any": [None]}, ("any[0]", "null")),
        ({"any": ["failed"]}, ("any[0]", '"failed"')),
        ({"any": [Filter()]}, ("any[0]", "an empty object")),
        ({"all": [{}]}, ("all[0]", "an empty object")),
        ({"not": {}}, ("not", "an empty object")),
        ({"not": []}, ("not", "an empty list")),
        ({"not": {"not": {"all": [{"x": 1}]}}}, ("not.not.all[0].x", "an unknown key")),
        ({"odd key\n": 1}, ('["odd key\\n"]', "an unknown key")),
        ({1: 2}, ("[1]", "an unknown key")),
        ("text", ("$", '"text"')),
        ([], ("$", "an empty list")),
        (5, ("$", "5")),
    ],
    ids=repr,
)
def test_one_fault(chosen: Any, fault: tuple[str, str]) -> None:
    """Each slip is one fault, at its path, with what was given."""
    assert faults(chosen) == [fault]


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("sttaus", "status"),
        ("agent", "agent_id"),
        ("Batch ID", "batch_id"),
        ("date-range", "date_range"),
        ("zzz", None),
    ],
)
def test_the_nearest_key_is_named(typed: str, nearest: str | None) -> None:
    """A slip of the pen gets the key that was meant, nonsense gets none."""
    with pytest.raises(InvalidFilter) as caught:
        read_filter({typed: 1})
    assert caught.value.faults[0].nearest == nearest


def test_values_come_out_in_one_form() -> None:
    """One or a list, spelling, dates, offsets, floats: the model holds one form of each."""
    chosen = Filter(
        status="Canceled",
        batch_id=("b1", "b2", "b1"),
        cost={"min": 0.1, "max": Decimal("1E+2")},
        duration={"min": -0.0, "max": Decimal(5)},
        date_range={
            "start": date(2024, 1, 1),
            "end": datetime(2024, 1, 2, 1, tzinfo=timezone(timedelta(hours=1))),
        },
        text="refund",
        any=[Filter(is_test=True), {"is_test": False}],
    )
    assert chosen.model_dump() == {
        "status": ("cancelled",),
        "duration": {"min": 0.0, "max": 5.0},
        "cost": {"min": Decimal("0.1"), "max": Decimal(100)},
        "date_range": {"start": datetime(2024, 1, 1, tzinfo=UTC), "end": datetime(2024, 1, 2, tzinfo=UTC)},
        "batch_id": ("b1", "b2"),
        "text": {"contains": "refund"},
        "any": ({"is_test": True}, {"is_test": False}),
    }
    assert json.loads(chosen.model_dump_json())["cost"] == {"min": "0.1", "max": "100"}
    assert pickle.loads(pickle.dumps(chosen)) == chosen
    assert "outcome" not in repr(chosen)
    assert Filter(extra={"tier": [np.int64(2), Fraction(3, 2)]}).extra == {"tier": ("2", "1.5")}


def test_not_is_spelled_not_in_dumps_and_either_way_in_python() -> None:
    """`not` is a word of Python's own, so a keyword is `not_`; JSON knows `not` alone."""
    chosen = Filter(not_={"is_test": True})
    assert chosen == Filter(**{"not": {"is_test": True}}) == read_filter({"not": {"is_test": True}})
    assert chosen.model_dump() == chosen.model_dump(by_alias=True) == {"not": {"is_test": True}}
    assert faults({"any": [{"not_": {"is_test": True}}]}) == [("any[0].not_", "an unknown key")]
    with pytest.raises(InvalidFilter):
        Filter(not_={"is_test": True}, **{"not": {"is_test": True}})


@pytest.mark.parametrize(
    "given", [{"status": "failed"}, MappingProxyType({"status": "failed"}), Filter(status="failed")]
)
def test_a_mapping_or_a_filter_reads_the_same(given: Filter | Mapping[str, Any]) -> None:
    """Any mapping will do, and a filter reads as itself."""
    assert read_filter(given) == Filter(status="failed")


def test_nothing_is_every_call() -> None:
    """None and an empty object are the empty filter."""
    assert read_filter(None) == read_filter({}) == parse_filter("{}") == Filter()


def test_a_filter_does_not_change() -> None:
    """A filter is a value: frozen and hashable."""
    chosen = Filter(status="failed")
    with pytest.raises(ValidationError):
        chosen.status = None  # type: ignore[misc]
    assert len({chosen, Filter(status=["failed"])}) == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ("$", "text that isn't JSON (Expecting value at line 1, column 1)")),
        (
            "{'a': 1}",
            (
                "$",
                "text that isn't JSON"
                " (Expecting property name enclosed in double quotes at line 1, column 2)",
            ),
        ),
        ('{"status": "failed"} x', ("$", "text that isn't JSON (Extra data at line 1, column 22)")),
        ("null", ("$", "null")),
        ("[]", ("$", "an empty list")),
        ('{"duration": {"min": NaN}}', ("duration.min", "NaN")),
        ('{"duration": {"min": -Infinity}}', ("duration.min", "-Infinity")),
        ('{"duration": {"min": 1e999}}', ("duration.min", "Infinity")),
        ('{"cost": {"min": ' + "9" * 5000 + "}}", ("cost.min", "Infinity")),
        ('{"any": [{"status": "failed", "status": "busy"}]}', ("any[0].status", "a repeated key")),
        ('{"duration": {"min": 1, "max": 2, "min": 3}}', ("duration.min", "a repeated key")),
        ('{"batch_id": "\\ud800"}', ("batch_id", '"\\ud800"')),
    ],
)
def test_faults_of_json_text(text: str, fault: tuple[str, str]) -> None:
    """What isn't JSON, isn't a number, or is said twice is a fault like the others."""
    with pytest.raises(InvalidFilter) as caught:
        parse_filter(text)
    assert fault in [(one.path, one.given) for one in caught.value.faults]


def test_a_repeated_key_does_not_hide_other_faults() -> None:
    """All faults of a text come in one answer."""
    with pytest.raises(InvalidFilter) as caught:
        parse_filter('{"status": 1, "status": 2, "x": 3}')
    assert [fault.path for fault in caught.value.faults] == ["status", "status", "x"]


def test_a_byte_order_mark_is_no_fault() -> None:
    """A file saved by an editor that writes one reads as any other."""
    assert parse_filter('\ufeff{"is_test": true}') == Filter(is_test=True)


def nested(depth: int, key: str = "not") -> dict[str, Any]:
    chosen: dict[str, Any] = {"is_test": True}
    for _ in range(depth):
        chosen = {key: chosen if key == "not" else [chosen]}
    return chosen


@pytest.mark.parametrize("key", ["not", "any", "all"])
def test_depth_is_bounded(key: str) -> None:
    """32 deep is a filter, 33 is a fault that says where."""
    compile_filter(read_filter(nested(MAX_DEPTH, key)))
    ((path, given),) = faults(nested(MAX_DEPTH + 1, key))
    assert path.count(key) == MAX_DEPTH + 1
    assert given == "a filter 33 deep"


@pytest.mark.parametrize("key", ["not", "any"])
def test_hostile_depth_is_a_fault(key: str) -> None:
    """100,000 levels, of Python or of JSON text, give a message, not a crash."""
    deep = nested(100_000, key)
    assert any(given == "a filter 33 deep" for _, given in faults(deep))
    for text in ("[" * 100_000, '{"not":' * 100_000, '{"any":[' * 100_000 + "]}" * 100_000):
        with pytest.raises(InvalidFilter):
            parse_filter(text)
    while deep:  # taken apart level by level: Python would free it recursively
        (deep,) = deep.values() if key == "not" else deep.popitem()[1]
        deep = deep if isinstance(deep, dict) and "is_test" not in deep else {}


def test_a_filter_that_holds_itself_is_a_fault() -> None:
    """A cycle is too deep as well."""
    chosen: dict[str, Any] = {}
    chosen["any"] = [chosen]
    assert [given for _, given in faults(chosen)] == ["a filter 33 deep"]


def test_conditions_are_bounded() -> None:
    """1,000 conditions are a filter, 1,001 are a fault, wherever they stand; groups don't count."""
    compile_filter(Filter(any=[{"not": {"is_test": True}}] * MAX_CONDITIONS))
    assert faults({"is_test": True, "any": [{"is_test": True}] * MAX_CONDITIONS}) == [
        ("$", "1,001 conditions")
    ]
    assert faults({"extra": {f"field {n}": n for n in range(MAX_CONDITIONS + 1)}}) == [
        ("$", "1,001 conditions")
    ]


def test_lists_are_bounded() -> None:
    """10,000 values are a list, one more is a fault."""
    several = [str(number) for number in range(MAX_VALUES)]
    assert len(Filter(call_id=several).call_id or ()) == MAX_VALUES
    assert faults({"call_id": [*several, "x"]}) == [("call_id", "a list of 10,001 values")]


def test_another_model_can_hold_a_filter() -> None:
    """Within a model of the user's own a bad filter is that model's error, with all faults."""

    class Report(BaseModel):
        filter: Filter

    assert Report(filter={"status": "failed"}).filter == Filter(status="failed")
    with pytest.raises(ValidationError) as caught:
        Report(filter={"status": "x", "y": 1})
    assert [error["loc"] for error in caught.value.errors()] == [("filter", "status", 0), ("filter", "y")]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@thorough
@given(JUNK)
def test_junk_is_a_filter_or_a_fault(junk: Any) -> None:
    """Whatever is given, the answer is a filter or an `InvalidFilter` that prints, never another error."""
    for fault in faults_if_any(junk):
        assert fault.path
        assert fault.given
        assert fault.allowed
        assert str(fault).isprintable()
    if not faults_if_any(junk):
        compile_filter(read_filter(junk))


@thorough
@given(filters(), st.sampled_from(KEYS), JUNK)
def test_a_key_that_does_not_belong_is_never_ignored(chosen: dict[str, Any], key: str, junk: Any) -> None:
    """A filter with one key replaced by junk is refused, or holds that key."""
    chosen[key] = junk
    found = faults_if_any(chosen)
    assert {re.split(r"[.\[]", fault.path)[0] for fault in found} <= {key}
    assert found or key in read_filter(chosen).model_dump()


def test_no_filter_is_the_empty_one() -> None:
    """However it is given; the one that is made unchecked differs from the checked ones in nothing."""
    assert read_filter(None) == read_filter({}) == parse_filter("{}") == Filter() == ALL
    assert compile_filter(ALL) == compile_filter(Filter())
    assert ALL.model_dump_json() == "{}"
