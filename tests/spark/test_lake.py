"""A lake on Spark: data frames of the user's session, which stays as it was; pins, plans, limits, errors."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import batchlake
from batchlake.errors import (
    BatchNotFound,
    InvalidFilter,
    InvalidRequest,
    LakeDamaged,
    QueryError,
    QueryTimeout,
)
from batchlake.spark.lake import SparkLake
from batchlake.spark.rendering import Statement
from batchlake.spark.tables import cluster_address
from tests.effort import EVERYTHING, at_length
from tests.lakes import write_export

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from tests.storage import Bucket


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    """A lake of two runs, in a folder whose name means something to Spark."""
    folder = tmp_path_factory.mktemp("pinned")
    lake = batchlake.open(folder / "a lake {x,*}")
    for number, status in enumerate(("in_progress", "completed")):
        calls = [
            {"id": f"c{place}", "status": status, "duration": 10 * place, "cost": "0.10", "agent_id": "ann",
             "transcript": {"segments": [{"speaker": "human", "text": "Yes, please"}]}}
            for place in range(3 + number)
        ]  # fmt: skip
        export = {"batch": {"id": "b1", "status": status, "calls": calls}}
        lake.ingest(write_export(folder, f"{number}.json", export, observed_at=1_704_200_000 + number))
    return lake


@pytest.fixture(scope="module")
def on_spark(made: batchlake.Lake, spark: SparkSession) -> SparkLake:
    return made.on_spark(spark)


@pytest.fixture(autouse=True, scope="module")
def untouched(spark: SparkSession) -> Iterator[None]:
    """After all that is asked here, the user's session is as it was, and goes on."""
    from pyspark.sql import SparkSession

    def found() -> Any:
        # Its settings as SQL has them: 3.5 has no other way to all of them.
        return spark.sql("set").collect(), spark.catalog.listTables(), SparkSession.getActiveSession()

    before = found()
    yield
    assert found() == before
    assert spark.sql("select current_timezone()").first()[0] == "America/St_Johns"  # type: ignore[index]


def test_rows_are_data_frames_to_go_on_with(on_spark: SparkLake, spark: SparkSession) -> None:
    """Of the user's session, lazy; they join with its own frames, and hold what the lake's rows do."""
    calls = on_spark.calls({"duration": {"min": 10}, "text": "yes"})
    own = spark.sql("select 'c1' as call_id, 'mine' as note")
    assert [tuple(row) for row in calls.join(own, "call_id").select("call_id", "note").collect()] == [
        ("c1", "mine")
    ]
    assert calls.sparkSession is spark
    assert [row["call"] for row in on_spark.calls(sort="-duration", columns="call", limit=2).collect()] == [
        "c3", "c2"
    ]  # fmt: skip
    assert on_spark.segments({"call_id": "c2"}).count() == 1
    assert [(row["batch_id"], row["completed"]) for row in on_spark.batches().collect()] == [("b1", 4)]


def test_sql_is_the_lakes_or_sparks(on_spark: SparkLake) -> None:
    """With parameters, views and a selection; both dialects see the same relations."""
    query = "select status, count(*) / $n as share from selected_calls group by status"
    rows = on_spark.sql(query, {"n": 8}, filter={"duration": {"min": 10}}).collect()
    assert [tuple(row) for row in rows] == [("completed", 3 / 8)]
    assert on_spark.sql("select total_calls from calls_by_day").first()[0] == 4  # type: ignore[index]
    spark_sql = "select count_if(duration_seconds > :least) as n from selected_calls"
    assert (
        on_spark.sql(spark_sql, {"least": 10}, filter={"status": "completed"}, dialect="spark").first()[0]
        == 2
    )  # type: ignore[index]


def test_the_pinned_versions_are_read(made: batchlake.Lake, spark: SparkSession, on_spark: SparkLake) -> None:
    """The newest run's, or an earlier one's; what a run that died left beyond is not seen."""
    newest, first = (run["run_id"] for run in made.runs())
    assert on_spark.calls().count() == 4
    assert made.at(first).on_spark(spark).calls().count() == 3
    assert made.at(first).on_spark(spark).batch("b1") == made.at(first).batch("b1")
    assert made.at(newest).on_spark(spark).calls().count() == 4


@at_length
def test_documents_are_the_same(made: batchlake.Lake, on_spark: SparkLake) -> None:
    """Models by every way, and the JSON of a batch by what it holds."""
    asked: Any = {"by": "agent", "metrics": None if EVERYTHING else ["calls", "responses"]}
    assert on_spark.analytics(**asked) == made.analytics(**asked)
    assert on_spark.call("c1") == made.call("c1")
    assert on_spark.audit("b1") == made.audit("b1")
    assert on_spark.progress("b1").current == made.progress("b1").current
    written = [io.BytesIO(), io.BytesIO()]
    for file, lake in zip(written, (made, on_spark), strict=True):
        lake.write_batch(file, "b1", include_transcripts=True)
    assert written[0].getvalue() == written[1].getvalue()


def plan(lake: SparkLake, sql: str, params: dict[str, Any]) -> str:
    return lake._on_spark.engine().plan(sql, params).partition("== Physical Plan ==")[2]


def test_the_filter_is_in_the_scan_of_the_pinned_files(made: batchlake.Lake, on_spark: SparkLake) -> None:
    """Spark hands the conditions to Parquet, and reads only the columns that are asked for."""
    selection = on_spark._selected({"status": "failed", "duration": {"min": 5}})
    found = plan(on_spark, selection.over("select call_id from selected_calls"), selection.params)
    (scan,) = [line for line in found.splitlines() if "FileScan parquet" in line]
    pushed = scan.partition("PushedFilters: [")[2].partition("]")[0]
    assert "EqualTo(status,failed)" in pushed
    assert "GreaterThanOrEqual(duration_seconds,5.0)" in pushed
    schema = scan.partition("ReadSchema: ")[2]
    assert "call_id" in schema
    assert "summary" not in schema
    engine = on_spark._on_spark.engine()
    (file,) = engine.tables.files("calls", here=True)
    assert Path(file).parent == Path(made.root) / "calls"


@at_length
def test_no_utterance_is_read_where_none_is_asked_for(made: batchlake.Lake, spark: SparkSession) -> None:
    """Of nine families two are about what was said; the others' plans name no file of `segments`."""
    sent: list[Statement] = []
    lake = made.on_spark(spark, show=sent.append)
    lake.analytics({"status": "completed"}, by="agent", metrics=["calls", "duration", "cost", "engagement"])
    assert sent
    engine = lake._on_spark.engine()
    for statement in sent:
        found = engine.sessions.plan(statement, engine._frame, "UTC").partition("== Physical Plan ==")[2]
        assert "text_key" not in found
        assert "FileScan parquet" in found
        assert "EqualTo(status,completed)" in found


def test_a_statement_shows_what_is_sent(made: batchlake.Lake, spark: SparkSession) -> None:
    """Its tables with their versions, its values, and the text, which another session of Spark can run."""
    sent: list[Statement] = []
    made.on_spark(spark, show=sent.append).calls({"agent_id": "it's"})
    (statement,) = sent
    lines = statement.shown().splitlines()
    assert lines[0].startswith("-- calls: version ")
    assert '-- :s1 = "it\'s"' in lines
    assert lines[-1].endswith(";")


def test_errors_are_those_of_a_lake(made: batchlake.Lake, on_spark: SparkLake, spark: SparkSession) -> None:
    """What is wrong is said in batchlake's words, before Spark is asked where that can be."""
    with pytest.raises(InvalidFilter, match="did you mean `status`"):
        on_spark.calls({"sttaus": "failed"})
    with pytest.raises(BatchNotFound, match="Did you mean 'b1'"):
        on_spark.batch("b2")
    with pytest.raises(InvalidRequest, match="`avg`"):
        on_spark.sql("select avg(cost) from calls")
    with pytest.raises(QueryError, match="no table or view nowhere"):
        on_spark.sql("select * from nowhere")
    with pytest.raises(QueryError, match=r"Spark: .*nothing"):
        on_spark.sql("select nothing from calls")
    with pytest.raises(QueryError, match="`delete` is refused"):
        on_spark.sql("delete from calls")
    with pytest.raises(QueryError, match=r"no statement has a parameter \$aa"):
        on_spark.sql("select $a as a", {"a": 1, "aa": 2})
    with pytest.raises(InvalidRequest, match="`delta` or `parquet`"):
        made.on_spark(spark, reader="orc")  # type: ignore[arg-type]
    made_here: tuple[Any, ...] = (lambda: on_spark.report("b1"), on_spark.connect, on_spark.views_script)
    for one in (*made_here, on_spark.session):
        with pytest.raises(InvalidRequest, match="one machine"):
            one()


def test_a_lake_in_a_bucket(
    bucket: Bucket, tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On this machine its kept copies are read; a cluster without a file system for it says what it lacks."""
    lake = batchlake.open(f"{bucket.address}/lake")
    calls = [{"id": "c1", "status": "failed"}, {"id": "c2", "status": "completed"}]
    lake.ingest(write_export(tmp_path, "1.json", {"batch": {"id": "b", "calls": calls}}))
    assert [row["call_id"] for row in lake.on_spark(spark).calls({"status": "failed"}).collect()] == ["c1"]
    monkeypatch.setattr("batchlake.spark.tables.is_local", lambda _: False)
    with pytest.raises(InvalidRequest, match=r"knows no .*org.apache.hadoop:hadoop-aws"):
        lake.on_spark(spark).calls().count()


def test_a_file_that_is_gone_is_damage(tmp_path: Path, spark: SparkSession) -> None:
    """As on DuckDB: the lake is damaged, and says which file."""
    lake = batchlake.open(tmp_path / "lake")
    lake.ingest(write_export(tmp_path, "1.json", {"batch": {"id": "b", "calls": [{"id": "c"}]}}))
    there = lake.on_spark(spark)
    assert there.analytics(metrics="calls").statistics.total_calls == 1
    for file in (tmp_path / "lake" / "calls").glob("*.parquet"):
        file.unlink()
    with pytest.raises(LakeDamaged):
        lake.on_spark(spark).analytics(metrics="calls")


def slow_question(lake: batchlake.Lake, spark: SparkSession, **options: Any) -> tuple[Any, str]:
    engine = lake.on_spark(spark, **options)._on_spark.engine()
    many = " cross join ".join(f"(select call_id as c{number} from calls)" for number in range(13))
    return engine, f"select count(*) as n from {many}"


def test_a_time_limit_ends_a_question(made: batchlake.Lake, spark: SparkSession) -> None:
    """Its jobs too: the cluster is free afterwards."""
    engine, query = slow_question(made, spark, timeout_seconds=2)
    with pytest.raises(QueryTimeout):
        engine.rows(query)
    assert_idle(spark)


@at_length
def test_an_interrupt_ends_a_question_and_no_other(made: batchlake.Lake, spark: SparkSession) -> None:
    """As Ctrl-C does, from another thread; a job of the user's own goes on."""
    engine, query = slow_question(made, spark)
    clone = engine.clone()
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            clone.rows(query)
        except BaseException as error:
            failed.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    deadline = time.monotonic() + 120
    while not spark.sparkContext.statusTracker().getActiveJobsIds() and time.monotonic() < deadline:
        time.sleep(0.05)
    engine.interrupt()
    asking.join(0.2)
    assert asking.is_alive()
    while asking.is_alive() and time.monotonic() < deadline:
        clone.interrupt()
        asking.join(0.2)
    assert [type(error).__name__ for error in failed] == ["QuestionCancelled"]
    assert_idle(spark)


def assert_idle(spark: SparkSession) -> None:
    deadline = time.monotonic() + 60
    tracker = spark.sparkContext.statusTracker()
    while tracker.getActiveJobsIds() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not tracker.getActiveJobsIds()


def test_addresses_are_hadoops() -> None:
    """Open-source Spark reads `s3a://`, Azure's containers have their account."""
    assert cluster_address("s3://bucket/lake/calls") == "s3a://bucket/lake/calls"
    assert cluster_address("s3://bucket/lake/calls", "s3") == "s3://bucket/lake/calls"
    assert cluster_address("gs://bucket/lake") == "gs://bucket/lake"
