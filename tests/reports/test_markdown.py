"""A report's Markdown is headings and tables of text, with the figures of its analytics document."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from batchlake.lake import Lake
from batchlake.reports.figures.figure import figures
from batchlake.reports.markdown_report import escaped, write
from batchlake.reports.model import Report
from batchlake.reports.wording import amount_text, over_text
from batchlake.text.escaping import harmless
from tests.reports.reports import HOSTILE, report_of

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
INERT = {"text", "text_special", "softbreak", "hardbreak"}
BLOCKS = re.compile(
    r"(heading|paragraph|bullet_list|list_item|table|thead|tbody|tr|th|td)_(open|close)|inline"
)


def written(report: Report) -> str:
    file = io.BytesIO()
    write(report, file)
    return file.getvalue().decode()


def tables(text: str) -> dict[str, list[list[str]]]:
    """The rows of each section's table, as a reader of Markdown sees their cells, heads among them."""
    found: dict[str, list[list[str]]] = {}
    before: Token | None = None
    section = ""
    for token in READER.parse(text):
        if token.type == "inline" and before is not None:
            content = "".join(child.content for child in token.children or ())
            if before.type == "heading_open":
                section = content
            elif before.type in ("th_open", "td_open"):
                found[section][-1].append(content)
        elif token.type == "tr_open":
            found.setdefault(section, []).append([])
        before = token
    return found


def check_inert(text: str) -> None:
    """The document holds blocks of text and nothing else."""
    for token in READER.parse(text):
        assert BLOCKS.fullmatch(token.type), token
        for child in token.children or ():
            assert child.type in INERT, child
    # GitHub makes links of these although Markdown doesn't.
    assert not re.search(r"https?://|www\.|\w@\w", text)


def test_every_figure_is_in_its_table(lake: Lake) -> None:
    """Of its section, in words, with what it is over and the calls that lack it."""
    document = lake.analytics()
    text = written(report_of(lake, every="day"))
    check_inert(text)
    found = tables(text)
    for figure in figures(document):
        head, *rows = found[figure.section]
        (row,) = [dict(zip(head, row, strict=True)) for row in rows if row[0] == figure.title]
        # Sums to the cent, prices to 4 decimals.
        decimals = 2 if figure.title == "Total cost" else 4
        assert row["Value"] == amount_text(figure.value, figure.unit, figure.currency, decimals)
        over = None if figure.denominator is None else over_text(figure.numerator, figure.denominator)
        assert row.get("Of", "") == (over or "")
        assert row.get("Calls without", "") == ("" if figure.missing is None else str(figure.missing))
    assert found["Common responses"][1:] == [
        [one.text, str(one.count), str(one.calls), f"{one.share:.1%}".replace("%", "\u202f%")]
        for one in document.common_responses
    ]
    moments = found["Calls by day"]
    assert [row[:2] for row in moments[1:]] == [
        [f"{moment.start:%-d %b %Y}", str(moment.total_calls)] for moment in document.timeline.moments
    ]


def test_what_was_asked_for_has_its_section(lake: Lake) -> None:
    """A comparison with its sentences, groups, transcripts, the audit; and what it was made from."""
    report = report_of(lake, "b1", by=("agent_id",), compare="b'3\"", include_transcripts=True)
    text = written(report)
    check_inert(text)
    found = tables(text)
    assert report.comparison is not None
    assert [row[-1] for row in found["Comparison"][1:]] == [
        one.sentence for one in report.comparison.differences
    ]
    assert {row[0] for row in found["By agent_id"][1:]} == {"ann", "not known"}
    assert ["human", "no data", "Yes, “please” | it's me 😀"] in found["Transcript of c1"]
    assert len(found["Audit of b1"]) > 4
    assert report.provenance.run_id in text
    assert "Comparison" not in tables(written(report_of(lake)))


def test_hostile_text_is_text(hostile: Lake) -> None:
    """No markup, no link, no HTML; every table's rows are as wide as its head; numbers are masked."""
    report = report_of(hostile, by=("agent_name",), include_transcripts=True)
    text = written(report)
    check_inert(text)
    assert len(text) < 1_000_000
    assert not set(text) & set("\x1b\u202e\u2028\r\t")
    assert "555" not in text
    found = tables(text)
    for rows in found.values():
        assert {len(row) for row in rows} == {len(rows[0])}
    said = {row[0] for row in found["Common responses"][1:]}
    assert said <= {" ".join(harmless(one).split()) for one in HOSTILE} | {"my number is *** 34, call *** 34"}


def test_no_calls_are_a_report_too(lake: Lake) -> None:
    """Zero counts, no data, and it says what isn't held."""
    text = written(report_of(lake, filter={"call_id": "none"}))
    check_inert(text)
    assert ["Calls", "0", "total_calls"] in tables(text)["Calls"]
    assert "No response is held" in text
    assert "No call has a time." in text


markup = st.text(st.sampled_from("\\|`*_~<>[]()!#&;:/.@$ab1 -+=\"'é"), max_size=40)


@pytest.mark.parametrize("place", ["| {} | x |", "## {}", "Selection: {}"])
@given(value=markup)
def test_escaped_text_reads_as_itself(place: str, value: str) -> None:
    """In a cell, a heading and a line: the reader of Markdown sees the text and nothing else."""
    line = place.format(escaped(value))
    document = f"| a | b |\n|---|---|\n{line}\n" if "|" in place else f"{line}\n"
    cells: list[Any] = [token for token in READER.parse(document) if token.type == "inline"]
    cell = cells[2] if "|" in place else cells[0]
    assert {child.type for child in cell.children} <= INERT
    seen = "".join(child.content for child in cell.children)
    assert seen.removeprefix("Selection:").strip() == value.strip()
