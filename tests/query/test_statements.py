"""Text is cut into statements where DuckDB would, and no text brings the process down."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlake.errors import QueryError
from batchlake.query.statements import MAX_DEPTH, MAX_WORDS, check_size, is_complete, pointed, split
from batchlake.text.terminal import display_width
from tests.effort import some

TEXTS = [
    ("", []),
    (" ; ;; -- nothing\n/* at all */ ;", []),
    ("select 1", ["select 1"]),
    ("select 1;\n select 2 ;", ["select 1", "select 2"]),
    ("select ';' as \"a;b\"; select 2", ["select ';' as \"a;b\"", "select 2"]),
    ("select 'it''s; ' -- a; comment\n, 1; select 2", ["select 'it''s; ' -- a; comment\n, 1", "select 2"]),
    ("select $$a;b$$, $x$c;$$d$x$; select 2", ["select $$a;b$$, $x$c;$$d$x$", "select 2"]),
    (r"select E'it\'s;' ; select 2", [r"select E'it\'s;'", "select 2"]),
    ("select /* a; /* b; */ c; */ 1; select 2", ["select /* a; /* b; */ c; */ 1", "select 2"]),
    ("select (1;2)", ["select (1", "2)"]),
    ("select '\n", ["select '\n"]),
    ("select 1 /* open; end", ["select 1 /* open; end"]),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_statements_end_at_semicolons_that_are_no_text(text: str, expected: list[str]) -> None:
    """Semicolons inside texts, names and comments end nothing; each statement knows where it began."""
    found = split(text)
    assert [statement.text for statement in found] == expected
    assert all(text[one.start :].startswith(one.text) for one in found)


@given(
    st.lists(
        st.sampled_from(
            ["select 1", "select ';'", "select \"x;\" from t", "/* ; */", "-- ;\n", ";", " ", "select $$;$$",
             "select 'a''b'", "/* /* ; */ */", "values (1)", "from t", "select E'\\';'", "\n", "é", "😀"]
        ),
        max_size=8,
    )
)  # fmt: skip
def test_duckdb_counts_the_same_statements(parts: list[str]) -> None:
    """As many statements are found as DuckDB's own parser finds, where it can parse the text."""
    text = "".join(parts)
    with duckdb.connect() as connection:
        try:
            expected = len(connection.extract_statements(text))
        except duckdb.Error:
            return
    assert len(split(text)) == expected


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", True), ("  ", True), ("-- note", True), ("select 1", False), ("select 1;", True),
        ("select 1; -- done", True), ("select 1; select", False), ("select ';", False), ("/* ;", False),
        ("select 1; /* more", False), ("select $$ ;", False),
    ],
)  # fmt: skip
def test_a_text_is_complete_at_its_last_semicolon(text: str, complete: bool) -> None:
    """What is still open, or lacks its semicolon, is not done."""
    assert is_complete(text) is complete


@pytest.mark.parametrize(
    "text",
    some(
        [
            "select " + "(" * 100_000 + "1" + ")" * 100_000,
            "select " + "(" * 100_000,
            "select " + "[" * 100_000 + "]" * 100_000,
            "select " + "{'a': " * 100_000 + "1" + "}" * 100_000,
            "select * from " + "(select * from " * 100_000 + "(select 1)" + ")" * 100_000,
            "select 1" + " union all select 1" * 100_000,
            "select " + "@ " * 100_000 + "1",
            "select a" + ".a" * 100_000,
            "select " + "not " * 100_000 + "true",
        ],
        2,
    ),
    ids=lambda text: text[:24],
)
def test_what_duckdb_would_not_survive_is_refused(text: str) -> None:
    """100,000 brackets, unions or operators are an error with a position, and cost no process."""
    (statement,) = split(text)
    with pytest.raises(QueryError, match="may not survive") as caught:
        check_size(statement)
    assert caught.value.position is not None


@pytest.mark.parametrize(
    "text",
    some(
        [
            "select " + "(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH,
            "select " + "(" * MAX_DEPTH,
            "select 1" + " union all select 1" * (MAX_WORDS // 3 - 1),
            "select " + "@ " * (MAX_WORDS - 1) + "1",
            "select a" + ".a" * (MAX_WORDS // 10),
            "select 1 in (" + "1, " * 20_000 + "1)",
            "select " + "/*" * 2_000 + "*/" * 2_000 + " 1",
        ],
        2,
    ),
    ids=lambda text: text[:24],
)
def test_duckdb_survives_what_is_let_through(text: str) -> None:
    """At the limits, DuckDB answers or complains, in a process that stays alive."""
    (statement,) = split(text)
    check_size(statement)
    program = (
        "import sys, duckdb\n"
        "try: duckdb.connect().execute(sys.stdin.read()).fetchall()\n"
        "except duckdb.Error: pass\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=text.encode(), check=False, timeout=60)
    assert done.returncode == 0


def test_a_fault_is_pointed_at() -> None:
    """Line and column count from 1, the caret stands under the place, also behind wide characters."""
    assert pointed("select 1", 7) == "line 1, column 8:\n  select 1\n         ^"
    assert pointed("select\n '日本', x", 14) == "line 2, column 8:\n   '日本', x\n           ^"
    assert pointed("a\tb c", 4).splitlines()[1:] == ["  a\\tb c", "       ^"]
    shown = pointed("x" * 300 + "!" + "y" * 300, 300).splitlines()
    assert shown[0] == "line 1, column 301:"
    assert shown[1][shown[2].index("^")] == "!"
    assert len(shown[1]) < 80
    shown = pointed("日" * 100 + "!" + "本" * 100, 100).splitlines()
    assert display_width(shown[1]) < 80
    assert display_width(shown[1].partition("!")[0]) == shown[2].index("^")
