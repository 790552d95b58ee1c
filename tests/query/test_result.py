"""A `Result` gives the same rows each time and in every form."""

from __future__ import annotations

import copy
import pickle
import resource
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import batchlake
from batchlake.engine.protocols import QueryRows
from batchlake.errors import InvalidRequest
from batchlake.lake import Lake
from batchlake.query.result import Queryable, Result, values_by_name
from tests.lakes import write_export
from tests.query.sql_lake import make_lake

QUERY = "select call_id, cost, call_time, duration_seconds from calls order by call_id"


def test_every_form_holds_the_same_rows(lake: Lake) -> None:
    """Dictionaries, iteration, Arrow, polars and pandas agree; money is exact, times are aware."""
    result = lake.sql(QUERY)
    dicts = result.to_dicts()
    assert dicts[0] == {
        "call_id": "c1",
        "cost": Decimal("1.500000"),
        "call_time": datetime(2024, 1, 1, 12, tzinfo=UTC),
        "duration_seconds": 60.0,
    }
    assert list(result) == dicts
    assert result.columns == list(dicts[0])
    assert result.arrow().to_pylist() == dicts
    assert result.pl().to_dicts() == dicts
    assert list(result.df()["call_id"]) == [row["call_id"] for row in dicts]
    assert pl.DataFrame(result).to_dicts() == dicts
    assert pa.table(result).to_pylist() == dicts


def test_arrow_keeps_the_types(lake: Lake) -> None:
    """Decimals stay decimals and times keep their zone."""
    schema = lake.sql(QUERY).stream().schema
    assert schema.field("cost").type == pa.decimal128(18, 6)
    assert schema.field("call_time").type == pa.timestamp("us", tz="UTC")


def test_columns_of_one_name_are_told_apart(lake: Lake) -> None:
    """A dictionary loses no column whose name occurs twice, and polars takes the rows."""
    result = lake.sql("select 1 as a, 2 as a, 3 as a_1, 4 as a")
    assert result.to_dicts() == [{"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}]
    assert result.pl().rows() == [(1, 2, 3, 4)]


class _Noting:
    """Runs queries as another does, and notes them."""

    def __init__(self, engine: Queryable) -> None:
        self._engine = engine
        self.asked: list[str] = []

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> QueryRows:
        self.asked.append(sql)
        return self._engine.query(sql, params)


def test_dictionaries_take_one_query(lake: Lake) -> None:
    """All rows as dictionaries cost the query itself: they aren't counted by another one first."""
    noting = _Noting(lake.sql(QUERY)._engine)
    assert len(Result(noting, QUERY).to_dicts()) == 8
    assert noting.asked == [QUERY]


def test_rows_are_counted_whatever_stands_around_the_query(lake: Lake) -> None:
    """Comments and a semicolon, of which SQL counts none; `list` asks for the count, too."""
    assert len(list(lake.sql("-- all\nfrom calls; -- of them"))) == 8
    with pytest.raises(InvalidRequest, match="this is no row of 1 columns"):
        lake.sql("select 1 where false").item()


def test_it_is_read_again_and_by_several_threads(lake: Lake) -> None:
    """Reading starts anew each time; readers side by side don't disturb each other."""
    result = lake.sql(QUERY)
    first, second = iter(result), iter(result)
    assert next(first) == next(second)
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda _: len(result.to_dicts()), range(8)))
    assert counts == [8] * 8


def test_it_means_the_lake_as_it_was(tmp_path: Path) -> None:
    """An ingest after the question changes no answer that is read later."""
    lake = make_lake(tmp_path)
    before = lake.sql("select count(*) as n from calls")
    write_export(tmp_path, "more.json", {"call": {"id": "new", "status": "completed"}})
    lake.ingest(tmp_path / "more.json")
    assert before.to_dicts() == [{"n": 8}]
    assert lake.sql("select count(*) as n from calls").to_dicts() == [{"n": 9}]


def test_large_results_stream(lake: Lake) -> None:
    """The first rows of billions come at once, in bounded memory."""
    result = lake.sql("select i, repeat('x', 100) as text from range(1_000_000_000) t(i)")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = iter(result)
    assert [next(rows)["i"] for _ in range(100_000)][-1] == 99_999
    rows.close()  # type: ignore[attr-defined]
    batches = result.stream()
    assert sum(batches.read_next_batch().num_rows for _ in range(3)) > 100_000
    batches.close()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000


def test_it_prints_as_a_table(lake: Lake) -> None:
    """A few rows print as they are, with their number; of many the first, saying so."""
    assert repr(lake.sql("select call_id, cost from calls where cost > 1 order by all")) == (
        "call_id  cost\n───────  ────\nc1       1.50\nc5       2.25\n2 rows"
    )
    lines = repr(lake.sql("select i from range(30) t(i)")).splitlines()
    assert lines[-2:] == ["9", "the first 10 rows; .pl(), .df(), .to_dicts() and iteration give all"]
    assert repr(lake.sql("select 1 as a where false")) == "a\n─\n0 rows"


def test_a_notebook_shows_a_table(lake: Lake) -> None:
    """HTML is escaped, NULL is told from text, the rest is announced."""
    shown = lake.sql("select '<b>' as \"<h>\", null as n, 1 as i from range(21)")._repr_html_()
    assert "<th>&lt;h&gt;</th>" in shown
    assert "<td>&lt;b&gt;</td><td><em>NULL</em></td>" in shown
    assert shown.count("<tr>") == 11
    assert "the first 10 rows" in shown


@pytest.mark.parametrize("threads", [0, -1, 10**30])
def test_threads_that_cannot_be_had_are_refused(threads: int, lake: Lake) -> None:
    """Before anything is asked."""
    with pytest.raises(InvalidRequest, match="give 1 to 1,024"):
        batchlake.open(lake.root, threads=threads)


def test_an_interval_is_a_duration_in_frames(lake: Lake) -> None:
    """polars reads no intervals of Arrow's; what is subtracted of times is one."""
    found = lake.sql("from (values (0, interval '1 month -1 second'), (1, null)) t(n, i) order by n")
    expected = [timedelta(30, -1), None]
    assert found.pl()["i"].to_list() == [row["i"] for row in found] == expected
    assert found.df()["i"][0] == expected[0]
    assert lake.sql("select interval 0 day as i").pl()["i"].to_list() == [timedelta(0)]


def test_integers_of_numpy_are_values_of_parameters() -> None:
    """A data frame gives them, and DuckDB refuses them; other values stay as they are."""
    given = values_by_name({"a": np.int64(3), "b": True, "c": np.float64(1.5)})
    assert [(type(value), value) for value in given.values()][:2] == [(int, 3), (bool, True)]
    assert given["c"] == 1.5


def test_a_lake_is_copied_and_pickled_as_what_opens_it(lake: Lake) -> None:
    """For a spawned process, also at an earlier run and in its time zone; nothing opened goes along."""
    lake.calls().first()
    run = lake.runs().to_dicts()[0]["run_id"]
    earlier = batchlake.open(lake.root, timezone="Asia/Tokyo", threads=1).at(run)
    for one in (lake, earlier):
        again = pickle.loads(pickle.dumps(one))
        assert (repr(again), again.timezone) == (repr(one), one.timezone)
    assert copy.deepcopy(earlier).calls().to_dicts() == lake.calls().to_dicts()


def test_a_lake_without_a_name_is_not_the_folder_one_is_in() -> None:
    """It comes of an unset variable; an ingest would fill the working folder with tables."""
    with pytest.raises(InvalidRequest, match="the lake's folder is empty text"):
        batchlake.open("")
