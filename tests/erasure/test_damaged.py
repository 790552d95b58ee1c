"""Damaged files, and requests that mean something else than they say: told, and never in the way."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import zstandard

import batchlake
from batchlake.errors import InvalidRequest, LakeDamaged
from batchlake.lake import Lake
from tests.effort import at_length
from tests.erasure.people import NUMBER, call, traces, write_export_of
from tests.lakes import rows

PAGE = json.dumps([call(0, to_number=NUMBER), call(1)]).encode()
PACKED = gzip.compress(bytes(range(256)) * 9)

DAMAGED = {
    "cut short": PACKED[:-9],
    "no such block": PACKED[:10] + b"\x07" + PACKED[11:],
    "another checksum": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
    "not packed": b"{}",
}
"""What a file in gzip becomes on a bad disk; each is another error of Python's."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two calls, one of which is the person's."""
    folder = tmp_path_factory.mktemp("damaged")
    export = write_export_of(folder / "exports", [call(0, to_number=NUMBER), call(1)])
    batchlake.open(folder / "lake").ingest(export)
    return folder / "lake"


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    """A copy of it."""
    shutil.copytree(made, tmp_path / "lake")
    return batchlake.open(tmp_path / "lake")


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """Where a platform's answers of a day landed."""
    folder = tmp_path / "landing" / "svalync" / "2024-01-01"
    folder.mkdir(parents=True)
    return folder


def _forgotten(lake: Lake, landing: Path) -> Any:
    return lake.forget(numbers=[NUMBER], expect=1, landing=landing)


def _redacted(lake: Lake, landing: Path) -> Any:
    return lake.redact(["all"], "US", landing=landing)


_WORKS = [_forgotten, pytest.param(_redacted, marks=at_length)]


@pytest.mark.parametrize("work", _WORKS)
def test_a_damaged_landed_file_is_left_and_the_others_are_cleaned(
    lake: Lake, day: Path, work: Callable[[Lake, Path], Any]
) -> None:
    """The report lists each, the page after them loses the person, and the lake can be written."""
    for number, damaged in enumerate(DAMAGED.values()):
        (day / f"calls-{number}.json.gz").write_bytes(damaged)
    (day / "calls-9.json.gz").write_bytes(gzip.compress(PAGE))
    report = work(lake, day.parents[1])
    assert [one.place for one in report.left].count("a landed file of svalync") == len(DAMAGED)
    assert not report.is_proven
    assert NUMBER.encode() not in gzip.decompress((day / "calls-9.json.gz").read_bytes())
    assert traces((NUMBER,), Path(lake.root)) == []
    lake.compact()
    assert not lake.has_unfinished_erasure()


@pytest.mark.parametrize("work", _WORKS)
def test_a_damaged_sidecar_stops_nothing(lake: Lake, day: Path, work: Callable[[Lake, Path], Any]) -> None:
    """It says the size and the digest of the cleaned body; what it said before is gone."""
    damages = {"1": '{"cut', "2": "[]", "3": "7"}
    for name, damaged in damages.items():
        (day / f"calls-{name}.json.gz").write_bytes(gzip.compress(PAGE))
        (day / f".calls-{name}.request.json").write_text(damaged)
    assert work(lake, day.parents[1]).is_proven
    for name in damages:
        held = gzip.decompress((day / f"calls-{name}.json.gz").read_bytes())
        facts = json.loads((day / f".calls-{name}.request.json").read_text())
        assert (facts["bytes"], facts["sha256"]) == (len(held), hashlib.sha256(held).hexdigest())


def test_a_damaged_file_proves_nothing(lake: Lake, day: Path) -> None:
    """A verification can't look into it, and says so instead of calling the lake clean."""
    assert lake.forget(numbers=[NUMBER], expect=1).is_proven
    (day / "calls-1.json.gz").write_bytes(DAMAGED["no such block"])
    (Path(lake.root) / "copy.parquet").write_bytes(b"PAR1 and no more")
    found = lake.verify_erasures(landing=day.parents[1])
    assert {(hit.place.rpartition("/")[2], hit.column) for hit in found.hits} == {
        ("calls-1.json.gz", "can't be unpacked"),
        ("copy.parquet", "can't be unpacked"),
    }


def test_files_elsewhere_that_cannot_be_read_are_told(lake: Lake, tmp_path: Path) -> None:
    """They are left, not passed over; every frame of a file in Zstandard is searched."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    frames = [os.urandom(99), f"{'so ' * 99}{NUMBER}{' on' * 99}".encode()]
    (folder / "frames.zst").write_bytes(b"".join(map(zstandard.compress, frames)))
    (folder / "zstandard").write_bytes(b"\x28\xb5\x2f\xfd and no more")
    (folder / "parquet").write_bytes(b"PAR1 and no more")
    (folder / "gzip").write_bytes(DAMAGED["no such block"])
    report = lake.forget(numbers=[NUMBER], dry_run=True, elsewhere=(folder,))
    assert [Path(file).name for file in report.elsewhere] == ["frames.zst"]
    assert [Path(one.place).name for one in report.left] == ["gzip", "parquet", "zstandard"]
    with pytest.raises(InvalidRequest, match=r"--elsewhere names .*nothing was done"):
        lake.forget(numbers=[NUMBER], dry_run=True, elsewhere=(tmp_path / "nothing",))


def test_a_mode_that_is_not_known_erases_nothing(lake: Lake) -> None:
    """`anonymize` is refused with the modes that there are, and doesn't remove calls."""
    with pytest.raises(InvalidRequest, match="remove or anonymise"):
        lake.forget(numbers=[NUMBER], mode="anonymize", expect=1)  # type: ignore[arg-type]
    assert len(rows(lake.root, "from calls")) == 2


def test_a_text_by_itself_is_one_value(lake: Lake) -> None:
    """A number, a call, a value or a kind need no list; its letters aren't looked for."""
    assert lake.forget(numbers=NUMBER, dry_run=True).targets == {"number": 1}
    assert lake.forget(calls="call_000", dry_run=True).targets == {"call": 1}
    assert lake.forget(values="Yes please", dry_run=True).targets == {"value": 1}
    assert lake.redact("phone", "US", dry_run=True).redacted.keys() == {"phone"}
    assert lake.verify_erasures("Ann").is_clean
    for blank in ("", "  "):
        with pytest.raises(InvalidRequest, match="empty value"):
            lake.verify_erasures([blank])


def test_the_report_counts_the_states_that_ended_also_where_another_writer_finished(
    lake: Lake, tmp_path: Path
) -> None:
    """Stopped when earlier states were gone already: the note says how many there had been."""
    lake.ingest(write_export_of(tmp_path / "more", [call(2)]))
    states = len(lake.runs().to_dicts())

    def stopped(step: str) -> None:
        if step == "purged":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        lake.forget(numbers=[NUMBER], expect=1, progress=stopped)
    lake.compact()
    (erasure,) = rows(lake.root, "select run_id, report from erasures")
    history = json.loads(erasure["report"])["history"]
    assert history == {"states_ended": states, "oldest_readable_run": erasure["run_id"]}


def test_a_damaged_note_of_the_lake_is_told_before_anything_is_written(lake: Lake, tmp_path: Path) -> None:
    """Nobody knows any more who is to be kept out, or whether values are redacted: nothing comes in."""
    lake.forget(numbers=[NUMBER], expect=1)
    export = write_export_of(tmp_path / "more", [call(0, to_number=NUMBER), call(2)])
    for name, damage in product(("_privacy.json", "_erasure.json"), (b"", b'{"key', b"[]")):
        note = Path(lake.root) / name
        before = note.read_bytes() if note.exists() else None
        note.write_bytes(damage)
        with pytest.raises(LakeDamaged, match=f"{name} holds no JSON object"):
            lake.ingest(export)
        if before is None:
            note.unlink()
        else:
            note.write_bytes(before)
    assert lake.ingest(export).kept_out == 1
