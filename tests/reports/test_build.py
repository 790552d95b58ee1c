"""A report's own parts against plain Python: distributions, notable calls, what it is of and made from."""

from __future__ import annotations

import json
import re
import resource
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import batchlake
from batchlake.analytics.metrics import analyse
from batchlake.engine.engine import Engine
from batchlake.errors import (
    AnalyticsUnavailable,
    BatchNotFound,
    InvalidBatchId,
    InvalidFilter,
    InvalidRequest,
)
from batchlake.filters.selection import select
from batchlake.lake import Lake
from batchlake.reports.contents.distributions import distributions
from batchlake.reports.contents.notable_calls import notable_calls
from batchlake.reports.figures.comparison import COMPARED_FAMILIES, compare_selections
from batchlake.reports.model import Distribution, Report
from batchlake.text.escaping import harmless_model
from tests.analytics.tables import NOON, Row, call, fill, segment
from tests.effort import examples, some
from tests.lakes import write_export
from tests.reports.reports import NUMBER

seconds = st.one_of(
    st.none(), st.sampled_from([0.0, 1e-6, 59.999999, 60.0, 86_400.0, 1e9]), st.floats(0, 5_000)
)
amounts = st.one_of(
    st.none(),
    st.decimals(-3, 12, places=6),
    st.sampled_from([Decimal(0), Decimal("0.000001"), Decimal(900_000_000), Decimal(-900_000_000)]),
    st.sampled_from([Decimal("-0.000001"), Decimal("-0.1"), Decimal("-0.2")]),
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def spread(engine: Engine, calls: list[Row]) -> tuple[Distribution, list[Distribution]]:
    fill(engine, calls=calls)
    return distributions(engine, select(), analyse(engine, select()))


@settings(max_examples=examples(6))
@given(st.lists(st.tuples(seconds, amounts, st.sampled_from([None, "EUR", "USD"])), min_size=1, max_size=60))
def test_bins_are_a_histogram_of_the_values(values: list[tuple[Any, Any, Any]]) -> None:
    """Every known value is in exactly one bin, bins touch and have one width, and there are not too many."""
    with Engine() as engine:
        calls = [
            call(f"c{number}", duration_seconds=length, cost=cost, currency=currency)
            for number, (length, cost, currency) in enumerate(values)
        ]
        durations, costs = spread(engine, calls)
    known: dict[Any, list[Any]] = {"durations": [length for length, _, _ in values if length is not None]}
    for currency in {currency for _, cost, currency in values if cost is not None}:
        known[currency] = [cost for _, cost, own in values if cost is not None and own == currency]
    found: dict[Any, Distribution] = {one.currency: one for one in costs}
    assert found.keys() == known.keys() - {"durations"}
    for key, one in (found | {"durations": durations}).items():
        check_histogram(one, known[key])


def check_histogram(one: Distribution, values: list[Any]) -> None:
    """The bins count these values."""
    assert one.calls == len(values)
    assert sum(part.calls for part in one.bins) == len(values)
    assert len(one.bins) <= 26
    if not values:
        assert one.bins == []
        return
    edges = [part.lower for part in one.bins]
    assert edges[0] == 0 or min(values) < 0
    assert None not in edges[1:]
    assert [part.upper for part in one.bins[:-1]] == edges[1:]
    exactly = [Decimal(str(edge)) for edge in edges if edge is not None]
    assert len({after - before for before, after in pairwise(exactly)}) <= 1
    for part in one.bins:
        # A length is counted to the microsecond.
        within = [
            value
            for value in (round(value, 6) for value in values)
            if (part.lower is None or part.lower <= value) and (part.upper is None or value < part.upper)
        ]
        assert part.calls == len(within), part


def test_few_calls_far_out_share_the_last_bin(engine: Engine) -> None:
    """One call of a day among a thousand of a minute does not press the others into one bar."""
    calls = [call(f"c{number}", duration_seconds=float(number % 60)) for number in range(1_000)]
    durations, costs = spread(engine, [*calls, call("long", duration_seconds=86_400.0)])
    assert [part.upper for part in durations.bins][-2:] == [durations.bins[-1].lower, None]
    assert durations.bins[-1].calls == 1
    assert 10 <= len(durations.bins) <= 22
    assert costs == []


def test_credits_have_bins_of_their_own(engine: Engine) -> None:
    """Some are among the bins; one far below all others has an open one, and presses nothing together."""
    calls = [call(f"c{number}", cost=Decimal(number % 60 - 10) / 100) for number in range(1_000)]
    _, (costs,) = spread(engine, calls)
    assert (costs.bins[0].lower, costs.bins[0].upper, costs.bins[0].calls) == (
        Decimal("-0.10"), Decimal("-0.05"), 85,
    )  # fmt: skip
    assert (costs.bins[-1].lower, costs.bins[-1].upper) == (Decimal("0.45"), Decimal("0.50"))
    _, (costs,) = spread(engine, [*calls, call("credit", cost="-250")])
    assert (costs.bins[0].lower, costs.bins[0].upper, costs.bins[0].calls) == (None, Decimal("-0.10"), 1)
    assert sum(part.calls for part in costs.bins) == 1_001
    assert len(costs.bins) == 13


def test_calls_are_notable_by_what_is_known_of_them(engine: Engine) -> None:
    """Longest, most expensive by currency, most negative, newest failed, as sorting in Python has them."""
    calls = [
        call(
            f"c{number:03}",
            "failed" if number % 9 == 0 else "completed",
            duration_seconds=None if number % 5 == 0 else float(number * 37 % 101),
            cost=None if number % 4 == 0 else Decimal(number * 13 % 53) / 8,
            currency=[None, "EUR", "USD"][number % 3],
            sentiment_negative=None if number % 2 else (number * 7 % 11) / 11,
            call_time=None if number % 8 == 0 else NOON + timedelta(minutes=number * 29 % 97),
            summary=f'call {NUMBER} "back"',
            to_number=NUMBER,
        )
        for number in range(80)
    ]
    fill(engine, calls=calls)
    lists, transcripts = notable_calls(engine, select(), show_numbers=False, include_transcripts=True)
    assert transcripts == []
    late = datetime.max.replace(tzinfo=UTC)

    def top(measure: str, **wanted: Any) -> list[str]:
        ranked = [
            one for one in calls if one[measure] and all(one[name] == value for name, value in wanted.items())
        ]
        ranked.sort(key=lambda one: (-round(one[measure], 6), one["call_time"] or late, one["call_id"]))
        return [one["call_id"] for one in ranked[:5]]

    failed = sorted(
        (one for one in calls if one["outcome"] == "failed"),
        key=lambda one: (-(one["call_time"].timestamp() if one["call_time"] else 0), one["call_id"]),
    )
    assert [(one.kind, one.currency, [shown.call_id for shown in one.calls]) for one in lists] == [
        ("longest", None, top("duration_seconds")),
        ("most_expensive", "EUR", top("cost", currency="EUR")),
        ("most_expensive", "USD", top("cost", currency="USD")),
        ("most_expensive", None, top("cost", currency=None)),
        ("most_negative", None, top("sentiment_negative")),
        ("failed", None, [one["call_id"] for one in failed[:5]]),
    ]
    assert lists[0].of == len([one for one in calls if one["duration_seconds"]])
    assert {shown.to_number for one in lists for shown in one.calls} == {"+1 *** 34"}
    assert {shown.summary for one in lists for shown in one.calls} == {'call +1 *** 34 "back"'}


def test_transcripts_are_of_the_notable_calls(engine: Engine) -> None:
    """Each once, in order, with seconds from the beginning, without numbers, and of bounded length."""
    calls = [
        call("long", duration_seconds=9.0),
        call("short", duration_seconds=1.0),
        call("none", duration_seconds=0.0),
    ]
    said = [
        segment(
            "long", place, "human", f"{place} {NUMBER}", "x", spoken_at=NOON + place * timedelta(seconds=1)
        )
        for place in range(1, 151)
    ]
    said += [
        segment("short", 1, "ai", "Hello", "hello", offset_seconds=2.5),
        segment("none", 1, "ai", "No", "no"),
    ]
    fill(engine, calls=calls, segments=said)
    _, transcripts = notable_calls(engine, select(), show_numbers=False, include_transcripts=True)
    assert transcripts is not None
    assert [(one.call_id, len(one.utterances), one.left_out) for one in transcripts] == [
        ("long", 100, 50),
        ("short", 1, 0),
    ]
    third = transcripts[0].utterances[2]
    assert (third.text, third.offset_seconds) == ("3 +1 *** 34", 2.0)
    assert transcripts[1].utterances[0].offset_seconds == 2.5


def test_the_footer_counts_every_row(lake: Lake) -> None:
    """Calls in and out by reason, and what could not be used, add up to what the lake holds."""
    report = lake.report("b1", filter={"outcome": ["completed", "failed"]}).document
    made = report.provenance
    assert (made.lake, made.calls_held, made.calls_selected, made.timezone) == ("lake", 8, 2, "UTC")
    assert [(one.count, one.unit, one.why) for one in made.left_out] == [
        (4, "calls", "do not belong to the batch"),
        (2, "calls", "do not match the filter"),
    ]
    runs = lake.runs().to_dicts()
    assert (made.run_id, made.run_finished_at) == (runs[0]["run_id"], runs[0]["finished_at"])
    whole = lake.report().document
    assert [(one.count, one.unit) for one in whole.provenance.left_out] == [(1, "records"), (1, "values")]
    assert whole.problems.total == len(lake.problems().to_dicts()) == 2
    assert Counter({one.code: one.problems for one in whole.problems.groups}) == Counter(
        row["code"] for row in lake.problems().to_dicts()
    )
    assert {one.export for one in whole.problems.groups} == {"orphans.ndjson"}
    of_batch = lake.report("b4").document.problems
    assert [(one.code, one.field) for one in of_batch.groups] == [("not_an_amount", "cost")]
    assert report.problems.total == 0


def test_it_is_about_what_was_asked_for(lake: Lake) -> None:
    """One batch, several, a filter or everything: the analytics are those of the same selection."""
    cases: list[tuple[Any, Any, Any, str]] = [
        (("b1", "b4", "b1"), None, {"batch_id": ["b1", "b4"]}, "2 batches"),
        (("b1",), None, {"batch_id": "b1"}, "Batch b1"),
        (("b'3\"",), {"cost": {"min": 2}}, {"batch_id": "b'3\"", "cost": {"min": 2}}, "Batch b'3\""),
        ((), {"outcome": "failed"}, {"outcome": "failed"}, "Selected calls"),
        ((), None, None, "All calls"),
    ]
    for ids, given_filter, same, title in some(cases, 3):
        report = lake.report(*ids, filter=given_filter, by="agent_id").document
        wanted = lake.analytics(same, by="agent_id", metrics="all", every=report.analytics.timeline.every)
        assert report.title == title
        assert report.analytics.model_copy(update={"selection": ""}) == wanted.model_copy(
            update={"selection": ""}
        )
        assert Report.model_validate_json(report.model_dump_json()) == report
    assert [one.batch_id for one in report.batches] == ["b'3\"", "b1", "b4"]
    assert [one.batch_id for one in lake.report("b2").document.batches] == ["b2"]


def test_a_comparison_is_with_another_batch_of_the_same_filter(lake: Lake) -> None:
    """`previous` is the batch that was created before; the filter holds on both sides."""
    report = lake.report("b'3\"", filter={"cost": {"min": 1}}, compare="previous").document
    assert report.comparison is not None
    assert (
        report.comparison.this
        == lake.report("b'3\"", filter={"cost": {"min": 1}}).document.analytics.selection
    )
    assert (
        report.comparison.other == lake.report("b1", filter={"cost": {"min": 1}}).document.analytics.selection
    )
    calls = {one.figure: (one.this.value, one.other.value) for one in report.comparison.differences}
    assert calls["statistics.total_calls"] == (2, 1)
    named = lake.report("b'3\"", filter={"cost": {"min": 1}}, compare="b1").document
    assert named.comparison == report.comparison


def test_what_is_only_compared_is_asked_for_what_is_compared(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comparison has the differences that all figures of both sides have, and asks no more of the other."""
    asked: list[Any] = []
    whole: list[Any] = []

    def analysing(*given: Any, **options: Any) -> Any:
        asked.append(options.pop("metrics", None))
        whole.append(analyse(*given, **options))
        return analyse(*given, metrics=asked[-1], **options)

    monkeypatch.setattr("batchlake.analytics.metrics.analyse", analysing)
    report = lake.report("b'3\"", compare="b1").document
    assert asked == [None, COMPARED_FAMILIES]
    assert report.comparison == harmless_model(compare_selections(*whole))


@pytest.mark.parametrize(
    ("ids", "options", "error", "words"),
    [
        (["nope"], {}, BatchNotFound, "Did you mean"),
        ([""], {}, InvalidBatchId, "it is empty"),
        ([7], {}, InvalidBatchId, "invalid batch id 7: it is of type int, not text"),
        (["b1"], {"filter": {"stat": "x"}}, InvalidFilter, "status"),
        (["b1"], {"compare": "b9"}, BatchNotFound, "'b9'"),
        (["b1"], {"compare": "b1"}, InvalidRequest, "with itself"),
        (["b1"], {"compare": "previous"}, InvalidRequest, "created before 'b1'"),
        ([], {"compare": "previous"}, InvalidRequest, "no named batches"),
        (["b1", "b2"], {"compare": "previous"}, InvalidRequest, "2 batches"),
        (["b1"], {"by": "agnt"}, InvalidRequest, "agent_id"),
        (["b1"], {"timezone": "Mars/Base"}, InvalidRequest, "There is no time zone 'Mars/Base'"),
        (["b1"], {"every": "fortnight"}, InvalidRequest, "hour, day, week, month"),
    ],
)
def test_what_cannot_be_meant_is_told(
    lake: Lake, ids: list[str], options: dict[str, Any], error: type[Exception], words: str
) -> None:
    """Each wrong request names the value and what to give instead."""
    with pytest.raises(error, match=re.escape(words)):
        lake.report(*ids, **options)


def test_a_sentence_tells_no_phone_number(lake: Lake) -> None:
    """A filter on a number, or on words with one, is described without it; a batch's id stays whole."""
    wanted = {
        "any": [{"phone_number": NUMBER}, {"not": {"text": f'say "{NUMBER}"'}}],
        "batch_id": "20240101120000",
    }
    report = lake.report(filter=wanted).document
    for sentence in (report.analytics.selection, report.provenance.selection):
        assert NUMBER not in sentence
        assert "4155550134" not in sentence
        assert "+1 *** 34" in sentence
        assert "20240101120000" in sentence
    shown = lake.report(filter=wanted, show_numbers=True).document
    assert NUMBER in shown.analytics.selection


def test_it_is_of_one_state_of_the_lake(tmp_path: Path) -> None:
    """What comes later changes the next report and not that of the earlier state."""
    lake = batchlake.open(tmp_path / "lake")
    with pytest.raises(batchlake.LakeNotFound):
        lake.report()
    empty = {"batch": {"id": "b", "status": "queued", "calls": []}}
    first = lake.ingest(write_export(tmp_path, "1.json", empty, observed_at=1_704_200_000))
    with pytest.raises(AnalyticsUnavailable):
        lake.report("b")
    later = {"batch": {"id": "b", "status": "completed", "calls": [{"id": "c", "status": "completed"}]}}
    second = lake.ingest(write_export(tmp_path, "2.json", later, observed_at=1_704_200_001))
    before = lake.report("b")
    third = lake.ingest(
        write_export(tmp_path, "3.json", {"call": {"id": "d", "batch_id": "b", "status": "busy"}})
    )
    newest = lake.report("b").document
    assert newest.analytics.statistics.total_calls == 2
    assert newest.provenance.run_id == third.run_id != first.run_id
    again = lake.at(str(second.run_id)).report("b")
    assert again.document == before.document
    written = [tmp_path / name for name in ("before.md", "again.md")]
    before.write(written[0])
    again.write(written[1])
    assert written[0].read_bytes() == written[1].read_bytes()


def test_a_report_takes_the_place_of_another_when_it_is_whole(tmp_path: Path) -> None:
    """A disk that takes half of it leaves the report of yesterday as it was, and no other file."""
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path / "in", "1.json", {"call": {"id": "c", "status": "completed"}}))
    report = lake.report()
    file = tmp_path / "out" / "report.json"
    file.parent.mkdir()
    file.write_text("yesterday's", encoding="utf-8")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, limits[1]))
    try:
        with pytest.raises(InvalidRequest, match=r"File too large\. Name another file"):
            report.write(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_text(encoding="utf-8") == "yesterday's"
    assert list(file.parent.iterdir()) == [file]
    report.write(file)
    assert json.loads(file.read_text(encoding="utf-8"))


def test_many_batches_are_told_of_in_short(engine: Engine, tmp_path: Path) -> None:
    """Over more batches than a page lists: the newest, how many more, differences alone, and no histories."""
    batches = [
        {
            "id": f"b{number:03}",
            "status": "completed",
            "created_at": (NOON + timedelta(days=number)).isoformat(),
            "statistics": {"total_calls": 1 + number % 2, "completed": 1, "failed": 0},
            "calls": [{"id": f"c{number}", "status": "completed"}],
        }
        for number in range(120)
    ]
    text = "\n".join(json.dumps({"batch": one}) for one in batches)
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "all.ndjson", text))
    report = lake.report().document
    assert [one.batch_id for one in report.batches] == [f"b{number:03}" for number in range(119, 69, -1)]
    assert report.batches_left_out == 70
    assert report.progress == []
    assert report.audit is not None
    assert (report.audit.audited_batches, report.audit.differences) == (120, 60)
    assert len(report.audit.batches) + report.audits_left_out == 60
    assert all(not figure.agrees for one in report.audit.batches for figure in one.figures)
