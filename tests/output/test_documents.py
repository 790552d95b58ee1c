"""Documents are strict JSON, or something to read in which no value is lost."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batchlake.analytics.definitions import definitions
from batchlake.errors import InvalidRequest
from batchlake.models.values import Money, Time
from batchlake.output.documents import write_document
from tests.query.sql_lake import make_lake


class Part(BaseModel):
    name: str
    share: float | None


class Whole(BaseModel):
    total_cost: Money
    at: Time
    note: str | None
    tags: list[str]
    best: Part
    none: list[Part]
    parts: list[Part]


WHOLE = Whole(
    total_cost=Decimal("1234.500000"),
    at=datetime(2024, 1, 1, 12, tzinfo=UTC),
    note=None,
    tags=["a", "b"],
    best=Part(name="é 😀\nx", share=0.5),
    none=[],
    parts=[Part(name="one", share=float("nan")), Part(name="two", share=1.0)],
)


def written(document: Any, document_format: str, **how: Any) -> str:
    file = io.BytesIO()
    assert write_document(document, document_format, file, **how) == ""
    return file.getvalue().decode()


def test_json_is_strict() -> None:
    """Money is text, times have their Z, NaN is null, letters stay as they are."""
    text = written(WHOLE, "json")
    found = json.loads(text, parse_constant=pytest.fail)
    assert found["total_cost"] == "1234.50"
    assert found["at"] == "2024-01-01T12:00:00Z"
    assert found["parts"] == [{"name": "one", "share": None}, {"name": "two", "share": 1.0}]
    assert "é 😀" in text
    assert text.endswith("}\n")


def test_plain_values_and_sequences_are_documents_too() -> None:
    """A mapping, and a tuple of models, are written like a model."""
    assert json.loads(written({"a": Decimal("1.10"), "b": (1, float("inf"))}, "json")) == {
        "a": "1.10",
        "b": [1, None],
    }
    assert json.loads(written((WHOLE.best, WHOLE.best), "json"))[1] == {"name": "é 😀\nx", "share": 0.5}


def test_a_document_reads_as_names_and_tables() -> None:
    """Values stand next to their names, objects are indented, lists of objects are tables."""
    assert written(WHOLE, "table") == (
        "total_cost  1234.50\n"
        "at          2024-01-01T12:00:00Z\n"
        "note        NULL\n"
        "tags        a, b\n"
        "best\n"
        "  name   é 😀\\nx\n"
        "  share  0.5\n"
        "none        none\n"
        "parts\n"
        "  name  share\n"
        "  ────  ─────\n"
        "  one    NULL\n"
        "  two     1.0\n"
    )


def test_objects_of_one_kind_are_a_table_by_name() -> None:
    """Several objects with the same values stand below each other, each with its name."""
    rates = {"first": {"rate": 0.5, "of": 2}, "second": {"rate": None, "of": 0}}
    assert written({"rates": rates}, "table") == (
        "rates\n          rate  of\n  ──────  ────  ──\n  first    0.5   2\n  second  NULL   0\n"
    )


def test_objects_that_hold_tables_stand_one_below_the_other() -> None:
    """No cell could show the figures of a batch."""
    batches = [
        {"id": "b1", "figures": [{"name": "calls", "unit": "calls", "agrees": True}]},
        {"id": "b2", "figures": []},
    ]
    assert written({"batches": batches}, "table").splitlines() == [
        "batches",
        "  id  b1",
        "  figures",
        "    name   unit   agrees",
        "    ─────  ─────  ──────",
        "    calls  calls  true",
        "",
        "  id       b2",
        "  figures  none",
    ]


def test_nested_objects_are_columns_of_a_table() -> None:
    """Objects in a list's objects are columns named by their path; what one of them lacks is NULL."""
    rows = [{"a": {"b": 1, "c": {"d": 2}}}, {"e": [1, 2]}]
    assert written(rows, "table").splitlines()[0].split() == ["a.b", "a.c.d", "e"]
    assert written(rows, "table").splitlines()[3].split() == ["NULL", "NULL", "[1,2]"]


def test_what_a_terminal_has_no_room_for_is_said() -> None:
    """Columns left out of a list's table are counted in the note."""
    rows = [{f"column_{number}": "x" * 20 for number in range(10)}]
    note = write_document({"rows": rows}, "table", io.BytesIO(), width=60)
    assert note.startswith("2 of 10 columns fit")


def test_every_answer_can_be_read(tmp_path: Path) -> None:
    """The documents of all verbs print in both forms."""
    lake = make_lake(tmp_path)
    documents: list[Any] = [
        lake.batch("b1", include_analytics=True, include_transcripts=True),
        lake.call("c1"),
        lake.analytics(by="agent_id"),
        lake.audit(),
        lake.progress("b1"),
        definitions(),
    ]
    for document in documents:
        json.loads(written(document, "json"), parse_constant=pytest.fail)
        file = io.BytesIO()
        write_document(document, "table", file)
        assert len(file.getvalue().splitlines()) > 5


def test_an_unknown_format_is_refused() -> None:
    """The message lists the formats there are."""
    with pytest.raises(InvalidRequest, match="json, table"):
        written({}, "csv")
