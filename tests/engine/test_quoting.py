"""Names of time zones, counts and lists of texts that callers give: one rule each for all that takes them."""

from __future__ import annotations

import io
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import batchlake
from batchlake.engine.engine import Engine
from batchlake.engine.quoting import each_text, whole_number, zone_named, zone_names
from batchlake.errors import InvalidRequest
from batchlake.filters.values.zone import in_zone
from tests.effort import some


def test_every_zone_is_known_to_duckdb_and_to_python() -> None:
    """Also on a machine that lists its own zone as `localtime`."""
    assert {"UTC", "Europe/Berlin", "America/New_York"} <= zone_names()
    with Engine() as engine:
        for name in zone_names():
            assert zone_named(name) == zone_named(name.swapcase()) == name
            ZoneInfo(name)
            engine.run(f"set TimeZone = '{name}'")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        (" europe/berlin", "Did you mean Europe/Berlin?"),
        ("Berlin", "Did you mean Europe/Berlin?"),
        ("New York", "Did you mean America/New_York?"),
        ("Europe/Berln", "Did you mean Europe/Berlin?"),
        ("localtime", "There is no time zone 'localtime'."),
        ("posix/Europe/Berlin", "Did you mean Europe/Berlin?"),
        ("right/UTC", "There is no time zone 'right/UTC'."),
        ("../Europe/Berlin", "Did you mean Europe/Berlin?"),
        ("Mars", "There is no time zone 'Mars'."),
        ("", "Give one such as Europe/Berlin or UTC."),
    ],
)
def test_whatever_asks_for_a_zone_says_the_same_of_one_that_there_isnt(name: str, hint: str) -> None:
    """A lake, a filter and the engine, in one sentence, with the name that may be meant."""
    said = set()
    with Engine() as engine:
        for ask in (zone_named, engine.in_timezone, lambda one: batchlake.open("lake", timezone=one)):
            with pytest.raises(InvalidRequest) as raised:
                ask(name)
            said.add(str(raised.value))
    with pytest.raises(InvalidRequest) as raised, in_zone(name):
        pass
    (sentence,) = said | {str(raised.value)}
    assert hint in sentence


def test_a_zone_is_given_in_any_case(sample_lake: batchlake.Lake) -> None:
    """Answers hold it as it is spelled, wherever it was given."""
    for given in some(["EUROPE/berlin", "europe/berlin", "EUROPE/BERLIN"], 1):
        lake = batchlake.open(sample_lake.root, timezone=given)
        assert lake.timezone == "Europe/Berlin"
        asked: Any = {"metrics": "timeline"}
        for found in (lake.analytics(**asked), sample_lake.analytics(timezone=given, **asked)):
            assert found.timeline is not None
            assert found.timeline.timezone == "Europe/Berlin"
        report = sample_lake.report(timezone=given)
        assert report.document.provenance.timezone == "Europe/Berlin"
        written = io.BytesIO()
        report.write_to(written, "markdown")
        assert b"Europe/Berlin" in written.getvalue()


@pytest.mark.parametrize("given", ["10", -1, 1.5, True, None, float("nan"), float("inf"), 10**30, [1]])
def test_what_is_no_count_is_refused(given: Any) -> None:
    """DuckDB would round it, fail in its own words, or compare it as text; NumPy's numbers are counts."""
    with pytest.raises(InvalidRequest, match="limit is how many rows, not "):
        whole_number("limit is how many rows", given)
    assert whole_number("limit", np.int64(3)) == 3


@pytest.mark.parametrize("given", [5, [5], b"status", [None], {1: 2}])
def test_what_is_no_text_is_refused(given: Any) -> None:
    """One text, several in whatever holds them, or none are taken."""
    with pytest.raises(InvalidRequest, match="by takes text, or several in a list, not "):
        each_text("by takes", given)
    assert each_text("by takes", None) == ()
    assert each_text("by takes", "day") == each_text("by takes", (name for name in ["day"])) == ("day",)
