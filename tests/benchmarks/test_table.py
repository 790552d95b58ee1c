"""The benchmarks' course is as they say: generated exports, the tools' answers, rows and targets."""

from __future__ import annotations

import hashlib
import json
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import batchlake
from tests.benchmarks.data.exports import CALLS_A_BATCH, HISTORY_SHARES, SHAPES, Exports, batch_id
from tests.benchmarks.data.large_lake import make
from tests.benchmarks.data.workloads import Course
from tests.benchmarks.duckdb_baseline import DETAILS, DOCUMENTS, analytics, over
from tests.benchmarks.raw_json import TOOLS
from tests.benchmarks.rows import Target, Volume, rows
from tests.benchmarks.runner import Figures, Side, SideFailed, module
from tests.effort import at_length, some

CALLS = CALLS_A_BATCH + 50
"""More than one batch, and the last smaller than the others."""


def write(folder: Path, shape: str, seed: int = 1) -> Path:
    """Exports of one shape in a folder of their own."""
    path = folder / shape
    written = getattr(Exports(seed), f"write_{shape}")(
        path if shape in ("small", "history") else path / "all.json", CALLS
    )
    assert written == sum(file.stat().st_size for file in path.iterdir())
    return path


def digest(folder: Path) -> str:
    """One digest of the names and bytes of all files."""
    found = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        found.update(file.name.encode() + b"\0" + file.read_bytes())
    return found.hexdigest()


def batch(folder: Path, number: int, turn: int) -> dict[str, Any]:
    """One export of a history."""
    document = json.loads((folder / f"{batch_id(number)}-{turn}.json").read_bytes())
    return {call["id"]: call for call in document["batch"]["calls"]}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("exports"), "small")


@pytest.fixture(scope="module")
def small_lake(small: Path, tmp_path_factory: pytest.TempPathFactory) -> batchlake.Lake:
    lake = batchlake.open(tmp_path_factory.mktemp("lakes") / "small")
    lake.ingest(small)
    return lake


@pytest.mark.parametrize("shape", some(list(SHAPES), 3))
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, shape: str) -> None:
    """The same seed gives the same bytes, another gives others."""
    first, again, other = (
        digest(write(tmp_path / name, shape, seed)) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert first == again != other


@pytest.mark.parametrize("shape", some(list(SHAPES), 1))
def test_every_shape_loads_without_problems(tmp_path: Path, shape: str) -> None:
    """An ingest of any shape holds every call, the taken ones with a transcript, no problem."""
    lake = batchlake.open(tmp_path / "lake")
    report = lake.ingest(write(tmp_path, shape))
    assert (report.calls_new, report.problems) == (CALLS, 0)
    taken = lake.sql(
        "select count(*) as calls from calls "
        "where (status = 'completed') = (coalesce(segment_count, 0) >= 15)"
    )
    assert taken.to_dicts() == [{"calls": CALLS}]


@at_length
def test_shapes_tell_of_the_same_calls(tmp_path: Path, small_lake: batchlake.Lake) -> None:
    """JSON lines, and the last exports of a history, give the calls that small files give."""
    question = (
        "select call_id, batch_id, status, duration_seconds, cost, success, transcript_digest "
        "from calls order by call_id"
    )
    expected = small_lake.sql(question).to_dicts()
    for shape in ("ndjson", "history"):
        lake = batchlake.open(tmp_path / f"lake-{shape}")
        lake.ingest(write(tmp_path, shape))
        assert lake.sql(question).to_dicts() == expected, shape


def test_a_history_advances(tmp_path: Path) -> None:
    """From export to export calls end and never begin again, and some transcripts come later than the end."""
    folder = write(tmp_path, "history")
    exports = [batch(folder, 0, turn) for turn in range(len(HISTORY_SHARES))]
    open_states = {"queued", "in-progress"}
    late = 0
    for before, after in pairwise(exports):
        for call_id, call in before.items():
            if call["status"] in open_states:
                continue
            assert after[call_id]["status"] == call["status"]
            assert after[call_id].get("cost") == call.get("cost")
            late += "transcript" in after[call_id] and "transcript" not in call
    still_open = [sum(call["status"] in open_states for call in export.values()) for export in exports]
    assert still_open[0] > still_open[1] > still_open[2] == 0
    assert late > 0


def test_people_speak_with_a_long_tail(small_lake: batchlake.Lake) -> None:
    """Ten answers make up over a fifth of all, and most of the distinct ones are said once."""
    counted = small_lake.sql(
        "select count(*) as said from segments where speaker = 'human' group by text order by said desc"
    ).to_dicts()
    times = [row["said"] for row in counted]
    assert sum(times[:10]) > sum(times) / 5
    assert times.count(1) > len(times) * 0.8


def test_the_questions_by_hand_are_answered(small_lake: batchlake.Lake) -> None:
    """The rival's queries run over the lake's tables as they are now, a new column of `calls` or not."""
    connection = small_lake.connect()
    counted = [
        len(connection.execute(over(query, "true", "status = 'completed'")).fetchall())
        for query in (*analytics(), DETAILS, DOCUMENTS)
    ]
    assert all(counted)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_tools_answer_as_batchlake_does(tool: str, small: Path, small_lake: batchlake.Lake) -> None:
    """The race is run on one course: every tool's figures are those of `analytics --by agent_id`."""
    if tool == "jq" and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    expected = {
        group.keys["agent_id"]: (
            group.statistics.total_calls,
            pytest.approx(group.success_rate),
            pytest.approx(group.statistics.average_duration),
            pytest.approx(float(group.statistics.total_cost or 0)),
        )
        for group in small_lake.analytics(by="agent_id").groups
    }
    assert len(expected) > 20
    found: dict[str, Any] = dict(TOOLS[tool](small))
    assert found == expected


@at_length
def test_a_large_lake_is_a_lake(tmp_path: Path) -> None:
    """A made lake is sound, holds its batches, and takes a batch that is exported again."""
    make(tmp_path / "lake", 5_000)
    lake = batchlake.open(tmp_path / "lake")
    assert lake.check() == []
    sizes = {"batch_big": 2_500, "batch_tenth": 250, batch_id(2): 250, batch_id(3): 1_000, batch_id(4): 1_000}
    held = lake.sql("select batch_id, count(*) as calls from calls group by all").to_dicts()
    assert {row["batch_id"]: row["calls"] for row in held} == sizes
    again = tmp_path / "again.json"
    again.write_text("".join(Exports().batch(3, 3_000, 1_000)), encoding="utf-8")
    assert lake.ingest(again).calls_updated == 1_000


def test_a_side_that_fails_says_so(tmp_path: Path) -> None:
    """A command that ends badly stops the race with its own words."""
    with pytest.raises(SideFailed, match="no lake at"):
        Side(module("batchlake", "runs", "--lake", tmp_path / "none")).run()


def test_rows_have_names_and_ask_nothing_before_their_turn(tmp_path: Path) -> None:
    """Each row has a name of its own, and naming the rows makes no exports."""
    keys = [row.key for row in rows(Course(tmp_path), Volume(50_000, 1_000, 1))]
    assert len(keys) == len(set(keys)) > 20
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "ratio", "seconds", "peak_mb", "missed"),
    [
        (Target("speed", 4.0, peak_mb=1_000), 4.0, 9.0, 999.0, []),
        (Target("speed", 4.0, peak_mb=1_000), 3.9, 9.0, 1_000.0, ["ratio", "memory"]),
        (Target("time", 1.3, 0.05), 1.3, 0.049, 1.0, []),
        (Target("time", 1.3, 0.05), 1.31, 0.05, 1.0, ["ratio", "time"]),
        (Target(), 0.01, 99.0, 9_999.0, []),
    ],
)
def test_targets(target: Target, ratio: float, seconds: float, peak_mb: float, missed: list[str]) -> None:
    """A speed must be at least its target, anything else at most; limits are to be stayed under."""
    assert target.missed(ratio, Figures(seconds, peak_mb)) == missed
