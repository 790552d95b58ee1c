"""The engine begins with little memory and takes what it is allowed when a statement needs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from batchlake.engine.engine import Engine
from batchlake.engine.errors import DatabaseError, translating
from batchlake.errors import InvalidRequest, LakeDamaged, LakeUnreachable

LARGE = "select count(distinct i::varchar || repeat('x', 90)) as texts from range(400_000) t(i)"
"""Some 40 MB that can't be put off to a disk, as no folder is given for that."""


def test_a_statement_that_needs_more_gets_the_reserve() -> None:
    """It fails within the limit, is tried again with more memory, and that stays."""
    with Engine(memory_limit="30MB", max_memory="2GB", threads=1) as engine:
        assert engine.rows("select 1 as one") == [{"one": 1}]
        assert engine.row("select current_setting('memory_limit') as now")["now"] == "28.6 MiB"
        assert engine.rows(LARGE) == [{"texts": 400_000}]
        assert engine.row("select current_setting('memory_limit') as now")["now"] == "1.8 GiB"


def test_an_effect_of_a_statement_tried_twice_is_had_once() -> None:
    """An insert that fails within the limit leaves no rows before it is tried again."""
    with Engine(memory_limit="30MB", max_memory="2GB", threads=1) as engine:
        engine.run("create table made (texts bigint)")
        engine.run(f"insert into made {LARGE}")
        assert engine.rows("from made") == [{"texts": 400_000}]


def test_a_stream_that_needs_more_to_begin_gets_the_reserve() -> None:
    """A sort that is read as a stream is begun anew with more memory, and all its rows come."""
    texts = "select i, i::varchar || repeat('x', 90) as text from range(400_000) t(i) order by text"
    with Engine(memory_limit="30MB", max_memory="2GB", threads=1) as engine:
        assert engine.stream(texts).read_all().num_rows == 400_000


@pytest.mark.parametrize("reserve", [None, "40MB"])
def test_with_no_reserve_left_the_fault_is_said(reserve: str | None) -> None:
    """Without more memory to give, the error says which limit to raise."""
    with (
        Engine(memory_limit="30MB", max_memory=reserve, threads=1) as engine,
        pytest.raises(InvalidRequest, match="raise the memory limit"),
    ):
        engine.rows(LARGE)


def test_times_are_given_on_a_machine_without_time_zones() -> None:
    """A small container has none; DuckDB gives no time at all then, unless `tzdata` is installed."""
    program = (
        "from batchlake.engine.engine import Engine\n"
        "with Engine() as engine, engine.in_timezone('europe/berlin') as there:\n"
        "    print(there.row(\"select timestamptz '2024-10-27 01:30Z' as at\")['at'].isoformat())"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "2024-10-27T02:30:00+01:00\n"


def test_tables_of_its_own() -> None:
    """They stand before those of the same name, on every cursor of this one alone, and end with the block."""
    with Engine() as engine:
        engine.run("create table calls as select 1 as number")
        with engine.temporary_schema() as own, engine.temporary_schema() as another:
            own.run("create table calls as select number + 1 as number from calls")
            assert own.rows("from calls") == [{"number": 2}]
            assert list(own.query("from calls")) == [(2,)]
            assert own.in_timezone("Europe/Berlin").rows("from calls") == [{"number": 2}]
            assert another.rows("from calls") == engine.rows("from calls") == [{"number": 1}]
        assert engine.rows("select * from duckdb_tables() where schema_name <> 'main'") == []


def test_an_interrupt_stops_what_was_asked_through_it_alone() -> None:
    """Several threads ask; the question of one ends with an error, the others don't notice."""
    slow = "select count(*) as count from range({}) t(i) where i % 7 = 3"
    with Engine() as engine, ThreadPoolExecutor(2) as pool:
        apart = engine.clone()
        stopped = pool.submit(apart.rows, slow.format(100_000_000_000))
        going_on = pool.submit(engine.rows, slow.format(300_000_000))
        while not stopped.done():
            apart.interrupt()
            time.sleep(0.01)
        with pytest.raises(DatabaseError, match="Interrupted"):
            stopped.result()
        assert going_on.result() == [{"count": 42_857_143}]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('Cannot open file "/a/calls/b.parquet": Permission denied', LakeUnreachable),
        ('Cannot open file "/a/calls/b.parquet": Too many open files', LakeUnreachable),
        ('Cannot open file "/a/calls/b.parquet": No such file or directory', LakeDamaged),
        ("No magic bytes found at end of file '/a/calls/b.parquet'", LakeDamaged),
    ],
)
def test_a_file_that_may_not_be_opened_is_no_damage(message: str, expected: type[Exception]) -> None:
    """Nothing is to be restored from a copy: somebody else's rights are what is wrong."""
    with pytest.raises(expected), translating("lake", lambda: None):
        raise duckdb.IOException(f"IO Error: {message}")
