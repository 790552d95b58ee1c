"""The views show what their headers say, here and in any other DuckDB."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from batchlake.engine import sql_files
from batchlake.lake import Lake
from batchlake.query import views
from tests.query.sql_lake import make_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return make_lake(tmp_path_factory.mktemp("it's a lake"))


def test_headers_tell_of_every_column(lake: Lake) -> None:
    """A relation's comments are of exactly its columns, in their order."""
    assert sql_files.names("views")
    for relation in views.relations():
        found = lake.sql(f"select * from {relation.name} limit 0").columns
        assert found == list(relation.columns), relation.name
        assert relation.comment


def test_headers_name_what_is_read() -> None:
    """The declared inputs are the tables that the query reads."""
    with duckdb.connect() as connection:
        for name in sql_files.names("views"):
            file = sql_files.load(name)
            assert connection.get_table_names(file.text) == set(file.inputs), name


def test_batches_are_counted_as_by_hand(lake: Lake) -> None:
    """Held calls by outcome, progress as reported where more is reported than held, cost in one currency."""
    columns = (
        "batch_id, status, total, done, progress, held_calls, completed, failed, in_progress, unknown, "
        "reported_total_calls, total_cost, currency, currencies, average_duration_seconds, counted"
    )
    rows = [tuple(row.values()) for row in lake.sql(f"select {columns} from batch_overview order by all")]
    assert rows == [
        ("b'3\"", "completed", 2, 2, 1.0, 2, 1, 1, 0, 0, None, None, None, ["EUR", "USD"], 60.0, "held"),
        ("b1", "in_progress", 10, 7, 0.7, 4, 1, 1, 1, 1, 10, Decimal("1.5"), None, [None], 30.25, "reported"),
        ("b2", "queued", 0, 0, None, 0, 0, 0, 0, 0, None, None, None, None, None, "held"),
        ("b4", None, 1, 1, 1.0, 1, 0, 1, 0, 0, None, None, None, None, None, "held"),
    ]


def test_a_question_makes_the_view_that_it_reads(lake: Lake) -> None:
    """Each of the others takes as long to plan as most questions; SQL of a person's own finds them all."""
    names = {name.removeprefix("views/") for name in sql_files.names("views")}
    own = Lake(lake.root)
    engine = own._state.engine()

    def made() -> set[str]:
        rows = engine.rows("select view_name from duckdb_views() where not internal")
        return names & {row["view_name"] for row in rows}

    assert made() == set()
    batches = own.batches().to_dicts()
    assert made() == {"batch_overview"}
    fields = own.fields().to_dicts()
    assert made() == {"batch_overview", "own_fields"}
    assert own.sql("select count(*) as n from utterances").item() == own.sql("from segments").__len__()
    assert made() == names
    assert (own.batches().to_dicts(), own.fields().to_dicts()) == (batches, fields)


def test_progress_is_that_of_the_verb(lake: Lake) -> None:
    """`batch_overview` and `progress` count one batch the same."""
    for row in lake.sql("select batch_id, total, done from batch_overview where status is not null"):
        current = lake.progress(row["batch_id"]).current
        assert (row["total"], row["done"]) == (current.total, current.done)


def test_first_responses_are_the_persons(lake: Lake) -> None:
    """One row a call in which a person spoke, with the first thing said; silent calls have none."""
    assert lake.sql("select call_id, text, position from first_responses").to_dicts() == [
        {"call_id": "c1", "text": "Yes, “please” | it's me 😀", "position": 2}
    ]


def test_utterances_know_their_call(lake: Lake) -> None:
    """Every utterance is there once, with its call's status."""
    rows = lake.sql("select call_id, position, speaker, status from utterances order by all").to_dicts()
    assert [tuple(row.values()) for row in rows] == [
        ("c1", 1, "ai", "completed"), ("c1", 2, "human", "completed"), ("c1", 3, "ai", "completed"),
        ("c1", 4, "human", "completed"), ("c4", 1, "ai", "queued"),
    ]  # fmt: skip


def test_problems_are_counted_by_file(lake: Lake) -> None:
    """The broken line and the broken field are counted apart, the field is named."""
    rows = lake.sql("select level, problems, fields from problems_by_file order by level").to_dicts()
    assert [tuple(row.values()) for row in rows] == [("field", 1, ["cost"]), ("record", 1, None)]


def test_days_are_those_of_utc(lake: Lake) -> None:
    """Calls of a day are added up, currencies apart; a call without a time has no day."""
    rows = lake.sql(
        "select day::varchar as day, currency, sum(total_calls)::int as calls, sum(total_cost) as cost "
        "from calls_by_day group by all order by all"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("2024-01-01", "EUR", 1, Decimal(1)),
        ("2024-01-01", "USD", 1, Decimal("2.25")),
        ("2024-01-01", None, 4, Decimal("1.5")),
        ("2024-01-03", None, 1, Decimal("0.1")),
        (None, None, 1, None),
    ]


COUNT = "select count(*) from utterances"


def test_the_script_makes_them_in_a_bare_duckdb(lake: Lake, tmp_path: Path) -> None:
    """The SQL of `batchlake views` makes the same views elsewhere, comments included."""
    with duckdb.connect(tmp_path / "other.db") as connection:
        connection.execute(lake.views_script())
        for relation in views.relations():
            query = f"select count(*) from {relation.name}"
            assert connection.execute(query).fetchone() == tuple(*lake.sql(query).rows())
        query = "select comment from duckdb_columns() where table_name = 'calls' and column_name = 'call_id'"
        assert connection.execute(query).fetchall() == [("The call's id on its platform",)]


def test_the_script_runs_in_the_duckdb_shell(lake: Lake, tmp_path: Path) -> None:
    """`duckdb -init views.sql` opens the lake."""
    shell = shutil.which("duckdb", path=str(Path(sys.executable).parent)) or shutil.which("duckdb")
    if not shell:
        pytest.skip("duckdb-cli is not installed")
    script = tmp_path / "views.sql"
    script.write_text(lake.views_script(), encoding="utf-8")
    command = [shell, "-init", str(script), "-csv", "-noheader", "-c", COUNT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "5"


def test_the_script_runs_in_harlequin(lake: Lake, tmp_path: Path) -> None:
    """Harlequin's DuckDB adapter takes the script as its init file."""
    harlequin_duckdb = pytest.importorskip("harlequin_duckdb")
    script = tmp_path / "views.sql"
    script.write_text(lake.views_script(), encoding="utf-8")
    adapter = harlequin_duckdb.DuckDbAdapter((":memory:",), init_path=str(script))
    cursor = adapter.connect().execute(COUNT)
    assert cursor.fetchall().to_pylist()[0] == {"count_star()": 5}


def _documented(lake: Lake) -> Iterator[tuple[str, Any]]:
    root = str(lake.root)

    import deltalake
    import pandas as pd
    import polars as pl

    yield "polars", pl.scan_delta(f"{root}/calls").select(pl.len()).collect().item()
    yield "pandas", len(pd.read_parquet(deltalake.DeltaTable(f"{root}/calls").file_uris()))
    with lake.connect() as connection:
        yield "duckdb", connection.execute("select count(*) from calls").fetchall()[0][0]


def test_other_tools_open_the_tables(tmp_path: Path) -> None:
    """The documented one-liners for polars, pandas and DuckDB see every call."""
    assert dict(_documented(make_lake(tmp_path))) == {"polars": 8, "pandas": 8, "duckdb": 8}
