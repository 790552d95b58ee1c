"""Values as they print: money, whole seconds, times in UTC, and what is unknown left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from batchlake.models.calls import Call
from batchlake.models.statistics import Statistics
from batchlake.models.values import seconds_number
from batchlake.text.values import money_text, utc_text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("50", "50.00"), ("50.000000", "50.00"), ("0.1234", "0.1234"), ("0.10", "0.10"), ("0.1", "0.10"),
        ("0", "0.00"), ("-49.5", "-49.50"), ("1E+3", "1000.00"), ("1E-6", "0.000001"), ("0.100100", "0.1001"),
        ("123456789012345678901234567890.120000", "123456789012345678901234567890.12"),
    ],
)  # fmt: skip
def test_money_has_two_decimals_or_as_many_as_it_needs(amount: str, text: str) -> None:
    """At least two decimals, no zeros beyond, no exponent."""
    assert money_text(Decimal(amount)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=6))
def test_money_text_is_the_amount(amount: Decimal) -> None:
    """Printing an amount changes nothing of it."""
    assert Decimal(money_text(amount)) == amount


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_printed_is_the_time(moment: datetime) -> None:
    """RFC 3339 in UTC with `Z`, read back the same."""
    assert utc_text(moment).endswith("Z")
    assert datetime.fromisoformat(utc_text(moment)) == moment


def test_times_of_other_zones_print_in_utc() -> None:
    """An offset is taken into account; only a fraction that there is prints."""
    moment = datetime(2024, 1, 1, 13, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1)))
    assert utc_text(moment) == "2024-01-01T12:00:00.25Z"
    assert utc_text(moment.replace(microsecond=0)) == "2024-01-01T12:00:00Z"


def test_whole_seconds_print_as_integers() -> None:
    """125.0 is 125; what isn't whole, or too large to be exact, stays as it is."""
    assert repr(seconds_number(125.0)) == "125"
    assert repr(seconds_number(0.5)) == "0.5"
    assert repr(seconds_number(1e300)) == "1e+300"
    assert Call(id="c", status="completed", duration=125.0).model_dump_json().endswith('"duration":125}')


def test_unknown_values_are_left_out_and_missing_figures_null() -> None:
    """A call leaves out what is unknown; statistics print null, and leave out `unknown` where it is 0."""
    assert json.loads(Call(id="c", status="completed").model_dump_json()) == {
        "id": "c",
        "status": "completed",
    }
    statistics = json.loads(Statistics().model_dump_json())
    assert statistics["average_duration"] is None
    assert "unknown" not in statistics
    assert json.loads(Statistics(unknown=2).model_dump_json())["unknown"] == 2


def test_models_are_frozen_and_refuse_other_fields() -> None:
    """An answer can't be changed by accident, and a misspelt field is an error."""
    call = Call(id="c", status="completed")
    with pytest.raises(ValidationError):
        call.id = "d"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Call(id="c", status="completed", colour="red")  # type: ignore[call-arg]
