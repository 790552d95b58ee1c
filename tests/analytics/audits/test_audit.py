"""The audit: reported against recomputed, what rounding deserves, and what explains the rest."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from batchlake.analytics.audits.audit import audit
from batchlake.analytics.audits.compare_reported import Coverage, compare
from batchlake.engine.engine import Engine
from batchlake.errors import BatchNotFound
from batchlake.models.audits import Audit, Comparison
from tests.analytics.tables import NOON, Row, batch, call, fill, segment

REPORTED = {
    "reported_total_calls": 100,
    "reported_completed": 95,
    "reported_failed": 3,
    "reported_in_progress": 2,
    "reported_average_duration_seconds": 120.0,
    "reported_total_cost": Decimal("50.00"),
    "reported_success_rate": 0.95,
    "reported_sentiment_positive": 0.7,
    "reported_sentiment_neutral": 0.2,
    "reported_sentiment_negative": 0.1,
    "reported_common_responses": json.dumps([{"text": "Yes, I'm interested", "count": 45}]),
}


LISTS_FEWER = "export lists fewer calls than it counts"
UNLISTED = "calls are held that the report did not list"
CHANGED = "states changed since"


def snapshot(batch_id: str = "b1", listed: int = 1, **values: Any) -> Row:
    return {
        "source": "svalync", "batch_id": batch_id, "observed_at": NOON, "export_id": "e1", "record": 1,
        "listed_calls": listed, **values,
    }  # fmt: skip


def by_name(found: Audit) -> dict[str, Comparison]:
    return {figure.figure: figure for figure in found.batches[0].figures}


def changed(found: Audit) -> set[str]:
    return {name for name, one in by_name(found).items() if one.explanation == CHANGED}


def test_the_documented_export_lists_one_of_its_hundred_calls() -> None:
    """Each reported figure is compared with that of the one call listed, which explains every difference."""
    scores = {"sentiment_positive": 0.8, "sentiment_neutral": 0.2, "sentiment_negative": 0.0}
    one = call("call_abc123", duration_seconds=125.0, cost="0.50", **scores)
    engine = fill(Engine(), calls=[one], batches=[batch(**REPORTED)], snapshots=[snapshot()])
    found = audit(engine, ("svalync", "b1"))
    figures = by_name(found)
    assert list(figures) == [
        "total_calls", "completed", "failed", "in_progress", "average_duration", "total_cost", "success_rate",
        "average_sentiment.positive", "average_sentiment.neutral", "average_sentiment.negative",
        'common_responses["Yes, I\'m interested"].count',
    ]  # fmt: skip
    total = figures["total_calls"]
    assert (total.reported, total.recomputed, total.difference, total.tolerance) == (100, 1, -99, 0)
    assert total.explanation == "export lists fewer calls than it counts"
    assert total.detail == "the export lists 1 of the 100 calls"
    cost = figures["total_cost"]
    assert (cost.recomputed, cost.difference, cost.tolerance) == (
        Decimal("0.5"),
        Decimal("-49.5"),
        Decimal("0.005"),
    )
    assert {one.explanation for one in figures.values() if not one.agrees} == {total.explanation}
    assert figures["average_sentiment.neutral"].agrees
    assert figures["average_sentiment.neutral"].explanation is None
    assert (found.batches[0].listed_calls, found.batches[0].held_calls) == (1, 1)
    assert found.differs
    assert found.differences == 10
    assert found.unexplained == 0
    text = json.loads(found.model_dump_json())["batches"][0]["figures"][5]
    assert (text["reported"], text["recomputed"], text["difference"]) == ("50.00", "0.50", "-49.50")
    engine.close()


def test_a_complete_batch_agrees() -> None:
    """With all calls held, figures agree exactly or within rounding, and only rounding is said to be so."""
    calls = [
        call(f"c{n}", "completed" if n < 2 else "failed", duration_seconds=100.0 + n * 0.2, cost="0.333333")
        for n in range(3)
    ]
    said = [
        segment("c0", n, "human", text, "yes, i'm interested")
        for n, text in enumerate(["Yes, I'm interested", "yes, I’m interested!"], 1)
    ]
    known = batch(
        reported_total_calls=3,
        reported_completed=2,
        reported_failed=1,
        reported_in_progress=0,
        reported_average_duration_seconds=100.0,
        reported_total_cost=Decimal("1.00"),
        reported_success_rate=0.67,
        reported_common_responses=json.dumps([{"text": "Yes, I'm interested", "count": 2}]),
    )
    engine = fill(Engine(), calls=calls, segments=said, batches=[known], snapshots=[snapshot(listed=3)])
    found = audit(engine)
    figures = by_name(found)
    assert not found.differs
    assert {name: one.explanation for name, one in figures.items() if one.explanation} == {
        "average_duration": "rounding",
        "total_cost": "rounding",
        "success_rate": "rounding",
    }
    assert audit(engine, only_differences=True).batches == []
    assert audit(engine, only_differences=True).compared == len(figures) == 8
    engine.close()


def test_states_changed_since_the_report() -> None:
    """A call observed again after the report explains what no longer agrees; a report after it does not."""
    later = NOON + timedelta(hours=1)
    reported = batch(reported_total_calls=2, reported_completed=1, reported_in_progress=1)
    stood = call("c1", observed_at=NOON)
    moved = call("c2", "failed", observed_at=later)
    engine = fill(Engine(), calls=[stood, moved], batches=[reported], snapshots=[snapshot(listed=2)])
    in_progress = by_name(audit(engine))["in_progress"]
    assert (in_progress.explanation, in_progress.difference) == ("states changed since", -1)
    assert in_progress.detail == "1 of the calls was observed again later"
    # The transcript came later; the state is as old as the report.
    detailed = {**moved, "field_observed_at": {"status_reported": NOON}}
    fill(engine, calls=[stood, detailed], batches=[reported], snapshots=[snapshot(listed=2)])
    assert by_name(audit(engine))["in_progress"].explanation == "unexplained"
    # The batch was seen again later, without its counts.
    seen = {**reported, "observed_at": later + timedelta(hours=1), "field_observed_at": {
        name: NOON for name in reported if name.startswith("reported_")}}  # fmt: skip
    fill(engine, calls=[stood, moved], batches=[seen], snapshots=[snapshot(listed=2)])
    assert by_name(audit(engine))["in_progress"].explanation == "states changed since"
    engine.close()


def test_all_batches_and_only_their_differences() -> None:
    """Over all batches each is compared with its own calls; a filter picks batches by their calls."""
    calls = [call("c1"), call("c2", batch_id="b2"), call("c1", source="other", batch_id="b1")]
    batches = [
        batch("b1", reported_total_calls=1),
        batch("b2", reported_total_calls=5),
        batch("b3", reported_completed=0),
        batch("b1", source="other", reported_failed=1),
    ]
    engine = fill(Engine(), calls=calls, batches=batches)
    found = audit(engine)
    assert [(one.source, one.batch_id, one.differences) for one in found.batches] == [
        ("other", "b1", 1), ("svalync", "b1", 0), ("svalync", "b2", 1), ("svalync", "b3", 0),
    ]  # fmt: skip
    assert (found.audited_batches, found.compared, found.differences, found.unexplained) == (4, 4, 2, 1)
    differing = audit(engine, only_differences=True)
    assert [(one.source, one.batch_id) for one in differing.batches] == [("other", "b1"), ("svalync", "b2")]
    assert all(not figure.agrees for one in differing.batches for figure in one.figures)
    picked = audit(engine, filter={"batch_id": "b2"})
    assert [one.batch_id for one in picked.batches] == ["b2"]
    (first,) = audit(engine, (None, "b1")).batches
    assert first == found.batches[0]
    with pytest.raises(BatchNotFound, match="exists for source 'other' or 'svalync', not 'third'"):
        audit(engine, ("third", "b1"))
    with pytest.raises(BatchNotFound):
        audit(engine, ("svalync", "nope"))
    engine.close()


@pytest.mark.parametrize(
    ("reported", "figures"),
    [
        ([("Not interested.", 2)], {"Not interested.": (2, 2)}),
        (
            [("not  INTERESTED", 1), ("Not interested!", 3), ("yes", 1)],
            {"Not interested!": (4, 2), "yes": (1, 0)},
        ),
        ([("“I’m in”", 1), ("i'm in", 1)], {"“I’m in”": (2, 1)}),
        ([("?!", 1), ("...", 1), (" ", 1)], {"?!": (1, 1), "...": (1, 0), " ": (1, 0)}),
        ([("ΟΔΟΣ", 1)], {"ΟΔΟΣ": (1, 1)}),
    ],
)
def test_reported_responses_are_folded_as_utterances_are(
    reported: list[tuple[str, int]], figures: dict[str, tuple[int, int]]
) -> None:
    """However either side spells it; those that fold alike are added up, and named by the most frequent."""
    spoken = ["not interested", "Not interested!", "I'm in", "?!", "?", "οδος"]
    keys = ["not interested", "not interested", "i'm in", "", "", "οδος"]
    said = [segment("c1", n, "human", *one) for n, one in enumerate(zip(spoken, keys, strict=True), 1)]
    text = json.dumps([{"text": text, "count": count} for text, count in reported])
    engine = fill(
        Engine(), calls=[call("c1")], segments=said, batches=[batch(reported_common_responses=text)]
    )
    for found in (audit(engine), audit(engine, ("svalync", "b1"))):
        assert {name: (one.reported, one.recomputed) for name, one in by_name(found).items()} == {
            f"common_responses[{text!r}].count": counts for text, counts in figures.items()
        }
    engine.close()


def test_costs_in_several_currencies_are_no_difference() -> None:
    """A total of costs that don't add up is not compared: neither agreed nor different, and explained."""
    calls = [
        call("c1", cost="1.50", currency="USD"),
        call("c2", cost="2", currency="EUR"),
        call("c3", cost="1"),
    ]
    engine = fill(Engine(), calls=calls, batches=[batch(reported_total_cost=Decimal("3.00"))])
    found = audit(engine)
    cost = by_name(found)["total_cost"]
    assert (cost.recomputed, cost.agrees, cost.explanation) == (None, None, "several currencies")
    assert cost.detail == "the calls cost EUR 2.00 and USD 1.50 and 1.00 in no named one"
    assert (found.compared, found.not_compared, found.differences, found.unexplained) == (0, 1, 0, 0)
    assert not found.differs
    assert audit(engine, only_differences=True).batches == []
    # Without any cost there is nothing to compare with either, and that is a difference.
    fill(engine, calls=[call("c1")], batches=[batch(reported_total_cost=Decimal("3.00"))])
    assert by_name(audit(engine))["total_cost"].agrees is False
    engine.close()


def test_what_was_billed_in_each_currency() -> None:
    """Over all batches: 0.30 more was billed in EUR than the calls cost; in USD they cost 1.00 more."""
    calls = [
        call("c1", batch_id="b1", cost="2.00", currency="EUR"),
        call("c2", batch_id="b1", cost="-0.50", currency="EUR"),
        call("c3", batch_id="b2", cost="1.20", currency="EUR"),
        call("c4", batch_id="b3", cost="4.00", currency="USD"),
        call("c5", batch_id="b4", cost="1.00", currency="USD"),
        call("c6", batch_id="b4", cost="1.00", currency="EUR"),
        call("c7", batch_id="b5"),
        call("c8", batch_id="b6", cost="9.00", currency="EUR"),
        call("c9", batch_id="b7", cost="7.00"),
    ]
    bills = {"b1": "1.50", "b2": "1.50", "b3": "3.00", "b4": "2.00", "b5": "8.00", "b7": "7.00"}
    batches = [batch(name, reported_total_cost=Decimal(cost)) for name, cost in bills.items()] + [batch("b6")]
    engine = fill(Engine(), calls=calls, batches=batches)
    found = audit(engine)
    assert [tuple(total.model_dump(mode="json").values()) for total in found.totals] == [
        ("EUR", 2, "3.00", "2.70", "-0.30"),
        ("USD", 1, "3.00", "4.00", "1.00"),
        (None, 1, "7.00", "7.00", "0.00"),
    ]
    assert found.batches_without_total == 2
    (alone,) = audit(engine, ("svalync", "b2")).totals
    assert (alone.currency, alone.difference) == ("EUR", Decimal("-0.30"))
    assert audit(engine, filter={"batch_id": "b5"}).totals == []
    engine.close()


def test_only_what_was_observed_later_has_changed_since() -> None:
    """A cost that came later explains the total and nothing else; scores have the time of their first."""
    later = NOON + timedelta(hours=1)
    older = dict.fromkeys(
        ["status_reported", "duration_seconds", "sentiment_positive", "segment_count"], NOON
    )
    scores = dict.fromkeys(["sentiment_positive", "sentiment_neutral", "sentiment_negative"], 0.5)
    priced = call(
        "c1",
        observed_at=later,
        field_observed_at=older,
        cost="9",
        duration_seconds=9.0,
        segment_count=1,
        **scores,
    )
    silent = call("c2", "unknown", status_reported=None, observed_at=later)
    reported = batch(**{name: REPORTED[name] for name in REPORTED if name != "reported_total_calls"})
    engine = fill(Engine(), calls=[priced, silent], batches=[reported])
    assert changed(audit(engine)) == {"total_cost"}
    # The scores were reported before the call's came, the counts after.
    early = {"reported_sentiment_positive": NOON - timedelta(hours=1)}
    fill(engine, calls=[priced], batches=[{**reported, "observed_at": later, "field_observed_at": early}])
    assert changed(audit(engine)) == {
        "average_sentiment.positive", "average_sentiment.neutral", "average_sentiment.negative",
    }  # fmt: skip
    engine.close()


def test_reported_responses_in_no_known_form_are_no_figures() -> None:
    """Text that isn't a list of text and count can't be compared and hurts nothing."""
    for text in (
        "not json",
        "3",
        '{"a": 1}',
        '[3, {"text": 1, "count": 2}, {"text": "a"}, {"text": "a", "count": true}]',
    ):
        engine = fill(Engine(), calls=[call("c1")], batches=[batch(reported_common_responses=text)])
        assert audit(engine).batches[0].figures == []
        engine.close()


@pytest.mark.parametrize(
    ("reported", "recomputed", "decimals", "tolerance", "agrees"),
    [
        (100, 100, None, 0, True),
        (100, 99, None, 0, False),
        (120.0, 119.6, 0, 0.5, True),
        (120.5, 120.56, 0, 0.05, False),
        (0.95, 0.9549, 2, 0.005, True),
        (0.9, 0.904, 2, 0.005, True),
        (0.9, 0.91, 2, 0.005, False),
        (1.0, 0.96, 2, 0.005, False),
        (Decimal("50.00"), Decimal("50.004"), 2, Decimal("0.005"), True),
        (Decimal("50.1234"), Decimal("50.1235"), 2, Decimal("0.00005"), False),
        (0.7, 0.74, 1, 0.05, True),
        (0.7, None, 1, 0.05, False),
    ],
)
def test_half_a_unit_of_the_last_decimal_is_rounding(
    reported: Any, recomputed: Any, decimals: int | None, tolerance: Any, agrees: bool
) -> None:
    """Tolerance follows the decimals reported, and at least those a platform shows; counts have none."""
    found = compare("figure", "unit", reported, recomputed, decimals, Coverage(1, 1, 1, 0))
    assert (found.tolerance, found.agrees) == (tolerance, agrees)
    assert (found.explanation == "rounding") == (agrees and recomputed != reported)


@pytest.mark.parametrize(
    ("coverage", "explanation", "detail"),
    [
        (Coverage(100, 1, 1), LISTS_FEWER, "the export lists 1 of the 100 calls"),
        (Coverage(100, 0, 1), LISTS_FEWER, "the export lists none of the 100 calls"),
        (Coverage(100, None, 60, 5), LISTS_FEWER, "the lake holds 60 of the 100 calls"),
        (
            Coverage(100, 100, 60),
            "unexplained",
            "the lake holds 60 of the 100 calls that the export lists",
        ),
        (Coverage(100, 40, 100, 5), CHANGED, "5 of the calls were observed again later"),
        (Coverage(100, 0, 100), LISTS_FEWER, "the export lists none of the 100 calls"),
        (Coverage(100, 100, 100), "unexplained", None),
        (Coverage(100, 100, 100, 5), CHANGED, "5 of the calls were observed again later"),
        (Coverage(100, 100, 100, 5, as_listed=9), CHANGED, "5 of the calls were observed again later"),
        (
            Coverage(100, 100, 100, 5, as_listed=8),
            "unexplained",
            "the calls that the export lists give 8",
        ),
        (Coverage(100, 100, 101, 1), UNLISTED, "1 call is held that the report did not list"),
        (
            Coverage(100, 100, 102, 3, as_listed=9),
            UNLISTED,
            "2 calls are held that the report did not list, and 1 of the others was observed again later",
        ),
        (Coverage(100, 101, 102), UNLISTED, "1 call is held that the report did not list"),
        (Coverage(100, 40, 101), UNLISTED, "1 call is held that the report did not count"),
        (Coverage(100, None, 101), UNLISTED, "1 call is held that the report did not count"),
        (Coverage(None, 3, 4), UNLISTED, "1 call is held that the report did not list"),
        (Coverage(None, 0, 3), "unexplained", None),
        (Coverage(None, None, 3), "unexplained", None),
        (Coverage(0, 0, 3), UNLISTED, "3 calls are held that the report did not list"),
    ],
)
def test_what_explains_a_difference(coverage: Coverage, explanation: str, detail: str | None) -> None:
    """Calls that are missing come first, then a report that its own listing contradicts, then calls that it
    doesn't know, then calls that changed."""
    found = compare("completed", "calls", 9, 8, None, coverage)
    assert (found.explanation, found.detail) == (explanation, detail)


@pytest.mark.parametrize(
    ("unit", "coverage", "explanation"),
    [
        ("calls", Coverage(10, 5, 5), "unexplained"),
        ("money", Coverage(10, None, 5), "unexplained"),
        ("calls", Coverage(10, 5, 10), "unexplained"),
        ("calls", Coverage(10, 5, 5, 2), CHANGED),
        ("seconds", Coverage(10, 5, 5), LISTS_FEWER),
    ],
)
def test_calls_that_lack_explain_nothing_above_the_report(
    unit: str, coverage: Coverage, explanation: str
) -> None:
    """Three completed of five calls, where two of ten were reported; a mean may be above all the same."""
    found = compare("completed", unit, 2, 3, None, coverage)
    assert (found.difference, found.agrees, found.explanation) == (1, False, explanation)
