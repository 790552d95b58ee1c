"""The page as it is written: its numbers are those of the lake's answers, and it is sound and small."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batchlake.engine import sql_files
from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest
from batchlake.lake import Lake
from batchlake.reports.build import ReportOptions, build
from batchlake.reports.contents.subject import subject_of
from batchlake.reports.page.html import html
from batchlake.store.ledger import Version
from tests.analytics.tables import batch, fill
from tests.effort import EVERYTHING, at_length
from tests.reports.page.reading import Page, shown

BATCH = "batch_xyz789"


@pytest.fixture(scope="module")
def page(sample: Lake) -> Page:
    return Page(html(sample.report(BATCH, compare="batch_mixed", include_transcripts=True).document))


def exact(value: Any) -> str:
    """A number as the page holds it: money with two decimals or more, the others as Python writes them."""
    if isinstance(value, Decimal):
        whole, _, decimals = f"{value:f}".partition(".")
        return f"{whole}.{decimals.rstrip('0'):0<2}"
    return repr(value)


def numbers_in(document: Any) -> Iterator[str]:
    """Every number of a document."""
    if isinstance(document, BaseModel):
        document = document.model_dump()
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        for inner in document:
            yield from numbers_in(inner)
    elif isinstance(document, int | float | Decimal) and not isinstance(document, bool):
        yield exact(document)


def test_each_figure_stands_in_its_place(sample: Lake, page: Page) -> None:
    """Row by row, a table shows the analytics document's figure, with its denominator and who lacks it."""
    of = sample.analytics({"batch_id": BATCH})
    cost = of.cost.currencies[0]
    durations = page.table("Durations of the calls with a known one")
    costs = page.table("Costs, currency not named")
    sentiment = page.table("Sentiment")
    took_part = page.table("How people took part")
    success = page.table("Success, by three readings of the word")
    outcomes = page.table("Calls by outcome and status")
    wanted: list[tuple[dict[str, list[Any]], str, tuple[Any, ...]]] = [
        (durations, "Mean duration", (of.duration.mean, of.duration.calls, of.duration.missing)),
        (durations, "Median duration", (of.duration.median, of.duration.calls, of.duration.missing)),
        (
            durations,
            "95th percentile of durations",
            (of.duration.p95, of.duration.calls, of.duration.missing),
        ),
        (durations, "Longest", (of.duration.max, of.duration.calls, of.duration.missing)),
        (
            durations,
            "Mean duration of completed calls",
            (of.duration.mean_of_completed, of.duration.completed_calls),
        ),
        (costs, "Total cost", (cost.total, cost.calls)),
        (costs, "95th percentile of costs", (cost.p95, cost.calls)),
        (costs, "Cost per completed call", (cost.per_completed_call, cost.completed_calls)),
        (costs, "Cost per minute", (cost.per_minute, cost.timed_minutes)),
        (sentiment, "Mean negative score", (of.average_sentiment.negative, 17, 7)),
        (sentiment, "Mainly positive", (of.average_sentiment.mainly.positive.rate, 11, 17, 7)),
        (took_part, "Mean engagement score", (of.engagement.score.mean, 17, 7)),
        (took_part, "Talk by the agent", (of.engagement.talk_ratio_ai.mean, 17, 7)),
        (took_part, "Mean response time", (of.engagement.response_time.mean, 17, 7)),
        (took_part, "Turns a call", (of.engagement.turns.mean, 17, 7)),
        (success, "Success rate", (of.success_rate, 17, 24, 0)),
        (success, "Success flag true of known", (0, 0, 24)),
        (outcomes, "Calls", (24,)),
        (outcomes, "Failed", (of.statistics.failed,)),
        (outcomes, "Status no answer", (of.statistics.by_status["no_answer"],)),
    ]
    for table, row, values in wanted:
        assert [number.value for number in table[row]] == [exact(value) for value in values], row
    for response in of.common_responses:
        row = page.table("Most common responses")[response.text]
        assert [number.value for number in row] == [
            exact(value) for value in (response.count, response.calls, response.share)
        ]


def test_every_number_is_one_of_the_lakes_answers(sample: Lake, page: Page) -> None:
    """No number on the page but those of the analytics, audit, progress and batches, of bins and of calls."""
    report = sample.report(BATCH, compare="batch_mixed").document
    assert report.comparison is not None
    answers: list[Any] = [
        sample.analytics({"batch_id": BATCH}, every="hour"),
        sample.analytics({"batch_id": "batch_mixed"}),
        sample.audit(BATCH),
        sample.progress(BATCH),
        [{key: row[key] for key in row if key != "source"} for row in sample.batches().to_dicts()],
        sample.calls({"batch_id": BATCH}).to_dicts(),
        [one.difference for one in report.comparison.differences],
        [report.durations, report.costs, report.standing_out, report.provenance],
        [len(one.calls) for one in report.standing_out],
    ]
    known = {number for answer in answers for number in numbers_in(answer)}
    assert len(page.numbers) > 300
    for number in page.numbers:
        assert number.value in known, number


def test_what_is_shown_is_the_number_rounded(page: Page) -> None:
    """Each exact number is also given in words, off by no more than the decimals shown allow."""
    for number in page.numbers:
        said, rounding = shown(number.text)
        assert abs(said - Decimal(number.value)) <= rounding * Decimal("1.0001"), number


def test_it_is_one_sound_file_that_fetches_nothing(page: Page, sample: Lake, hostile: Lake) -> None:
    """No script, no style but its own, nothing from elsewhere; headings in order, captions, unique ids."""
    for one in (
        page,
        Page(html(sample.report(by="batch_id").document)),
        Page(html(hostile.report().document)),
    ):
        tags = {tag for tag, _ in one.elements}
        assert not tags & {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "form",
            "base",
            "foreignobject",
        }
        for tag, attributes in one.elements:
            assert not {name for name in attributes if name.startswith("on") or name == "style"}, tag
            assert "src" not in attributes
            assert attributes.get("href", "#") is not None
            assert str(attributes.get("href", "#")).startswith("#")
        digest = base64.b64encode(hashlib.sha256(one.style.encode()).digest()).decode()
        policy = next(
            meta["content"] for meta in one.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"
        )
        assert policy is not None
        assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:")
        assert "url(" not in one.style
        assert "@import" not in one.style
        levels = [int(tag[1]) for tag, _ in one.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert len(one.all("caption")) == len(one.all("table")) > 5
        assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in one.all("svg"))
        ids = [attributes["id"] for _, attributes in one.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        anchors = {f"#{one}" for one in ids}
        assert {link["href"] for link in one.all("a")} <= anchors


def test_every_column_of_a_table_has_a_head(page: Page, sample: Lake) -> None:
    """Rows of a table have as many cells as its head."""
    for one in (page, Page(html(sample.report(by=("agent_id", "outcome")).document))):
        width = cells = 0
        for tag, attributes in [*one.elements, ("tr", {})]:
            if tag == "tr":
                assert cells in (0, width)
                cells = 0
            if tag in ("th", "td"):
                cells += 1
            if tag == "th" and attributes.get("scope") == "col":
                width = cells


def test_numbers_and_transcripts_only_where_asked_for(sample: Lake, page: Page) -> None:
    """Phone numbers are masked and nobody's words are quoted, unless the report is asked to."""
    number = sample.call("call_abc123").call.to_number
    assert number is not None
    said = "this is Ava from Northwind"
    assert number not in page.text
    assert said in page.text
    plain = Page(html(sample.report(BATCH, show_numbers=True).document)).text
    assert number in plain
    assert said not in plain


@at_length
def test_the_same_state_gives_the_same_bytes(sample: Lake, tmp_path: Path) -> None:
    """In another process, with another order of hashes and another time zone, each format is the same."""
    script = (
        "import sys, batchlake; report = batchlake.open(sys.argv[1]).report(by='agent_id')\n"
        "for suffix in sys.argv[3:]: report.write(f'{sys.argv[2]}/report.{suffix}')"
    )
    # Half of the time goes into the PDF, which is the same page.
    suffixes = ["html", "xlsx", "csv", "json", "md", *(["pdf"] if EVERYTHING else [])]
    made = []
    for number, zone in enumerate(("Asia/Tokyo", "America/Lima")):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "TZ": zone}
        words = [sys.executable, "-c", script, sample.root, folder, *suffixes]
        subprocess.run(words, check=True, env=environment)
        made.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert len(made[0]) == len(suffixes)
    for name, content in made[0].items():
        assert content == made[1][name], name


def test_many_calls_make_a_small_page() -> None:
    """10,000, or 100,000, with groups, a comparison, a long history and every day of years: under 300 KB."""
    calls = 100_000 if EVERYTHING else 10_000
    engine = fill(
        Engine(),
        batches=[batch("b1", created_at=datetime(2024, 1, 2, tzinfo=UTC)),
                 batch("b0", created_at=datetime(2024, 1, 1, tzinfo=UTC))],
    )  # fmt: skip
    engine.run(
        "insert into calls by name select 'svalync' as source, 'c' || i as call_id,"
        " if(i % 50 = 0, 'b0', 'b1') as batch_id, if(i % 7 = 0, 'no_answer', 'completed') as status,"
        " if(i % 7 = 0, 'failed', 'completed') as outcome, (i * 37) % 997 as duration_seconds,"
        " ((i * 31) % 1013) / 1000 as cost, 'EUR' as currency, repeat('agent ', 30) || i % 41 as agent_id,"
        " repeat('long ', 50) || i as summary, repeat('label ', 20) || i % 300 as sentiment_label,"
        " timestamptz '2021-01-01 00:00Z' + to_minutes((i * $step % 1_200_000)::bigint) as call_time,"
        " call_time as observed_at, 1.0 as sentiment_negative, 0.5 as engagement from range($calls) as n (i)",
        {"calls": calls, "step": 1_700_000 // calls},
    )
    engine.run(
        "insert into snapshots by name select 'svalync' as source, 'b1' as batch_id, 'e' || i as export_id,"
        " 1 as record, timestamptz '2024-01-02 00:00Z' + to_minutes(i::bigint) as observed_at,"
        " 2000 as reported_total_calls, i as reported_completed, 0 as reported_failed"
        " from range(2000) as n (i)"
    )
    engine.run(
        "insert into segments by name select source, call_id, batch_id, 1 as position, 'human' as speaker,"
        " repeat('so many words ', 40) || call_id as text, text as text_key from calls"
        " limit 2000"
    )
    engine.run(f"create view batch_overview as {sql_files.load('views/batch_overview').text}")
    version = Version("run", datetime(2024, 6, 1, tzinfo=UTC), {})
    options = ReportOptions(by="agent_id", compare="previous", every="day", include_transcripts=True)
    report = build(engine, "lake", version, subject_of(engine, ["b1"], None), options)
    assert report.analytics.statistics.total_calls == calls * 49 // 50
    assert len(report.analytics.timeline.moments) > 800
    written = html(report).encode()
    assert len(written) < 300_000
    assert len(Page(written.decode()).all("svg")) >= 8


def test_every_definition_is_the_right_one(page: Page) -> None:
    """A headline and a table say what the metric means in the file that computes the figure."""
    for words in (
        "Calls whose outcome is completed.",
        "Share of all calls that were completed.",
        "Mean of the known durations.",
        "Sum of their costs, exact, from which credits are taken off.",
        "95 % of the costs are at most this, interpolated linearly and rounded so.",
        "Mean engagement score.",
    ):
        assert words in page.text
    assert "completed by then" not in page.text


def test_an_empty_batch_and_a_call_without_anything(sample: Lake) -> None:
    """A batch without calls has a page that says so; figures of nothing are no data, not 0."""
    page = Page(html(sample.report("batch_empty").document))
    assert [number.value for number in page.table("Calls by outcome and status")["Calls"]] == ["0"]
    assert "no data" in page.text
    assert "0.0" not in page.text


def test_without_the_extra_the_message_says_what_to_install(
    sample: Lake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the drawing or laying-out libraries are missing, the error names the command; no file is made."""
    report = sample.report("batch_spring")
    for module, extra, suffix in (
        ("vl_convert", "report", "html"),
        ("jinja2", "report", "html"),
        ("weasyprint", "pdf", "pdf"),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            with pytest.raises(InvalidRequest, match=re.escape(f"pip install 'batchlake[{extra}]'")):
                report.write(tmp_path / f"report.{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_without_any_extra_only_pages_are_missed(sample: Lake, tmp_path: Path) -> None:
    """Without extras a page is refused with the command to install; the other formats are made."""
    script = (
        "import sys\n"
        "for name in ('jinja2', 'markupsafe', 'vl_convert', 'weasyprint'): sys.modules[name] = None\n"
        "import batchlake\n"
        "report = batchlake.open(sys.argv[1]).report()\n"
        "for suffix in ('xlsx', 'csv', 'json', 'md', 'html'): report.write(f'{sys.argv[2]}/report.{suffix}')"
    )
    command = [sys.executable, "-c", script, str(sample.root), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (
        "InvalidRequest: pages of reports need the extra `report`; install it with: "
        "pip install 'batchlake[report]'"
    )
    assert said in done.stderr
    assert len(list(tmp_path.iterdir())) == 4
