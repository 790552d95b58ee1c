"""A lake of the layout before facts of transcripts answers alike, and gets them by its next writer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, Schema, write_deltalake

import batchlake
from batchlake.schema import TRANSCRIPT_FACTS, UTTERANCE_FACTS
from batchlake.store.maintenance import check, compact, vacuum
from tests.effort import some
from tests.lakes import contents, ingested, rows, write_export

LACKING = {"calls": TRANSCRIPT_FACTS, "segments": UTTERANCE_FACTS}

SAID = [
    {"speaker": speaker, "text": text, "timestamp": f"00:{second:02}"}
    for second, (speaker, text) in enumerate(
        [("ai", "Hello!"), ("human", "Yes"), ("human", "yes."), ("ai", "Bye"), ("human", "No  thanks")]
    )
]


def document(batch: str, calls: int) -> dict[str, Any]:
    listed = [
        {"id": f"{batch}-{number}", "status": "completed", "agent_id": f"a{number % 3}"}
        | ({"transcript": SAID[: number % 6]} if number % 4 else {})
        for number in range(calls)
    ]
    return {"exported_at": "2024-01-01T00:00:00Z", "batch": {"id": batch, "calls": listed}}


def rewritten(root: Path, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """A table of a lake with one run, written anew at its version."""
    folder = root / name
    delta = DeltaTable(str(folder))
    held = change(pl.read_delta(str(folder)))
    kept = Schema([field for field in delta.schema().fields if field.name in held.columns])
    configuration, version = delta.metadata().configuration, delta.version()
    shutil.rmtree(folder)
    made = DeltaTable.create(str(folder), schema=kept, configuration=configuration)
    write_deltalake(made, held.to_arrow(), mode="append")
    assert DeltaTable(str(folder)).version() == version


@pytest.fixture(scope="module")
def both_layouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export, a `plain` lake of it, and that `lake` as a batchlake of the earlier layout left it."""
    folder = tmp_path_factory.mktemp("layouts")
    root = folder / "lake"
    ingested(root, write_export(folder / "in", "1.json", [document("b1", 30), document("b'2", 9)]))
    shutil.copytree(root, folder / "plain")
    for name, columns in LACKING.items():
        rewritten(root, name, lambda held, columns=columns: held.drop(columns))  # type: ignore[misc]
    rewritten(root, "runs", lambda held: held.with_columns(format_version=pl.lit(1, pl.Int64)))
    return folder


@pytest.fixture(scope="module")
def old(both_layouts: Path) -> list[Any]:
    """What the lake of the earlier layout answers."""
    return answers(batchlake.open(both_layouts / "lake"))


@pytest.fixture
def root(both_layouts: Path, tmp_path: Path) -> Path:
    """The lake of the earlier layout, for the test alone; its export and the plain lake lie beside it."""
    shutil.copytree(both_layouts, tmp_path, dirs_exist_ok=True)
    return tmp_path / "lake"


def answers(lake: Any) -> list[Any]:
    """What needs the facts, in every way of asking."""
    return [
        lake.analytics(),
        lake.analytics(by="agent_id"),
        lake.analytics({"text": "no thanks"}, by=["batch_id", "agent_id"]),
        lake.batch("b1", include_analytics=True),
        lake.audit(),
    ]


def test_it_answers_alike(root: Path, old: list[Any], tmp_path: Path) -> None:
    """Every figure is that of a lake with the facts; it is sound, and nothing is written."""
    before = sorted(path.name for path in root.rglob("*"))
    assert rows(root, "select count(turns) as n from calls") == [{"n": 0}]
    assert old == answers(batchlake.open(tmp_path / "plain"))
    assert check(root) == []
    assert sorted(path.name for path in root.rglob("*")) == before


@pytest.mark.parametrize("writer", some(["new export", "known export", "replay", "compact"], 1))
def test_the_next_writer_brings_the_facts(root: Path, old: list[Any], tmp_path: Path, writer: str) -> None:
    """By a run of its own; the rows are those of a lake that always had them, the state of before answers."""
    first = rows(root, "from runs")[0]["run_id"]
    new = write_export(tmp_path / "in", "2.json", document("b3", 5))
    plain = tmp_path / "plain"
    if writer == "compact":
        report = compact(root)
        assert report.run_id
    elif writer == "known export":
        assert ingested(root, tmp_path / "in" / "1.json").run_id is None
    elif writer == "new export":
        ingested(root, new)
        ingested(plain, new)
    else:
        batchlake.open(root).replay()
    held = ("calls", "segments", "batches", "snapshots")
    assert contents(root, held) == contents(plain, held)
    assert check(root) == []
    kinds = [row["kind"] for row in rows(root, "from runs order by finished_at")]
    assert kinds[:2] == ["ingest", "upgrade"]
    assert answers(batchlake.open(root).at(first)) == old
    assert compact(root).run_id is None or writer == "new export"
    vacuum(root)
    assert check(root) == []


def test_a_dry_run_changes_nothing(root: Path, tmp_path: Path) -> None:
    """It says what an ingest would do, and leaves the layout as it is."""
    before = contents(root)
    report = ingested(root, write_export(tmp_path / "in", "2.json", document("b3", 5)), dry_run=True)
    assert report.calls_new == 5
    assert contents(root) == before
    assert len(rows(root, "from runs")) == 1


def test_check_finds_a_wrong_fact(tmp_path: Path) -> None:
    """In a row for each column the fact isn't what the transcript says: each of these rows is found."""
    root = tmp_path / "lake"
    ingested(root, write_export(tmp_path / "in", "1.json", [document("b1", 30)]))
    assert check(root) == []

    def change(held: pl.DataFrame, table: str) -> pl.DataFrame:
        spoilt: list[int] = []
        for column in LACKING[table]:
            spoilt.append(next(one for one in held[column].is_not_null().arg_true() if one not in spoilt))
            value = pl.col(column)
            other = ~value if table == "segments" else value + 1
            is_one = pl.int_range(pl.len()) == spoilt[-1]
            held = held.with_columns(pl.when(is_one).then(other).otherwise(value).alias(column))
        return held

    for table in LACKING:
        rewritten(root, table, lambda held, table=table: change(held, table))  # type: ignore[misc]
    found = {(one.level, one.code, one.table): one.message for one in check(root)}
    assert found.keys() == {
        ("error", "call_facts", "calls"), ("error", "utterance_facts", "segments"),
    }  # fmt: skip
    for (_, _, table), message in found.items():
        assert message.startswith(f"{len(LACKING[table])} "), message
