"""SQL that a person types: it answers, it stays inside, and its errors say where."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from batchlake.engine.engine import Engine
from batchlake.errors import InvalidRequest, QueryError, QueryTimeout
from batchlake.lake import Lake
from batchlake.query import views
from batchlake.query.result import Result
from batchlake.query.session import Session
from tests.effort import some
from tests.paths import ROOT
from tests.query.sql_lake import make_lake

SLOW = "select count(*) from range(100_000_000_000) t(i) where i % 7 = 3"


@pytest.fixture
def session(lake: Lake) -> Iterator[Session]:
    with lake.session() as session:
        yield session


def answers(session: Session, text: str, **params: Any) -> list[list[tuple[Any, ...]]]:
    return [list(rows) for rows in session.run(text, params)]


def test_statements_answer_in_order(session: Session) -> None:
    """Each query has its rows; what has no rows has no answer."""
    text = "select 1; create temp table mine as select 2 as x; -- a\n from mine; select count(*) from calls"
    assert answers(session, text) == [[(1,)], [(2,)], [(8,)]]


def test_the_first_error_stops_the_rest(session: Session) -> None:
    """What stands before the error has run, what stands behind it hasn't."""
    text = "select 1; select nope; create temp table late as select 1"
    found: list[Any] = []
    with pytest.raises(QueryError, match="nope"):
        found.extend(row for rows in session.run(text) for row in rows)
    assert found == [(1,)]
    with pytest.raises(QueryError, match="late"):
        answers(session, "from late")


def test_a_persons_own_things_live_in_the_session(lake: Lake, session: Session) -> None:
    """Temporary tables, views, macros, types and variables come and go, and others don't see them."""
    text = """
        create temp table a as select 1 as x; create or replace temp view b as select x + 1 as x from a;
        create temporary macro plus(x) as x + 10; create temp macro m() as table select 5 as x;
        create temp type mood as enum ('good', 'bad'); set variable v = 7;
        select plus((select x from b)), (select x from m()), 'good'::mood, getvariable('v');
        drop view b; drop table if exists a; drop macro plus; drop macro table m; reset variable v
    """
    assert answers(session, text) == [[(12, 5, "good", 7)]]
    answers(session, "create temp table a as select 1")
    with lake.session() as other, pytest.raises(QueryError, match=r"Table with name a does not exist"):
        answers(other, "from a")


@pytest.mark.parametrize(
    "text",
    [
        "pivot calls on outcome using count(*) group by batch_id",
        "unpivot (select 1 as a, 2 as b) on a, b",
        "describe calls", "summarize calls", "show tables", "show all tables", "table calls", "values (1)",
        "explain select 1", "explain analyze select 1", "explain (format json) select 1",
        "explain (select 1)", "explain analyze (from calls)", "with a as (select 1) from a", "(select 1)",
        "from calls select call_id", "select * from query('select 1')", "select * from query_table('calls')",
        "select '{\"a\": 1}'::json->'a'", "select unnest([1, 2])", "select * from duckdb_settings()",
    ],
)  # fmt: skip
def test_whatever_reads_is_let_through(session: Session, text: str) -> None:
    """Every form of query that DuckDB has answers."""
    (rows,) = answers(session, text)
    assert rows


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("selec 1", "selec", "syntax error"),
        ("select 1;\n select 'é 😀', nope from calls", "nope", "nope"),
        ("select 1; select call_id from nowhere", "nowhere", "nowhere"),
        ("select 1, 'x'::int", "::int", "Could not convert"),
        ("-- note\n\tcopy calls to 'x'", "copy", "`copy` is refused"),
        ("select 1; explain analyze insert into calls from calls", "insert", "`insert` is refused"),
        ("select (1", None, "syntax error"),
        ("explain (", "explain", "syntax error"),
    ],
)
def test_errors_say_where(session: Session, text: str, place: str | None, says: str) -> None:
    """The position counts characters of the whole text, and the message shows the line with a caret below."""
    with pytest.raises(QueryError) as caught:
        answers(session, text)
    assert says in caught.value.message
    position = text.index(place) if place else len(text)
    assert caught.value.position in (position, position - 1)
    assert caught.value.message.splitlines()[-1].strip() == "^"


def test_parameters_are_bound_by_name(session: Session) -> None:
    """Each statement gets the parameters that it names; one that nobody names is an error."""
    assert answers(session, "select $a; select $b, $a, $a", a="x'y", b=2) == [[("x'y",)], [(2, "x'y", "x'y")]]
    with pytest.raises(QueryError, match=r"no statement has a parameter \$c"):
        answers(session, "select $a", a=1, c=2)
    with pytest.raises(QueryError, match="a"):
        answers(session, "select $a")


def test_a_value_without_its_parameter_is_refused(lake: Lake) -> None:
    """Also by `lake.sql`: a name that is misspelled would else be ignored in silence."""
    assert lake.sql("select $a as a", {"a": 7}).to_dicts() == [{"a": 7}]
    with pytest.raises(QueryError, match=r"no statement has a parameter \$aa"):
        lake.sql("select count(*) from calls", {"aa": 7})


def test_the_selection_is_what_the_views_show(lake: Lake) -> None:
    """`selected_calls` and `selected_segments` follow the filter, which can be changed."""
    counts = "select count(*) from selected_calls; select count(*) from selected_segments"
    wanted = {"agent_id": "ann", "not": {"status": "no_answer"}}
    with lake.session(wanted) as session:
        assert answers(session, counts) == [[(1,)], [(4,)]]
    with lake.session() as session:
        assert answers(session, counts) == [[(8,)], [(5,)]]
    assert lake.sql("select count(*) as n from selected_calls", filter={"batch_id": "b'3\""}).to_dicts() == [
        {"n": 2}
    ]


def test_a_slow_query_ends_at_its_limit(lake: Lake) -> None:
    """The time limit stops a query within the text that it is given for, and the session goes on."""
    with lake.session(timeout_seconds=0.3) as session:
        began = time.monotonic()
        with pytest.raises(QueryTimeout) as caught:
            answers(session, f"select 1; {SLOW}")
        assert time.monotonic() - began < 5
        assert caught.value.seconds == 0.3
        assert answers(session, "select 1") == [[(1,)]]


def test_a_slow_answer_ends_at_its_limit_too(lake: Lake) -> None:
    """Rows that never end are stopped while they are read."""
    with lake.session(timeout_seconds=0.3) as session:
        (rows,) = session.run("select i from range(100_000_000_000) t(i)")
        with pytest.raises(QueryTimeout):
            for _ in rows:
                pass


def test_another_thread_can_interrupt(session: Session) -> None:
    """An interrupt ends the query with an error, and the session goes on."""
    threading.Timer(0.3, session.interrupt).start()
    with pytest.raises(QueryError, match="Interrupted"):
        answers(session, SLOW)
    assert answers(session, "select 1") == [[(1,)]]


def test_memory_is_limited(tmp_path: Path) -> None:
    """A query beyond the memory limit is an error that says what to do, and threads are limited too."""
    small = Lake(make_lake(tmp_path).root, memory_limit="50MB", threads=1)
    with small.session() as session, pytest.raises(QueryError, match="--memory"):
        answers(session, "select list(i) from range(50_000_000) t(i)")
    assert answers(small.session(), "select current_setting('threads')") == [[(1,)]]


def test_python_gets_one_query(lake: Lake) -> None:
    """`lake.sql` answers exactly one query, and says at once what is wrong with it."""
    with pytest.raises(QueryError, match="expected one query, not 2"):
        lake.sql("select 1; select 2")
    with pytest.raises(QueryError, match="expected a query"):
        lake.sql("create temp table a as select 1")
    with pytest.raises(QueryError, match="not 0 statements"):
        lake.sql(" -- nothing")
    with pytest.raises(QueryError) as caught:
        lake.sql("select nope from calls")
    assert caught.value.position == 7
    assert lake.sql("select $n + 1 as n", {"n": 1}).to_dicts() == [{"n": 2}]


def test_comments_are_in_the_catalogue(session: Session) -> None:
    """Every table, view and column has its comment in DuckDB's catalogue and in `information_schema`."""
    without = "select count(*) from {} where comment is null and not internal"
    assert answers(session, without.format("duckdb_columns()")) == [[(0,)]]
    assert answers(session, without.format("duckdb_views()")) == [[(0,)]]
    assert answers(
        session,
        "select COLUMN_COMMENT from information_schema.columns "
        "where table_name = 'selected_calls' and column_name = 'duration_seconds'",
    ) == [[("Length of the call in seconds",)]]


def test_the_raw_connection_has_everything(tmp_path: Path) -> None:
    """`lake.connect` hands out a DuckDB with all views, which forbids nothing and stays as it is."""
    lake = make_lake(tmp_path)
    count = "select count(*) from calls"
    with lake.connect() as connection:
        for relation in views.relations():
            found = connection.execute(f"select count(*) from {relation.name}").fetchone()
            assert found == tuple(*lake.sql(f"select count(*) from {relation.name}").rows())
        without = "select count(*) from duckdb_columns() where comment is null and not internal"
        assert connection.execute(without).fetchone() == (0,)
        connection.execute(f"copy (select 1 as a) to '{tmp_path / 'out.csv'}'")
        (tmp_path / "more.json").write_text('{"call": {"id": "new"}}', encoding="utf-8")
        lake.ingest(tmp_path / "more.json")
        assert connection.execute(count).fetchone() == (8,)
        with ThreadPoolExecutor(4) as threads:
            counts = threads.map(lambda _: connection.cursor().execute(count).fetchone(), range(8))
            assert list(counts) == [(8,)] * 8
        with pytest.raises(duckdb.BinderException, match="nope"):
            connection.execute("select nope from calls")
    with pytest.raises(duckdb.ConnectionException):
        connection.execute(count)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "a\n1\n"
    with lake.connect() as connection:
        assert connection.execute(count).fetchone() == (9,)


@pytest.mark.parametrize("row_format", some(["table", "json", "ndjson", "csv", "markdown"], 2))
def test_a_small_question_starts_fast(lake: Lake, row_format: str) -> None:
    """`batchlake sql -c` imports no slow library for rows as text."""
    program = (
        "import sys\n"
        "from batchlake.cli.main import cli\n"
        "cli.main(sys.argv[1:], standalone_mode=False)\n"
        "slow = 'asyncio filelock httpx2 msgspec numpy pandas polars prompt_toolkit pyarrow pydantic '\n"
        "slow += 'pygments sqlglot watchfiles xlsxwriter zstandard'\n"
        "sys.exit(' '.join(set(slow.split()) & set(sys.modules)) or 0)\n"
    )
    arguments = ["sql", "-c", "select 1", "--format", row_format, "--lake", str(lake.root)]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == ("", 0)
    assert "1" in done.stdout


@pytest.mark.parametrize("params", [[1], (), "a", 5, 0, [("a", 1)], {1: 2}, {"a": 1, None: 2}, {"a"}, b""])
def test_parameters_are_values_by_name(lake: Lake, params: Any) -> None:
    """Anything else is refused before the query is looked at, wherever parameters are taken."""
    session = lake.session()
    for ask in (
        lambda: lake.sql("select $a", params),
        lambda: session.query("select $a", params),
        lambda: list(session.run("select $a", params)),
        lambda: Result(Engine(), "select $a", params),
    ):
        with pytest.raises(InvalidRequest, match="parameters are values by name, not"):
            ask()


@pytest.mark.parametrize("text", [None, 5, b"select 1", ["select 1"]])
def test_sql_is_text(lake: Lake, text: Any) -> None:
    """Anything else is refused with a sentence."""
    session = lake.session()
    for ask in (lambda: lake.sql(text), lambda: session.query(text), lambda: list(session.run(text))):
        with pytest.raises(InvalidRequest, match="SQL is text, not"):
            ask()


def test_half_a_character_is_pointed_at(lake: Lake) -> None:
    """A lone surrogate, as of an argument that is not UTF-8, is told with its place and can be printed."""
    with pytest.raises(QueryError) as raised:
        lake.sql("select 1,\n '\udcff'")
    assert raised.value.position == 12
    assert "line 2, column 3:\n   '\\udcff'\n    ^" in str(raised.value)


def test_problems_are_chosen_by_any_name(lake: Lake) -> None:
    """What names nothing chooses nothing; a path is its text, and a number is no name."""
    for given in ({"run": "-1"}, {"code": "5"}, {"file": Path("nowhere.json")}):
        assert lake.problems(**given).to_dicts() == []
    for name in ("run", "code", "file"):
        with pytest.raises(InvalidRequest, match=f"`{name}`"):
            lake.problems(**{name: 5})


def test_rows_that_another_statement_ended_are_told(lake: Lake) -> None:
    """DuckDB hands out no more, and says nothing: a loop within a loop lost all but the first 2,048."""
    with lake.session() as session:
        first = iter(next(session.run("from range(5000)")))
        assert next(first) == (0,)
        assert list(next(session.run("select 42"))) == [(42,)]
        with pytest.raises(QueryError, match="another statement of this session ran before all rows"):
            list(first)
        few = iter(next(session.run("from range(3)")))
        assert [next(few), list(next(session.run("select 42"))), *few][-1] == (2,)
