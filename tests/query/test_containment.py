"""Nothing that a person types as SQL reads or writes outside the lake, or changes what stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from batchlake.errors import BatchlakeError, QueryError
from batchlake.lake import Lake

SECRET = "the-secret-outside"


def escapes(outside: Path, lake: Lake) -> list[str]:
    """Ways to read or write outside, or to change what stands. The names are those that could do harm."""
    folder, file, held = outside.parent, outside, next((lake.root / "calls").glob("*.parquet"))
    link = lake.root / "calls" / "link.csv"
    return [
        f"select * from read_text('{file}')",
        f"select * from read_blob('{file}')",
        f"select * from read_csv('{file}')",
        f"select * from read_json('{file}')",
        f"select * from read_parquet('{file}')",
        f"select * from sniff_csv('{file}')",
        f"select * from parquet_metadata('{folder}/*')",
        f"select * from '{file}'",
        f'select * from "{file}"',
        f"from glob('{folder}/*')",
        f"select * from read_text('{link}')",
        f"select * from read_csv('{link}')",
        f"select * from read_text('{held}/../../../../{file.name}')",
        f"select * from read_text('file://{file}')",
        "select * from read_text('~/.bashrc')",
        "select * from read_text('/proc/self/environ')",
        "select * from read_csv('/dev/stdin')",
        "select getenv('HOME')",
        f"select * from read_text(['{file}'])",
        f"select * from read_json_objects('{file}')",
        f"select * from read_ndjson_objects('{file}')",
        f"select * from parquet_metadata('{file}')",
        f"select * from parquet_schema('{file}')",
        f"with s as (select * from read_text('{file}')) select * from s",
        f"select (select content from read_text('{file}'))",
        f"select 1 where exists (from read_csv('{file}'))",
        f"describe select * from read_csv('{file}')",
        f"summarize '{file}'",
        f"pivot (from read_csv('{file}')) on word using count(*)",
        f"explain analyze select * from read_text('{file}')",
        f"select * from query_table('{file}')",
        f"select * from query_table(['{file}', 'calls'])",
        "from glob('~/**')",
        "from glob('../**')",
        f"from read_text('{held.parent}/link.csv')",
        "from read_parquet('https://example.com/x.parquet')",
        "from 'https://example.com/x.parquet'",
        "select * from read_csv('https://example.com/x.csv')",
        "select * from 's3://bucket/x.parquet'",
        f"create temp view v as select * from read_text('{file}'); from v",
        f"create temp macro m() as table select * from read_text('{file}'); from m()",
        f"create temp view a as from '{file}'; create temp view b as from a; from b",
        f"create temp macro m(f) as table from read_text(f); from m('{file}')",
        f"create temp macro m(f) as (select content from read_text(f)); select m('{file}')",
        f"create temp table t as select * from read_text('{file}')",
        f"set variable v = (select content from read_text('{file}'))",
        f"select * from query('select * from read_text(''{file}'')')",
        f"copy (select 1) to '{file}'",
        f"copy calls to '{folder}/copied.csv'",
        f"copy (select * from calls) to '{held}' (format parquet)",
        f"explain analyze copy (select 1) to '{file}'",
        f"explain analyze copy (select 1) to '{held}' (format parquet)",
        f"explain (analyze) copy (select 1) to '{held}'",
        f"explain (analyze, format json) copy (select 1) to '{held}'",
        f"EXPLAIN /* x */ ANALYZE -- y\n COPY (select 1) TO '{held}'",
        f"prepare p as copy (select 1) to '{held}'; execute p",
        f"prepare p as select * from read_text('{file}'); execute p",
        f"set variable f = '{file}'; from read_text(getvariable('f'))",
        f"select * from json_execute_serialized_sql(json_serialize_sql('copy (select 1) to ''{file}'''))",
        f"select * from query('copy (select 1) to ''{file}''')",
        f"copy mine from '{file}'",
        f"export database '{folder}/exported'",
        f"import database '{folder}'",
        f"attach '{folder}/new.db'",
        "attach ':memory:' as other",
        "detach memory",
        "install httpfs",
        "load httpfs",
        "force install httpfs",
        "update extensions",
        f"install '{folder}/x.duckdb_extension'",
        f"load '{folder}/x.duckdb_extension'",
        "install httpfs from 'https://example.com'",
        f"set file_search_path = '{folder}'",
        f"set home_directory = '{folder}'",
        f"set temp_directory = '{folder}'",
        f"set global allowed_directories = ['{folder}']",
        "set allow_unsigned_extensions = true",
        "set threads = 1",
        "set enable_external_access = true",
        f"set allowed_paths = ['{file}']",
        "set lock_configuration = false",
        "set TimeZone = 'Europe/Berlin'",
        "set errors_as_json = false",
        "reset threads",
        "pragma enable_profiling",
        "pragma threads = 1",
        "pragma version",
        f"select * from enable_logging(storage = 'file', storage_path = '{folder}/log')",
        "call enable_logging()",
        f"select * from enable_profiling(format = 'json', save_location = '{folder}/profile.json')",
        'select * from "enable_profiling"()',
        "select * from query('from enable_profiling()')",
        "create secret s (type s3)",
        "create temp secret s (type s3)",
        "create table kept as select 1",
        "create or replace view calls as select 1",
        "create schema s",
        "create sequence s",
        "insert into calls select * from calls",
        "update calls set cost = 0",
        "delete from calls",
        "truncate calls",
        "merge into calls using segments on true when matched then delete",
        "alter view calls rename to c",
        "comment on view calls is 'x'",
        "drop view calls",
        'drop view if exists memory.main."calls"',
        "drop view selected_calls",
        "drop schema main cascade",
        "use temp",
        "use main",
        "set schema = 'main'",
        "begin",
        "checkpoint",
        "vacuum",
        "call pragma_version()",
        f"select 1; copy (select 1) to '{file}'",
        f"select E'\\'; copy (select 1) to '{held}' --'; copy (select 1) to '{file}'",
        "select * from outside",
    ]


def test_nothing_escapes(lake: Lake, tmp_path: Path) -> None:
    """Each attempt is refused with a sentence; the file outside and the lake are as before, and unseen."""
    outside = tmp_path / "outside.csv"
    outside.write_text(f"word\n{SECRET}\n", encoding="utf-8")
    link = lake.root / "calls" / "link.csv"
    link.symlink_to(outside)
    before = _contents(lake.root) | _contents(tmp_path)
    attempts = escapes(outside, lake)
    try:
        for attempt in attempts:
            seen: list[Any] = []
            with lake.session() as session, pytest.raises(BatchlakeError) as caught:
                seen.extend(row for rows in session.run(attempt) for row in rows)
            assert SECRET not in str(seen), attempt
            assert isinstance(caught.value, QueryError), attempt
            assert len(caught.value.message) > 20, attempt
            assert SECRET not in caught.value.message, attempt
            with pytest.raises(QueryError):
                list(lake.sql(attempt))
        assert _contents(lake.root) | _contents(tmp_path) == before
    finally:
        link.unlink()
    assert list(lake.sql("select count(*) as n from calls")) == [{"n": 8}]
    assert len(attempts) >= 40


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_python_objects_are_out_of_reach(lake: Lake) -> None:
    """A name in SQL is never a Python variable that happens to hold a table."""
    outside = pa.table({"a": [1]})
    with pytest.raises(QueryError, match="outside"):
        lake.sql("select * from outside")
    assert outside.num_rows == 1
